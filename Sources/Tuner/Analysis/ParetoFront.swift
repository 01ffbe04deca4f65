/// The trials no other trial beats in every objective.
public struct ParetoFront: Sendable, Hashable, Codable {
    /// The axes, in the order of `values`.
    public var objectives: [SweepDefinition.Objective]
    /// Points, sorted by the first objective.
    public var points: [Point]
    /// Volume dominated by the front up to `reference`; `nil` while the front is empty.
    public var hypervolume: Double?
    /// The corner the hypervolume is measured from: the worst value seen of every objective.
    public var reference: [Double]

    /// One trial of the front.
    public struct Point: Sendable, Hashable, Codable {
        /// Trial number.
        public var trial: Int
        /// Objective values as measured, in the order of the objectives.
        public var values: [Double]

        /// A point.
        public init(trial: Int, values: [Double]) {
            self.trial = trial
            self.values = values
        }
    }

    /// A front.
    public init(
        objectives: [SweepDefinition.Objective], points: [Point], hypervolume: Double?, reference: [Double]
    ) {
        self.objectives = objectives
        self.points = points
        self.hypervolume = hypervolume
        self.reference = reference
    }
}
