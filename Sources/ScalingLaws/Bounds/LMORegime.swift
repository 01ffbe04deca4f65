/// Which hyperparameters are tuned at a token budget, and what the others are held at.
public enum LMORegime: Sendable, Hashable {
    /// Regime A: the learning rate alone.
    case learningRate(batchSize: Double, momentumComplement: Double)
    /// Regime B: learning rate and momentum at fixed batch size.
    case learningRateAndMomentum(batchSize: Double)
    /// Regime C: learning rate and batch size at fixed momentum.
    case learningRateAndBatch(momentumComplement: Double)
    /// Regime D: all three.
    case joint
}

/// The best setting of a regime and the bound there.
public struct LMOOptimum: Sendable, Hashable {
    /// The setting.
    public var point: LMOPoint
    /// The bound.
    public var value: Double

    /// A setting with its bound.
    public init(point: LMOPoint, value: Double) {
        self.point = point
        self.value = value
    }
}
