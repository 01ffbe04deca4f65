/// What a sweep costs beside the runs it is for.
public struct SweepCost: Sendable, Hashable, Codable {
    /// Tokens, FLOPs or seconds: `cost_unit` of the sweep.
    public var unit: String
    /// Of its trials.
    public var spent: Double
    /// The most it may be; `nil` for methods that only `run_cap` limits.
    public var cap: Double?
    /// Of one run at each target; absent in seconds before a trial has been timed.
    public var target: Double?

    /// Cost of the trials in target runs: 0.25 is a quarter of what the targets will cost.
    public var targetRuns: Double? { inTargetRuns(spent) }
    /// The most it may be, in target runs.
    public var capInTargetRuns: Double? { cap.flatMap(inTargetRuns) }

    private func inTargetRuns(_ cost: Double) -> Double? {
        target.flatMap { $0 > 0 ? cost / $0 : nil }
    }

    enum CodingKeys: String, CodingKey {
        case unit, spent, cap, target
        case targetRuns = "target_runs"
    }

    /// Reads the object; `target_runs` follows from the others.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        unit = try container.decode(String.self, forKey: .unit)
        spent = try container.decode(Double.self, forKey: .spent)
        cap = try container.decodeIfPresent(Double.self, forKey: .cap)
        target = try container.decodeIfPresent(Double.self, forKey: .target)
    }

    /// Writes the object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(unit, forKey: .unit)
        try container.encode(spent, forKey: .spent)
        try container.encodeIfPresent(cap, forKey: .cap)
        try container.encodeIfPresent(target, forKey: .target)
        try container.encodeIfPresent(targetRuns, forKey: .targetRuns)
    }

    /// The cost of some trials of a sweep.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - trials: made, or planned (then in seconds only their proportion is known, and they are measured by size).
    public init?(_ definition: SweepDefinition, trials: [Trial]) {
        // A target that nobody names is a budget that is run: nothing to compare with.
        guard !definition.targetTokenBudgets.isEmpty || !definition.targetCells.isEmpty else { return nil }
        let cost = TrialCost(definition, history: trials)
        unit = definition.costUnit.rawValue
        spent = cost.spent(on: trials)
        let isTimed = trials.contains { $0.state == .completed && $0.finishedAt != nil }
        target =
            definition.costUnit == .seconds && !isTimed
            ? nil
            : definition.targets.reduce(0) {
                $0 + cost.cost(ofTarget: $1.tokenBudget, modelSize: $1.modelSize.map(Double.init))
            }
        cap =
            definition.method == .lawGuided && !definition.searchedLawAxes.isEmpty
            ? SweepDesign(definition: definition, history: trials).costCap : definition.costCap
    }

    /// The cost of planned trials.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - counts: trials by token budget and model size.
    public init?(
        _ definition: SweepDefinition, planned counts: [(tokenBudget: Int, modelSize: Int?, trials: Int)]
    ) {
        self.init(definition, trials: [])
        let cost = TrialCost(definition)
        spent = counts.reduce(0) {
            $0 + Double($1.trials)
                * cost.cost(ofTrial: $1.tokenBudget, modelSize: $1.modelSize.map(Double.init))
        }
        target = definition.targets.reduce(0) {
            $0 + cost.cost(ofTarget: $1.tokenBudget, modelSize: $1.modelSize.map(Double.init))
        }
    }
}
