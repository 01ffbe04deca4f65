/// What a sampler is asked to solve.
public struct SamplerProblem: Sendable, Hashable {
    /// Where to search.
    public var space: SamplerSpace
    /// How many objectives there are; all are minimised.
    public var objectiveCount: Int
    /// Seed of every random choice.
    public var seed: UInt64
    /// Trials planned in all, if known: a grid takes its density from it, an evolution its generations.
    public var plannedTrials: Int?

    /// A problem.
    public init(space: SamplerSpace, objectiveCount: Int = 1, seed: UInt64 = 0, plannedTrials: Int? = nil) {
        self.space = space
        self.objectiveCount = objectiveCount
        self.seed = seed
        self.plannedTrials = plannedTrials
    }
}

extension SamplerProblem {
    /// Evenly spread trials before a model: as many as usual, but no more than a third of a short search, at least 3.
    func startupTrials(_ usual: Int) -> Int {
        min(usual, max(3, (plannedTrials ?? .max) / 3))
    }
}

/// How a trial ended, as a sampler sees it.
public struct SamplerOutcome: Sendable, Hashable {
    /// The objectives, all minimised; `nil` for a trial that failed or diverged. Never NaN or infinite.
    public var values: [Double]?
    /// Constraints; the trial is feasible when all are at most zero.
    public var constraints: [Double]
    /// What the trial cost, in any unit; positive.
    public var cost: Double

    /// An outcome. Values that are not finite make it a failure, constraints that are not finite are violated, and
    /// a cost that is not positive counts as 1.
    public init(values: [Double]?, constraints: [Double] = [], cost: Double = 1) {
        self.values = values.flatMap { values in values.allSatisfy(\.isFinite) ? values : nil }
        self.constraints = constraints.map { $0.isFinite ? $0 : .greatestFiniteMagnitude }
        self.cost = cost.isFinite && cost > 0 ? cost : 1
    }

    /// By how much the constraints are broken, summed; 0 when feasible.
    var violation: Double {
        min(constraints.reduce(0) { $0 + max(0, $1) }, .greatestFiniteMagnitude)
    }
}

/// A finished trial.
public struct SampledTrial: Sendable, Hashable {
    /// Number in the order of asking, from 0.
    public var number: Int
    /// Where.
    public var point: SamplerPoint
    /// How it ended.
    public var outcome: SamplerOutcome
}

/// Chooses points one at a time and learns how they turned out.
///
/// A proposal depends on the problem, the number of the trial and the *sets* of pending and finished trials, not on
/// the order in which they finished: a sampler rebuilt from a table of trials proposes the same. What is kept is
/// bounded or sorted, so that a proposal costs the same after ten thousand trials as after a thousand.
///
/// `SamplerSession` calls it; its checks (a trial is told once, coordinates are settled) are not repeated here.
public protocol Sampler: Sendable {
    /// The coordinates of trial `number`, each in 0...1; `nil` when there are no more points.
    mutating func propose(_ number: Int) -> [Double]?

    /// A trial is under way at a point.
    mutating func began(_ number: Int, at point: SamplerPoint)

    /// A trial that began has ended.
    mutating func finished(_ trial: SampledTrial)
}

extension Sampler {
    /// Nothing to remember.
    public mutating func began(_ number: Int, at point: SamplerPoint) {}

    /// Nothing to learn.
    public mutating func finished(_ trial: SampledTrial) {}
}
