extension SweepParser {
    /// `early_terminate: median`, or `{type: successive_halving, min_tokens, eta, mode, ...}`.
    mutating func readEarlyTermination(
        _ subject: LocatedSubject?, optimizer: SweepDefinition.OptimizerChoice?, budgets: [Int]?
    ) -> EarlyTermination? {
        let key = "early_terminate"
        guard let pair = top[key] else { return nil }
        guard case .mapping(let pairs) = pair.value.content else {
            guard let rule = choice(pair.value, key, EarlyTermination.Rule.self) else { return nil }
            return checked(EarlyTermination(rule: rule), optimizer, at: pair.value.place)
        }
        guard let entry = pairs.first(where: { $0.key == "type" }) else {
            let rules = EarlyTermination.Rule.allCases.map(\.rawValue)
            missing(
                "type",
                .missingKey(
                    "\(key).type", why: "it says which rule decides: \(DiagnosticMessage.list(rules))",
                    help: "write '\(key): {type: successive_halving}'"), at: pair.value.place)
            return nil
        }
        guard let rule = choice(entry.value, "\(key).type", EarlyTermination.Rule.self),
            let fields = fields(
                of: pair.value, in: "'\(key)' of type '\(rule.rawValue)'",
                keys: ["type"] + StoppingRegistry.keys(of: rule))
        else { return nil }
        var settings = EarlyTermination(rule: rule)
        if let entry = fields["min_tokens"] { settings.minTokens = readMinTokens(entry, budgets: budgets) }
        if let entry = fields["eta"] { settings.eta = count(entry.value, "\(key).eta", in: 2...100) ?? 3 }
        if let entry = fields["warmup_trials"] {
            settings.warmupTrials = count(entry.value, "\(key).warmup_trials", in: 1...100_000) ?? 1
        }
        if let entry = fields["confidence"] {
            settings.confidence = real(entry.value, "\(key).confidence", in: 0.5...0.9999) ?? 0.95
        }
        if let entry = fields["mode"] {
            settings.mode = choice(entry.value, "\(key).mode", EarlyTermination.Mode.self) ?? .stop
            if settings.mode == .promote, let subject, !subject.isBuiltIn {
                problems.add(.cannotPause(isCommand: subject.isCommand), at: entry.value.place)
            }
        }
        return checked(settings, optimizer, at: entry.value.place)
    }

    private mutating func readMinTokens(_ entry: LocatedPair, budgets: [Int]?) -> Int? {
        let range = 1...Scalars.largestCount
        guard let tokens = count(entry.value, "early_terminate.min_tokens", in: range) else { return nil }
        if let largest = budgets?.last, tokens >= largest {
            problems.add(
                .minTokensNotBelowBudget(Self.scalarText(entry.value), budget: largest),
                at: entry.value.place)
        }
        return tokens
    }

    /// The curve rule needs a rate that does not decay.
    private mutating func checked(
        _ settings: EarlyTermination, _ optimizer: SweepDefinition.OptimizerChoice?, at place: SourcePlace
    ) -> EarlyTermination {
        if settings.rule == .curve, let shape = optimizer?.schedule.shape, shape != .constant {
            problems.add(.curveNeedsConstantRate(shape.rawValue), at: place)
        }
        return settings
    }
}

extension DiagnosticMessage {
    /// `mode: promote` of a command, or beside `ask_tell`.
    static func cannotPause(isCommand: Bool) -> Self {
        Self(
            "cannot-pause",
            "\(isCommand ? "a command" : "a trial of an 'ask_tell' loop") cannot be held with mode 'promote'",
            why: "a held trial goes on from a checkpoint, and tunerd cannot make a program write one",
            help: "write 'mode: stop', or leave 'mode' out")
    }

    /// `min_tokens` at which no trial is under way.
    static func minTokensNotBelowBudget(_ text: String, budget: Int) -> Self {
        Self(
            "min-tokens-exceed-budget", "'early_terminate.min_tokens' cannot be \(quoted(text))",
            why: "the largest token budget is \(CountFormat.short(budget)): every trial would be over",
            help: "give fewer tokens, for example \(CountFormat.short(max(1, budget / 8)))")
    }

    /// The curve rule under a decaying schedule.
    static func curveNeedsConstantRate(_ shape: String) -> Self {
        Self(
            "curve-needs-constant-rate", "rule 'curve' does not go with schedule '\(shape)'",
            why: "it extrapolates a power law, and a decaying learning rate bends every curve near its end",
            help: "write 'schedule: constant' under 'optimizer', or take type 'successive_halving'")
    }
}
