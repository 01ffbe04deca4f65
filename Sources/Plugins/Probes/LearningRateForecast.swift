import Engine
import Foundation
public import ScalingLaws

/// The learning rate that a probe predicts for a batch size and a token budget.
///
///     eta(K) = eta0 sqrt(K0 / K),       K = T / B
///
/// from the best rate eta0 of short runs of K0 steps (`PilotRuns`). So it moves as `T^-1/2` with the budget, and as
/// `B^1/2` with the batch at a fixed budget: the law of regime A (fixed batch and momentum). The schedule is already
/// that of the runs.
///
/// Its width, in standard deviations of log10: 0.11 for the anchor, and 0.15 (the width of the exponent's prior) times
/// the decades between K0 and K.
///
/// What the bounds alone say (`bound`) is kept beside it. On nine cells (`docs/probes.md`) it was
/// 0.2 to 0.9 of the tuned rate on logistic regression and 0.05 to 0.17 on networks.
public struct LearningRateForecast: Sendable, Hashable {
    /// The probe.
    public var report: ProbeReport

    /// Standard deviation of log10 eta0.
    public static let anchorDecades = 0.11
    /// Standard deviation of the exponent of the budget.
    public static let exponentDeviation = 0.15

    /// A forecast from a report.
    public init(_ report: ProbeReport) { self.report = report }

    /// The best peak learning rate; `nil` when the short runs found none.
    public func learningRate(batchSize: Double, tokenBudget: Double) -> ProbePrediction.Guess? {
        guard let pilot = report.pilotLearningRate, batchSize > 0, tokenBudget > 0 else { return nil }
        let growth = tokenBudget / batchSize / Double(report.request.pilotSteps)
        let spread = Self.exponentDeviation * log10(growth)
        return ProbePrediction.Guess(
            value: pilot / growth.squareRoot(),
            decades: (Self.anchorDecades * Self.anchorDecades + spread * spread).squareRoot())
    }

    /// The best peak learning rate of a bound with measured constants.
    ///
    ///     eta = peak sqrt(D / (L c K))                                 normalised steps
    ///     eta = (1 - momentum) peak sqrt(2 D / (L E|g_B|^2 K))         steps proportional to the gradient
    ///
    /// c is the drift of the refined bound, `1/2 + 2 (1-alpha)/alpha`, or 1/2 when the lag of momentum is left out.
    ///
    /// - Parameters:
    ///   - batchSize: B.
    ///   - tokenBudget: T.
    ///   - smoothness: L; the extrapolated secants' by default.
    ///   - withLag: whether the momentum's lag is in c.
    /// - Returns: the rate; `nil` for constants that are not positive.
    public func bound(
        batchSize: Double, tokenBudget: Double, smoothness: Double? = nil, withLag: Bool = true
    ) -> Double? {
        let curvature = smoothness ?? report.smoothness
        guard report.gap > 0, curvature > 0, report.gradientSquare > 0 else { return nil }
        let steps = tokenBudget / batchSize
        let peak = report.request.schedule.factors.peakFactor
        guard report.isNormalized else {
            let scale = report.sums ? 1 - report.momentum : 1
            return scale * peak * (2 * report.gap / (curvature * report.gradientSquare * steps)).squareRoot()
        }
        let form: LMOBound = report.isNesterov ? .nesterov : .refinedClosed
        let drift = withLag ? form.drift(momentumComplement: 1 - report.momentum) : 0.5
        return peak * (report.gap / (curvature * drift * steps)).squareRoot()
    }
}

extension LearningRateSchedule {
    /// How its peak compares with a constant rate.
    var factors: ScheduleFactors {
        let shape: ScheduleFactors.Shape =
            switch self.shape {
            case .constant: .constant
            case .linear: .linear
            case .cosine: .cosine
            case .wsd: .wsd(decayFraction: decayFraction)
            }
        return ScheduleFactors(shape, warmupFraction: warmupFraction)
    }
}
