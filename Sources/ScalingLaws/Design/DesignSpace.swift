import Foundation

/// A token budget and model size that can be trained, and what one run there costs.
public struct DesignCell: Sendable, Hashable {
    /// Tokens of a run.
    public var tokenBudget: Double
    /// Trained parameters; `nil` when there is one size.
    public var modelSize: Double?
    /// Cost of one run, in the unit of all other costs (tokens, FLOPs or seconds).
    public var cost: Double
    /// Token budgets of the shorter runs that a run contains and reports as well; their cost is in `cost`.
    public var shorterBudgets: [Double]

    /// A cell.
    public init(tokenBudget: Double, modelSize: Double? = nil, cost: Double, shorterBudgets: [Double] = []) {
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.cost = cost
        self.shorterBudgets = shorterBudgets
    }
}

extension DesignCell {
    /// Whether two cells are the same budget and size; costs may have been learnt in between.
    func isSamePlace(as other: DesignCell) -> Bool {
        tokenBudget == other.tokenBudget && modelSize == other.modelSize
    }
}

/// A run that could be made, or that is under way.
public struct DesignRun: Sendable, Hashable {
    /// Hyperparameters on the axes of the law.
    public var values: [LawAxis: Double]
    /// Where.
    public var cell: DesignCell

    /// A run.
    public init(values: [LawAxis: Double], cell: DesignCell) {
        self.values = values
        self.cell = cell
    }
}

extension [LawAxis: Double] {
    /// All but the learning rate: what runs have in common whose learning rates are compared.
    var condition: [LawAxis: Double] { filter { $0.key != .learningRate } }
}

/// What a design may choose from, and what it is for.
public struct DesignSpace: Sendable {
    /// Cells that may be trained.
    public var cells: [DesignCell]
    /// Choices of everything the law follows but the learning rate; one empty choice when nothing else is searched.
    public var conditions: [[LawAxis: Double]]
    /// Admissible learning rates; `nil` when the learning rate is not searched.
    public var learningRates: ClosedRange<Double>?
    /// The only learning rates, ascending, where the user lists them; `nil`: all of the range.
    public var listedRates: [Double]?
    /// The runs that will be paid for, each as likely as the others.
    public var targets: [DesignCell]
    /// What theory believes about exponents that no run has varied yet.
    public var prior: LawPrior
    /// Fewest optimizer steps of a run worth making: with fewer the loss has not entered any power law.
    public var fewestSteps: Double

    /// A space.
    ///
    /// - Parameters:
    ///   - cells: what may be trained.
    ///   - conditions: choices of batch size and momentum.
    ///   - learningRates: admissible learning rates.
    ///   - listedRates: the only ones of them, if they are listed.
    ///   - targets: the runs that will be paid for; at least one.
    ///   - prior: what theory believes about the exponents.
    ///   - fewestSteps: shortest run worth making, 8 by default.
    public init(
        cells: [DesignCell], conditions: [[LawAxis: Double]], learningRates: ClosedRange<Double>?,
        listedRates: [Double]? = nil, targets: [DesignCell], prior: LawPrior, fewestSteps: Double = 8
    ) {
        precondition(!targets.isEmpty, "a design is for some target")
        self.cells = cells
        self.conditions = conditions
        self.learningRates = learningRates
        self.listedRates = listedRates
        self.targets = targets
        self.prior = prior
        self.fewestSteps = fewestSteps
    }

    /// The admissible learning rate nearest to one: within the range and of four significant digits, so that it can be
    /// read and typed, or on the list.
    func admissible(_ rate: Double) -> Double {
        if let listed = listedRates, !listed.isEmpty {
            return listed.min { abs(log($0 / rate)) < abs(log($1 / rate)) } ?? rate
        }
        guard let range = learningRates, rate > 0, rate.isFinite else { return rate }
        let unit: Double = pow(10, (log10(rate)).rounded(.down) - 3)
        let digits = (rate / unit).rounded()
        // Multiplying by a negative power of ten would leave the last bit to chance.
        let readable: Double = unit < 1 ? digits / (1 / unit).rounded() : digits * unit
        return min(max(readable, range.lowerBound), range.upperBound)
    }

    /// Conditions whose batch size leaves enough steps in a cell.
    func conditions(in cell: DesignCell) -> [[LawAxis: Double]] {
        conditions.filter { leavesSteps($0, in: cell) }
    }

    /// Whether the batch size leaves enough steps in a cell.
    func leavesSteps(_ condition: [LawAxis: Double], in cell: DesignCell) -> Bool {
        condition[.batchSize].map { $0 * fewestSteps <= cell.tokenBudget } ?? true
    }

    /// Cost of all runs that will be paid for.
    public var targetCost: Double { targets.reduce(0) { $0 + $1.cost } }

    /// Beliefs about the exponents in the model size, where several sizes are in play.
    var sizeBeliefs: [LawAxis: [LawVariable: ExponentPrior]] {
        guard Set((cells + targets).map(\.modelSize)).count > 1 else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: LawAxis.allCases.map { ($0, [.modelSize: prior[$0, .modelSize]]) })
    }
}
