import Engine

/// What can be wrong with what a sweep runs; see `DiagnosticMessages.swift` for the form.
extension DiagnosticMessage {
    static let noSubject = Self(
        "missing-subject", "the sweep says nothing about what to run: 'workload' or 'command' is missing",
        help: "add 'workload: char-gpt', 'command: [...]' for a program of yours, or 'ask_tell: true'")

    static func severalSubjects(_ first: String, _ second: String) -> Self {
        Self(
            "several-subjects", "'\(second)' stands beside '\(first)'",
            why: "a sweep runs exactly one of them",
            help: "remove one of them")
    }

    static func unknownName(_ kind: String, _ name: String, known: [String]) -> Self {
        Self(
            "unknown-\(kind)", "unknown \(kind) \(quoted(name))", why: "known are \(list(known))",
            help: didYouMean(name, known) ?? "'tunerd plugins' lists them")
    }

    static let nameBesidePlugin = Self(
        "several-optimizers", "'name' stands beside 'plugin'",
        why: "a library says itself what its optimizer is called", help: "remove 'name'")

    static func pluginsNotAllowed(_ path: String) -> Self {
        Self(
            "plugins-not-allowed", "the plugin \(quoted(path)) is not loaded here",
            why: "a plugin is a program, and this reader runs none",
            help: "name a built-in optimizer, or submit the file as the owner of the daemon")
    }

    static func pluginNameTaken(_ path: String, name: String) -> Self {
        Self(
            "plugin-name-taken", "the plugin \(quoted(path)) calls its optimizer '\(name)'",
            why: "that is a built-in one", help: "give it another name in its table")
    }

    /// What is wrong with a library; the codes begin with `plugin-`.
    static func unusablePlugin(_ error: any Error) -> Self {
        if let error = error as? EngineError {
            return Self(error.code, error.message, why: error.why, help: error.help)
        }
        let failure = error as? TunerError
        return Self(
            "plugin-not-described", failure?.message ?? "\(error)", why: failure?.why, help: failure?.help)
    }

    static func unknownOption(_ key: String, of kind: String, _ name: String, known: [String]) -> Self {
        Self(
            "unknown-option", "unknown option \(quoted(key))", why: "\(kind) '\(name)' has \(list(known))",
            help: didYouMean(key, known))
    }

    static func missingOptimizer(workload: String, known: [String]) -> Self {
        Self(
            "missing-optimizer", "workload '\(workload)' has no optimizer", why: "known are \(list(known))",
            help: (known.first { $0 == "adamw" } ?? known.first).map { "add 'optimizer: \($0)'" })
    }

    static let optimizerOfLoop = Self(
        "not-for-ask-tell", "'optimizer' stands beside 'ask_tell'",
        why: "the loop that asks brings its own optimizer",
        help: "remove it; a choice between optimizers is one of the parameters")

    static func notForAskTell(_ key: String) -> Self {
        Self(
            "not-for-ask-tell", "'\(key)' stands beside 'ask_tell'",
            why: "it is about processes the daemon starts, and here the loop that asks runs the trials",
            help: key == "trial_timeout" ? "write 'ask_tell: {lease: ...}' instead" : "remove it")
    }

    static let askTellOff = Self(
        "missing-subject", "'ask_tell' is off, so nothing says what to run",
        help: "write 'ask_tell: true', or remove it and name a 'workload' or a 'command'")

    static let optimizerOfCommand = Self(
        "not-for-commands", "'optimizer' stands beside 'command'",
        why: "a program brings its own optimizer", help: "remove it; pass a choice as one of the parameters")

    static func optimizerNotSupported(_ name: String, workload: String, supported: [String]) -> Self {
        Self(
            "optimizer-not-supported", "optimizer '\(name)' cannot train workload '\(workload)'",
            why: "the workload works with \(list(supported))")
    }

    static func needsPerExampleGradients(_ name: String, workload: String, able: [String]) -> Self {
        Self(
            "needs-per-example-gradients", "optimizer '\(name)' cannot train workload '\(workload)'",
            why: "it needs the gradient of every single example, which this workload does not give",
            help: able.isEmpty ? nil : "\(list(able)) can give it")
    }

    static let learningRateOfOptimizer = Self(
        "misplaced-learning-rate", "'learning_rate' stands under 'optimizer'",
        why: "the law follows the learning rate, so it is one of the parameters, also when it is fixed",
        help: "move it: 'parameters: {learning_rate: ...}'")

    static func decayWithoutWSD(_ shape: String) -> Self {
        Self(
            "unused-option", "'decay_fraction' means nothing for shape '\(shape)'",
            why: "only 'wsd' has a decay at its end; the others decay over the whole run",
            help: "remove it, or write 'shape: wsd'")
    }

    static func scheduleOverfull(_ warmup: Double, _ decay: Double) -> Self {
        Self(
            "schedule-too-long",
            "'warmup_fraction' \(warmup) and 'decay_fraction' \(decay) are more than the run",
            why: "both are fractions of one run", help: "make their sum at most 1")
    }

    static func growthOfRounds(_ name: String) -> Self {
        Self(
            "unused-option", "'batch_growth' means nothing for optimizer '\(name)'",
            why: "a method of rounds takes the same rows from every worker in every round",
            help: "remove it")
    }

    static func onlyForCommands(_ key: String, workload: String, option: String?) -> Self {
        Self(
            "only-for-commands", "'\(key)' stands beside workload '\(workload)'",
            why: "only programs read it",
            help: option.map { "write 'workload: {name: \(workload), \($0): ...}'" } ?? "remove it")
    }
}
