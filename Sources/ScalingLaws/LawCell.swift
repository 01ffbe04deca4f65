/// What one budget (and model size) showed.
public struct LawCell: Sendable, Hashable, Codable {
    /// What tells it apart from others of the same budget and model size (`LossSample.cell`).
    public var name: String?
    /// Tokens.
    public var tokenBudget: Double
    /// Trained parameters.
    public var modelSize: Double?
    /// Finished runs, diverged ones included.
    public var runs: Int
    /// Diverged runs.
    public var diverged: Int
    /// Lowest measured loss.
    public var bestLoss: Double
    /// Its hyperparameters.
    public var best: [LawAxis: Double]
    /// Fitted loss at the fitted optimum.
    public var fittedLoss: Double
    /// Axes whose best run has the outermost value that was tried: there the cell bounds its optimum and does not enclose it.
    public var edges: [LawAxis: Edge]

    /// Where the loss breaks above the best run; `nil` where no run of its batch size diverged or blew up.
    public var cliff: Cliff?

    /// Between which learning rates the loss breaks, at the batch size and momentum of the best run.
    public struct Cliff: Sendable, Hashable, Codable {
        /// Highest rate of an ordinary run below it.
        public var below: Double
        /// Lowest rate above the best run's that diverged or blew up.
        public var above: Double
        /// By how much that run's response lies above the best one's; `nil` when it has none.
        public var rise: Double?

        /// A cliff.
        public init(below: Double, above: Double, rise: Double? = nil) {
            self.below = below
            self.above = above
            self.rise = rise
        }
    }

    /// An end of what was tried.
    public enum Edge: String, Sendable, Hashable, Codable {
        /// The best run has the lowest value.
        case lowest
        /// The best run has the highest value; a diverged or blown-up run above it would have enclosed it.
        case highest
    }

    enum CodingKeys: String, CodingKey {
        case name
        case tokenBudget = "token_budget"
        case modelSize = "model_size"
        case runs, diverged
        case bestLoss = "best_loss"
        case best
        case fittedLoss = "fitted_loss"
        case edges, cliff
    }

    /// What one budget showed.
    public init(
        name: String? = nil, tokenBudget: Double, modelSize: Double? = nil, runs: Int, diverged: Int,
        bestLoss: Double, best: [LawAxis: Double], fittedLoss: Double, edges: [LawAxis: Edge] = [:],
        cliff: Cliff? = nil
    ) {
        self.name = name
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.runs = runs
        self.diverged = diverged
        self.bestLoss = bestLoss
        self.best = best
        self.fittedLoss = fittedLoss
        self.edges = edges
        self.cliff = cliff
    }

    /// Reads a cell; one stored before edges were told has none.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try values.decodeIfPresent(String.self, forKey: .name),
            tokenBudget: try values.decode(Double.self, forKey: .tokenBudget),
            modelSize: try values.decodeIfPresent(Double.self, forKey: .modelSize),
            runs: try values.decode(Int.self, forKey: .runs),
            diverged: try values.decode(Int.self, forKey: .diverged),
            bestLoss: try values.decode(Double.self, forKey: .bestLoss),
            best: try values.decode([LawAxis: Double].self, forKey: .best),
            fittedLoss: try values.decode(Double.self, forKey: .fittedLoss),
            edges: try values.decodeIfPresent([LawAxis: Edge].self, forKey: .edges) ?? [:],
            cliff: try values.decodeIfPresent(Cliff.self, forKey: .cliff))
    }

    /// Writes a cell; `edges` only where there are some.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(name, forKey: .name)
        try values.encode(tokenBudget, forKey: .tokenBudget)
        try values.encodeIfPresent(modelSize, forKey: .modelSize)
        try values.encode(runs, forKey: .runs)
        try values.encode(diverged, forKey: .diverged)
        try values.encode(bestLoss, forKey: .bestLoss)
        try values.encode(best, forKey: .best)
        try values.encode(fittedLoss, forKey: .fittedLoss)
        if !edges.isEmpty { try values.encode(edges, forKey: .edges) }
        try values.encodeIfPresent(cliff, forKey: .cliff)
    }

    /// The axes on which a best run is the outermost one.
    ///
    /// The best learning rate moves with the batch size, so that it is compared with the runs of its own batch size, where those
    /// tried several. An axis with one value has no edge.
    ///
    /// - Parameters:
    ///   - best: hyperparameters of the best run.
    ///   - tried: those of all runs of its cell, diverged ones included.
    /// - Returns: the edges by axis; empty when the best run lies inside of all that was tried.
    public static func edges(of best: [LawAxis: Double], among tried: [[LawAxis: Double]]) -> [LawAxis: Edge]
    {
        var edges: [LawAxis: Edge] = [:]
        for (axis, value) in best {
            func range(_ runs: some Sequence<[LawAxis: Double]>) -> (low: Double, high: Double)? {
                var range: (low: Double, high: Double)?
                for run in runs {
                    guard let value = run[axis] else { continue }
                    range = (min(range?.low ?? value, value), max(range?.high ?? value, value))
                }
                return range.flatMap { $0.low < $0.high ? $0 : nil }
            }
            var found: (low: Double, high: Double)?
            if axis == .learningRate, let batch = best[.batchSize] {
                found = range(tried.lazy.filter { $0[.batchSize] == batch })
            }
            guard let (low, high) = found ?? range(tried) else { continue }
            if value == low { edges[axis] = .lowest }
            if value == high { edges[axis] = .highest }
        }
        return edges
    }
}
