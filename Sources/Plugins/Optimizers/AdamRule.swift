internal import Engine
internal import Foundation

/// Adam's arithmetic on some ranges of the flat vector: what `adamw` does everywhere and `muon` on its other tensors.
struct AdamRule<Scalar: EngineScalar>: Sendable {
    private let beta1: Double
    private let beta2: Double
    private let epsilon: Double
    private let coupledDecay: Double
    private let decoupledDecay: Double
    private var first: [Scalar]
    private var second: [Scalar]
    /// Steps taken. Counted here and not read from the context, so that the bias corrections belong to the buffers.
    private var steps = 0

    /// A rule for a vector of `count` elements.
    init(
        count: Int, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, decoupled: Bool
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        coupledDecay = decoupled ? 0 : weightDecay
        decoupledDecay = decoupled ? weightDecay : 0
        first = [Scalar](repeating: 0, count: count)
        second = [Scalar](repeating: 0, count: count)
    }

    /// Moves the elements of `ranges`, or all; the others keep parameters and buffers.
    mutating func step(
        _ x: inout [Scalar], gradient: [Scalar], ranges: [Range<Int>]? = nil, rate: Scalar
    ) {
        steps += 1
        let correction1 = 1 - pow(beta1, Double(steps))
        let correction2 = 1 - pow(beta2, Double(steps))
        let coefficients = Kernels.Adam<Scalar>(
            coupledDecay: Scalar(coupledDecay), keep1: Scalar(beta1), keep2: Scalar(beta2),
            rate: Scalar(Double(rate) / correction1), inverseCorrection2: Scalar(1 / correction2),
            epsilon: Scalar(epsilon), shrink: Scalar(1 - Double(rate) * decoupledDecay))
        withPointers(&x, &first, &second, gradient) { x, m, v, g in
            guard let ranges else {
                return Kernels.adamStep(
                    x, first: m, second: v, gradient: g, count: gradient.count, coefficients)
            }
            for range in ranges {
                let start = range.lowerBound
                Kernels.adamStep(
                    x + start, first: m + start, second: v + start, gradient: g + start, count: range.count,
                    coefficients)
            }
        }
    }

    /// Both averages and the number of steps (exact in `Float` up to 16.7 million).
    var state: [String: [Scalar]] {
        get { ["first_moment": first, "second_moment": second, "steps": [Scalar(steps)]] }
        set {
            first = newValue["first_moment"] ?? first
            second = newValue["second_moment"] ?? second
            steps = newValue["steps"]?.first.map { Int($0) } ?? steps
        }
    }
}
