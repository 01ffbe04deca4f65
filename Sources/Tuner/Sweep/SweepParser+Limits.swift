import Engine
import Foundation
import Plugins
import ScalingLaws

/// The keys that bound a sweep, with their defaults.
struct SweepLimits: Sendable {
    /// Most trials.
    var runCap: Int?
    /// Where `run_cap` stands.
    var runCapPlace: SourcePlace?
    /// Most that all trials may cost.
    var costCap: Double?
    /// Unit of the cap; `nil`: not written.
    var costUnit: SweepDefinition.CostUnit?
    /// Runs of each point.
    var replicates = 1
    /// Seed.
    var seed: UInt64 = 0
    /// Trials at once.
    var parallel: Int?
    /// Attempts after the first.
    var retries = 1
    /// Seconds.
    var trialTimeout: TimeInterval?
    /// Bytes.
    var memoryLimit: Int?
}

extension SweepParser {
    /// `run_cap`, `replicates`, `seed`, `parallel`, `retries`, `trial_timeout`, `memory_limit`.
    mutating func readLimits() -> SweepLimits {
        var limits = SweepLimits()
        if let pair = top["run_cap"] {
            limits.runCap = count(pair.value, pair.key, in: 1...1_000_000)
            limits.runCapPlace = pair.value.place
        }
        readCost(into: &limits)
        if let pair = top["replicates"] {
            limits.replicates = count(pair.value, pair.key, in: 1...1000) ?? 1
        }
        if let pair = top["seed"] {
            limits.seed =
                number(
                    pair.value, pair.key, .seed,
                    read: { text throws(ScalarProblem) in try Scalars.seed(text) })
                ?? 0
        }
        if let pair = top["parallel"] { limits.parallel = count(pair.value, pair.key, in: 1...1024) }
        if let pair = top["retries"] { limits.retries = count(pair.value, pair.key, in: 0...100) ?? 0 }
        if let pair = top["trial_timeout"] {
            limits.trialTimeout = number(
                pair.value, pair.key, .duration,
                read: { text throws(ScalarProblem) in try Scalars.duration(text) })
            if let timeout = limits.trialTimeout, timeout < 1 {
                problems.add(
                    .outOfRange(Self.scalarText(pair.value), key: pair.key, min: "1s", max: nil),
                    at: pair.value.place)
            }
        }
        if let pair = top["memory_limit"] {
            limits.memoryLimit = number(
                pair.value, pair.key, .bytes, read: { text throws(ScalarProblem) in try Scalars.bytes(text) })
            if let limit = limits.memoryLimit, limit < 16 << 20 {
                problems.add(
                    .outOfRange(Self.scalarText(pair.value), key: pair.key, min: "16MiB", max: nil),
                    at: pair.value.place)
            }
        }
        return limits
    }

    /// `cost_cap` and `cost_unit`; a cap in seconds may be written as a duration.
    private mutating func readCost(into limits: inout SweepLimits) {
        if let pair = top["cost_unit"] {
            limits.costUnit = choice(pair.value, "cost_unit", SweepDefinition.CostUnit.self)
            if limits.costUnit == .flops, top["model_sizes"] == nil {
                problems.add(.flopsWithoutSizes, at: pair.value.place)
            }
        }
        guard let pair = top["cost_cap"] else { return }
        if limits.costUnit == .seconds {
            limits.costCap = number(
                pair.value, pair.key, .duration,
                read: { text throws(ScalarProblem) in try Scalars.duration(text) })
            return
        }
        // FLOPs leave the range of whole numbers: 1e21 is a small run.
        guard let text = text(pair.value, pair.key) else { return }
        let cost = (try? Scalars.count(text)).map(Double.init) ?? (try? Scalars.real(text))
        guard let cost, cost > 0, cost.isFinite else {
            problems.add(.outOfRange(text, key: pair.key, min: "1", max: nil), at: pair.value.place)
            return
        }
        limits.costCap = cost
    }

    /// `method`.
    mutating func readMethod() -> SweepDefinition.SearchMethod? {
        guard let pair = top["method"] else { return .lawGuided }
        return choice(pair.value, "method", SweepDefinition.SearchMethod.self)
    }

    /// `law: {prior, regime}`.
    mutating func readLaw(parameters: [LocatedParameter]?) -> SweepDefinition.LawChoice? {
        let searched = parameters.map { parameters in
            LawAxis.allCases.filter { axis in
                parameters.contains { $0.parameter.name == axis.rawValue && $0.parameter.isSearched }
            }
        }
        let standard = SweepDefinition.LawChoice(prior: defaultPrior, regime: searched ?? [])
        guard let pair = top["law"] else { return standard }
        guard let fields = fields(of: pair.value, in: "'law'", keys: ["prior", "regime"]) else { return nil }
        var law = standard
        if let entry = fields["prior"],
            let prior = choice(entry.value, "law.prior", SweepDefinition.LawChoice.Prior.self)
        {
            law.prior = prior
            if prior == .kl, let optimizer, optimizer.geometry.updateGeometry == .gradient {
                problems.add(.klNeedsNormalizedSteps(optimizer.name), at: entry.value.place)
            } else if prior == .quantileClipping, !hasClippingQuantile(parameters) {
                problems.add(
                    .priorDoesNotApply(prior.rawValue, optimizer: optimizer?.name), at: entry.value.place)
            }
        }
        if let entry = fields["regime"] {
            law.regime = readRegime(entry.value, searched: searched) ?? []
        }
        return law
    }

    private mutating func readRegime(_ node: LocatedNode, searched: [LawAxis]?) -> [LawAxis]? {
        guard case .sequence(let nodes) = node.content, nodes.count <= 16 else {
            problems.add(
                .wrongShape("'law.regime'", expected: "a list of hyperparameters", found: node),
                at: node.place)
            return nil
        }
        var regime: [LawAxis] = []
        for item in nodes {
            guard let axis = choice(item, "law.regime", LawAxis.self) else { continue }
            if regime.contains(axis) {
                problems.add(.duplicateValue(axis.rawValue, in: "law.regime"), at: item.place)
            } else if let searched, !searched.contains(axis) {
                problems.add(.regimeNotSearched(axis.rawValue), at: item.place)
            }
            regime.append(axis)
        }
        return LawAxis.allCases.filter(regime.contains)
    }

    /// The theory that fits the optimizer: none for plain gradient steps and for programs, which nobody knows.
    private var defaultPrior: SweepDefinition.LawChoice.Prior {
        guard let optimizer else { return .none }
        if optimizer.hyperparameters.contains(where: { $0.name == "clipping_quantile" }) {
            return .quantileClipping
        }
        return .lmo
    }

    private func hasClippingQuantile(_ parameters: [LocatedParameter]?) -> Bool {
        guard let parameters else { return true }
        return parameters.contains { $0.parameter.name == "clipping_quantile" }
            || optimizer?.hyperparameters.contains { $0.name == "clipping_quantile" } ?? false
    }
}
