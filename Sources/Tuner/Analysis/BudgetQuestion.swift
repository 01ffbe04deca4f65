public import ScalingLaws

/// What a sweep is asked: which hyperparameters for a run of this size?
public struct BudgetQuestion: Sendable, Hashable {
    /// Tokens of the run that will be paid for.
    public var tokenBudget: Int
    /// Its trained parameters; `nil`: the sweep's target size for this budget, or the largest it trains.
    public var modelSize: Int?
    /// Axes the user keeps at a value; the others are answered given them.
    public var held: [LawAxis: Double]

    /// A question.
    public init(tokenBudget: Int, modelSize: Int? = nil, held: [LawAxis: Double] = [:]) {
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.held = held
    }
}

extension BudgetQuestion {
    /// Refuses what no law can answer.
    ///
    /// - Throws: `usage` for a budget or size below one, or a held value out of its domain.
    func check() throws(TunerError) {
        guard tokenBudget > 0 else {
            throw TunerError(
                .usage, "token budget '\(tokenBudget)' is not positive",
                help: "ask for a budget such as 1B or 64Mi")
        }
        if let modelSize, modelSize <= 0 {
            throw TunerError(
                .usage, "model size '\(modelSize)' is not positive", help: "ask for a size such as 7B or 124M"
            )
        }
        for (axis, value) in held {
            let valid = value.isFinite && value > 0 && (axis != .momentum || value < 1)
            guard valid || (axis == .momentum && value == 0) else {
                throw TunerError(
                    .usage, "\(axis.rawValue) cannot be held at '\(value)'",
                    why: axis == .momentum ? "momentum lies in 0..<1" : "it is a positive number")
            }
        }
    }

    /// The model size a law is asked with.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - law: its law, which knows the sizes that were run.
    /// - Returns: parameters; `nil` when the sweep has no sizes.
    /// - Throws: `usage` when the sweep trains no second size, `notEnoughData` while no second one was run: such a law
    ///   does not move with the model, and answering would pretend that it does.
    func size(of definition: SweepDefinition, law: Law) throws(TunerError) -> Double? {
        let usual = definition.targetModelSize(tokenBudget: tokenBudget)
        guard let modelSize, modelSize != usual else { return usual.map(Double.init) }
        guard definition.modelSizes.count > 1 else {
            throw TunerError(
                .usage,
                "sweep '\(definition.name)' cannot be asked about a model of '\(modelSize)' parameters",
                why:
                    "it trains one model size, so its law does not say how the best values move with the model",
                help: "ask without a model size, or give a sweep two or more 'model_sizes'")
        }
        let run = Set(law.cells.compactMap(\.modelSize)).sorted().map { Int($0) }
        guard run.count > 1 else {
            throw TunerError(
                .notEnoughData,
                "sweep '\(definition.name)' cannot be asked about a model of '\(modelSize)' parameters yet",
                why: "all finished runs are of one model size" + (run.first.map { ", \($0)" } ?? ""),
                help: "wait until trials of a second size are finished (tunerd watch \(definition.name))")
        }
        return Double(modelSize)
    }
}
