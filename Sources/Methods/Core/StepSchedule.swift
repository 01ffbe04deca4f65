/// A step size over rounds, with the damping relaxed smoothness asks for.
///
///     gamma_k = base * s(k) / (1 + damping |g|),   s(k) = 1, (k+1)^(-1/2) or 1/(1 + k/horizon)
///
/// Under (L0, L1)-smoothness plain and compressed gradient methods need `1/(L0 + L1 |grad f|)`: damping = L1/L0 with
/// base = 1/L0. Sign methods do not. Rounds count from 0.
///
/// Source: the (L0, L1) analysis of distributed SGD through SDEs, 2025; the exact form of the factor is ours.
public struct StepSchedule: Sendable, Hashable, ExpressibleByFloatLiteral {
    /// How the step falls.
    public enum Decay: Sendable, Hashable {
        /// Not at all.
        case constant
        /// As the inverse root of the round.
        case inverseRoot
        /// As the inverse round, beginning at the horizon.
        case inverse(horizon: Double)
    }

    /// Step of round 0 at a zero gradient.
    public var base: Double
    /// s.
    public var decay: Decay
    /// Weight of the gradient's length.
    public var damping: Double

    /// A schedule.
    public init(_ base: Double, decay: Decay = .constant, damping: Double = 0) {
        self.base = base
        self.decay = decay
        self.damping = damping
    }

    /// A constant step.
    public init(floatLiteral value: Double) { self.init(value) }

    /// gamma_k.
    public func step(round k: Int, gradientNorm: Double) -> Double {
        let factor: Double =
            switch decay {
            case .constant: 1
            case .inverseRoot: 1 / Double(k + 1).squareRoot()
            case .inverse(let horizon): 1 / (1 + Double(k) / horizon)
            }
        return base * factor / (1 + damping * gradientNorm)
    }
}
