import Foundation

/// Privacy loss of a whole run of `SampledGaussian` steps, and the noise a wanted loss needs.
///
/// Orders decide how tight the answer is. `whole` are 2 to 64 and some up to 1024; `fine` adds ten fractional ones below
/// 4.5, which matter for epsilon above about 4. Whole orders alone cost at most 1 % in epsilon on nine settings of
/// private training, and are several times faster.
///
/// Accuracy: epsilon as in `RenyiCurve`; noise multipliers to 1e-6, from the safe side.
///
/// When not to believe it: everything in `PrivacyAssumption`. With rare, little noise (q = 0.001, z = 0.6) epsilon is
/// 25 % above the tight value.
///
/// Source: M. Abadi et al., "Deep learning with differential privacy", 2016, arXiv 1607.00133 (accounting by moments);
/// see `SampledGaussian` and `RenyiCurve` for the formulas.
public struct RDPAccountant: Sendable, Hashable {
    /// 2 to 64, 80, 96, 128, 160, 192, 256, 384, 512, 768, 1024.
    public static let wholeOrders: [Double] =
        (2...64).map(Double.init) + [80, 96, 128, 160, 192, 256, 384, 512, 768, 1024]
    /// 1.25 to 4.5.
    public static let fractionalOrders: [Double] = [1.25, 1.5, 1.75, 2.25, 2.5, 2.75, 3.25, 3.5, 3.75, 4.5]
    /// Whole orders only.
    public static let whole = RDPAccountant(orders: wholeOrders)
    /// Whole and fractional orders: the default.
    public static let fine = RDPAccountant(orders: wholeOrders + fractionalOrders)

    /// alpha, each above 1.
    public let orders: [Double]

    /// An accountant.
    ///
    /// - Parameter orders: Renyi orders, each above 1; at least one.
    public init(orders: [Double]) {
        precondition(!orders.isEmpty && orders.allSatisfy { $0 > 1 }, "Renyi orders are above 1")
        self.orders = orders
    }

    /// The loss of a run.
    ///
    /// - Parameters:
    ///   - step: its step.
    ///   - steps: K.
    /// - Returns: The curve of all steps together.
    /// - Throws: `PrivacyError.count`.
    public func curve(_ step: SampledGaussian, steps: Int) throws(PrivacyError) -> RenyiCurve {
        let once = RenyiCurve(orders: orders, losses: orders.map { step.renyiLoss(order: $0) })
        return try once.repeated(steps)
    }

    /// epsilon of a run, or of several trials of it on the same data.
    ///
    /// - Parameters:
    ///   - samplingRate: q.
    ///   - noiseMultiplier: z.
    ///   - steps: K of one trial.
    ///   - delta: delta.
    ///   - trials: trials that read the private data; report the figure for 1 and for all.
    /// - Returns: The guarantee.
    /// - Throws: `PrivacyError` when a number is out of range.
    public func guarantee(
        samplingRate: Double, noiseMultiplier: Double, steps: Int, delta: Double, trials: Int = 1
    ) throws(PrivacyError) -> PrivacyGuarantee {
        let step = try SampledGaussian(samplingRate: samplingRate, noiseMultiplier: noiseMultiplier)
        return try curve(step, steps: steps).repeated(trials).guarantee(delta: delta)
    }

    /// The smallest noise multiplier that keeps a run within epsilon.
    ///
    /// Doubling from 1 until it is enough, halving while it stays enough, then bisection; epsilon falls as z grows.
    ///
    /// - Parameters:
    ///   - epsilon: what the run may cost, positive.
    ///   - delta: delta.
    ///   - samplingRate: q.
    ///   - steps: K.
    ///   - trials: how many times the run is done on the same data.
    /// - Returns: z, at most 1e-6 (relative) above the smallest, never below it; 0 when no noise is needed.
    /// - Throws: `PrivacyError` when a number is out of range.
    public func noiseMultiplier(
        epsilon: Double, delta: Double, samplingRate: Double, steps: Int, trials: Int = 1
    ) throws(PrivacyError) -> Double {
        guard epsilon > 0, epsilon.isFinite else { throw .epsilon(epsilon) }
        func isEnough(_ z: Double) throws(PrivacyError) -> Bool {
            try guarantee(
                samplingRate: samplingRate, noiseMultiplier: z, steps: steps, delta: delta, trials: trials
            ).epsilon <= epsilon
        }
        if try isEnough(0) { return 0 }
        var high = 1.0
        while try !isEnough(high) {
            high *= 2
            if high > 0x1p60 { throw .unreachable(epsilon: epsilon) }
        }
        var low = high / 2
        while try isEnough(low) {
            high = low
            low /= 2
        }
        while high - low > 1e-6 * high {
            let middle = (low + high) / 2
            if try isEnough(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// `-d ln z / d ln epsilon` between two privacy losses: how the noise of a run follows its epsilon.
    ///
    /// Not a constant: about 0.9 below epsilon 0.5, 0.55 to 0.75 between 1 and 2, a third at 8. So a learning rate
    /// proportional to 1/z is proportional to epsilon only for small epsilon: model rates in z.
    ///
    /// - Parameters:
    ///   - first: one epsilon.
    ///   - second: another.
    ///   - delta: delta.
    ///   - samplingRate: q.
    ///   - steps: K.
    /// - Returns: The exponent over the interval.
    /// - Throws: `PrivacyError` when a number is out of range or the two are equal.
    public func noiseExponent(
        from first: Double, to second: Double, delta: Double, samplingRate: Double, steps: Int
    ) throws(PrivacyError) -> Double {
        guard first != second else { throw .epsilon(second) }
        let low = try noiseMultiplier(
            epsilon: first, delta: delta, samplingRate: samplingRate, steps: steps)
        let high = try noiseMultiplier(
            epsilon: second, delta: delta, samplingRate: samplingRate, steps: steps)
        return -log(high / low) / log(second / first)
    }
}
