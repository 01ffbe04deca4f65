/// What a probe may look at: a step's ends with the gradients there, or the end of a trial.
public enum TrialEvent: Sendable {
    /// One optimizer step on a fixed batch.
    case step(StepObservation)
    /// A round of a distributed method.
    case round(RoundReport)
}

/// Both ends of a step, seen through the same batch.
public struct StepObservation: Sendable, Hashable {
    /// x before and after.
    public var start: Vector, end: Vector
    /// Gradients there, same rows.
    public var startGradient: Vector, endGradient: Vector
    /// Losses there, same rows.
    public var startLoss: Double, endLoss: Double

    /// An observation.
    public init(
        start: Vector, end: Vector, startGradient: Vector, endGradient: Vector, startLoss: Double,
        endLoss: Double
    ) {
        self.start = start
        self.end = end
        self.startGradient = startGradient
        self.endGradient = endGradient
        self.startLoss = startLoss
        self.endLoss = endLoss
    }
}

/// Something that watches a run and reports named numbers, now or later.
public protocol Probe: Sendable {
    /// What this event showed.
    mutating func observe(_ event: TrialEvent) -> [String: Double]
}
