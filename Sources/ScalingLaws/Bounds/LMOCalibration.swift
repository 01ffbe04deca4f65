import Foundation

/// The scales u and w of a problem from one tuned setting: enough to predict every regime at every budget.
///
/// Leading inversions, from the closed forms of `leadingOptimum`:
///
/// | tuned | w | u |
/// |---|---|---|
/// | rate, momentum | `B / (alpha sqrt(T))` | `eta^2 T / (B alpha)` |
/// | rate, batch | `B sqrt(c/2) / sqrt(alpha T)` | `eta^2 c T / (2 B)` |
/// | rate | not identified | `eta^2 c K / 2` |
///
/// At budgets of 1e6 natural batches they are off by up to 15 % in w and 7 % in u, more below; `full` solves the
/// full bound instead. With the rate alone no momentum or batch can be predicted: w is `nil`.
///
/// When not to believe it: w rests on where the tuned momentum (or batch) lies, and that is a flat direction of the
/// loss: an error of a factor in alpha is the same factor in w. An anchor at the boundary alpha = 1 only says
/// that w is at most its leading value.
///
/// Source: derived here.
public struct LMOCalibration: Sendable, Hashable {
    /// What was tuned at the anchor.
    public enum Tuned: Sendable, Hashable {
        /// Learning rate only.
        case learningRate
        /// Learning rate and momentum.
        case learningRateAndMomentum
        /// Learning rate and batch size.
        case learningRateAndBatch
    }

    /// u.
    public var stepScale: Double
    /// w, when the anchor identifies it.
    public var batchScale: Double?

    /// The problem's constants with natural values, when both scales are known.
    public var constants: LMOConstants? {
        batchScale.map { LMOConstants(stepScale: stepScale, batchScale: $0) }
    }

    /// The leading inversion.
    public static func leading(_ anchor: LMOPoint, tuned: Tuned, c1: Double = 1.5) -> LMOCalibration {
        let eta = anchor.learningRate
        let alpha = anchor.momentumComplement
        let batch = anchor.batchSize
        let tokens = anchor.tokenBudget
        let c = c1 + 2 / alpha
        return switch tuned {
        case .learningRate:
            LMOCalibration(stepScale: eta * eta * c * anchor.steps / 2, batchScale: nil)
        case .learningRateAndMomentum:
            LMOCalibration(
                stepScale: eta * eta * tokens / (batch * alpha),
                batchScale: batch / (alpha * tokens.squareRoot()))
        case .learningRateAndBatch:
            LMOCalibration(
                stepScale: eta * eta * c * tokens / (2 * batch),
                batchScale: batch * (c / 2).squareRoot() / (alpha * tokens).squareRoot())
        }
    }

    /// The inversion of the full published bound.
    ///
    /// Batch tuned: closed form. Momentum tuned: its best value depends on w only, so one equation in `log w` is
    /// solved by Newton steps with a numerical slope from the leading solution, then u follows from the rate. When
    /// no w gives the anchor's momentum (it is at the boundary), the leading solution is returned.
    public static func full(_ anchor: LMOPoint, tuned: Tuned, c1: Double = 1.5) -> LMOCalibration {
        var result = leading(anchor, tuned: tuned, c1: c1)
        let alpha = anchor.momentumComplement
        let tokens = anchor.tokenBudget
        switch tuned {
        case .learningRate:
            break
        case .learningRateAndBatch:
            // B = w sqrt(alpha) / (sqrt(c/(2T)) + w/(alpha T)), solved for w.
            let path = ((c1 + 2 / alpha) / (2 * tokens)).squareRoot()
            let left = alpha.squareRoot() - anchor.batchSize / (alpha * tokens)
            if left > 0 { result.batchScale = anchor.batchSize * path / left }
        case .learningRateAndMomentum:
            guard let start = result.batchScale,
                let w = solveBatchScale(anchor, from: log(start), c1: c1)
            else { break }
            result.batchScale = w
            let natural = optimum(anchor, batchScale: w, c1: c1)
            let ratio = anchor.learningRate / natural.learningRate
            result.stepScale = ratio * ratio
        }
        return result
    }

    private static func optimum(_ anchor: LMOPoint, batchScale: Double, c1: Double) -> LMOPoint {
        LMOConstants(stepScale: 1, batchScale: batchScale).optimum(
            .learningRateAndMomentum(batchSize: anchor.batchSize), tokenBudget: anchor.tokenBudget,
            bound: .kovalev(c1: c1)
        ).point
    }

    private static func solveBatchScale(_ anchor: LMOPoint, from start: Double, c1: Double) -> Double? {
        let target = log(anchor.momentumComplement)
        func excess(_ logW: Double) -> Double {
            log(optimum(anchor, batchScale: exp(logW), c1: c1).momentumComplement) - target
        }
        var x = start
        for _ in 0..<30 {
            let error = excess(x)
            if abs(error) < 1e-9 { return exp(x) }
            let slope = (excess(x + 1e-3) - excess(x - 1e-3)) / 2e-3
            // Larger noise wants longer memory: the slope is negative except on the boundary alpha = 1.
            guard slope < -1e-3 else { return nil }
            x -= max(-1, min(1, error / slope))
        }
        return abs(excess(x)) < 1e-6 ? exp(x) : nil
    }
}
