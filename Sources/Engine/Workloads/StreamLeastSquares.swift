import Foundation

/// Stochastic least squares on an unlimited stream, by the exact recursion of its expected error power: the ground
/// truth that fitted laws are checked against. Nothing is sampled.
///
/// With covariance eigenvalues `l_i = i^-a`, error power `m_i = E (w_i - w*_i)^2` starting at `i^-b`, Gaussian
/// inputs, label noise `s2`, rate e and batch B, one step of SGD gives
///
///     S = sum_j l_j m_j                                           (the excess risk)
///     m_i <- m_i (1 - 2 e l_i + e^2 l_i^2 (1 + 1/B)) + e^2 l_i / B (S + s2)
///
/// Exact for Gaussian inputs, because fourth moments reduce to second ones. One example is one token.
struct StreamLeastSquares {
    static let descriptor = WorkloadDescriptor(
        name: "stream-least-squares",
        summary:
            "Least squares on a stream with power-law spectrum, by its exact risk recursion; plain SGD only.",
        options: [
            .whole("modes", "Number of eigenvalues.", 1...65_536, 256),
            .real("covariance_exponent", "a of the eigenvalues i^-a.", 0...8, 1.5),
            .real("error_exponent", "b of the initial error power i^-b.", 0...8, 0.8),
            .real("label_noise", "Variance of the label noise.", 0...1e6, 1),
            .real(
                "report_noise", "Relative deviation of log-normal noise on the reported validation_loss.",
                0...10, 0
            ),
        ],
        metrics: [
            "validation_loss", "excess_risk", "train_loss", "tokens", "epochs", "model_size", "loss_floor",
        ],
        supportedOptimizers: ["sgd"], defaultSchedule: LearningRateSchedule(shape: .constant))

    /// Eigenvalues.
    let eigenvalues: [Double]
    /// Error power of each mode.
    var power: [Double]
    /// Variance of the label noise.
    let labelNoise: Double
    /// The excess risk before the first step.
    let initialRisk: Double
    private let reportNoise: Double

    init(_ options: WorkloadOptions) {
        let modes = options.integer("modes")
        let a = options.real("covariance_exponent")
        let b = options.real("error_exponent")
        eigenvalues = (1...modes).map { pow(Double($0), -a) }
        power = (1...modes).map { pow(Double($0), -b) }
        labelNoise = options.real("label_noise")
        reportNoise = options.real("report_noise")
        initialRisk = Self.dot(eigenvalues, power)
    }

    /// `sum_i l_i m_i`.
    var excessRisk: Double { Self.dot(eigenvalues, power) }

    /// One step; returns the excess risk before it.
    mutating func step(rate: Double, batch: Int) -> Double {
        let risk = excessRisk
        let spread = 1 + 1 / Double(batch)
        let inflow = rate * rate / Double(batch) * (risk + labelNoise)
        eigenvalues.withUnsafeBufferPointer { l in
            power.withUnsafeMutableBufferPointer { m in
                for i in 0..<m.count {
                    let x = rate * l[i]
                    m[i] = m[i] * (1 - 2 * x + x * x * spread) + inflow * l[i]
                }
            }
        }
        return risk
    }

    /// The reported loss: the excess risk times log-normal noise with mean 1, a function of seed, step and the risk
    /// itself, so that runs of one seed with other learning rates have noise of their own.
    func reportedRisk(seed: UInt64, step: Int) -> Double {
        let risk = excessRisk
        guard reportNoise > 0 else { return risk }
        let variance = log(1 + reportNoise * reportNoise)
        var generator = SplitMix64.stream(SeedPurpose.noise.seed(from: seed ^ risk.bitPattern), step)
        return risk * exp(variance.squareRoot() * generator.normal() - variance / 2)
    }

    /// Four partial sums of pairs, so that the additions do not wait for each other.
    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = SIMD8<Double>.zero
                let whole = a.count & ~7
                for i in stride(from: 0, to: whole, by: 8) {
                    let x = UnsafeRawBufferPointer(a).loadUnaligned(
                        fromByteOffset: 8 * i, as: SIMD8<Double>.self)
                    let y = UnsafeRawBufferPointer(b).loadUnaligned(
                        fromByteOffset: 8 * i, as: SIMD8<Double>.self)
                    sum += x * y
                }
                var rest = 0.0
                for i in whole..<a.count { rest += a[i] * b[i] }
                return sum.sum() + rest
            }
        }
    }
}
