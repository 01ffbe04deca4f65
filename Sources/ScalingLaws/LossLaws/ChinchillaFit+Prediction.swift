import Foundation

/// A predicted loss.
public struct LossPrediction: Sendable, Hashable, Codable {
    /// Loss with intervals for a new run, in the unit of the rows.
    public var loss: IntervalEstimate
    /// How far outside the fitted sizes it is, as a factor; 1 inside.
    public var extrapolationFactor: Double
    /// What it cannot know.
    public var warnings: [LossLawWarning]

    enum CodingKeys: String, CodingKey {
        case loss
        case extrapolationFactor = "extrapolation_factor"
        case warnings
    }
}

/// The best split of a compute budget by a law.
public struct ComputeAllocation: Sendable, Hashable, Codable {
    /// C, floating-point operations.
    public var compute: Double
    /// Best model size, parameters.
    public var modelSize: IntervalEstimate
    /// Best tokens.
    public var tokens: IntervalEstimate
    /// D / N there.
    public var tokensPerParameter: IntervalEstimate
    /// Loss of a run there.
    public var prediction: LossPrediction

    enum CodingKeys: String, CodingKey {
        case compute
        case modelSize = "model_size"
        case tokens
        case tokensPerParameter = "tokens_per_parameter"
        case prediction
    }
}

extension ChinchillaFit {
    /// Extrapolation from which a prediction carries a warning.
    private static let wide = 10.0

    /// The law at a run's sizes, without intervals; `nil` when a size it needs is not given or implied.
    public func loss(modelSize: Double? = nil, tokens: Double? = nil, compute: Double? = nil) -> Double? {
        let at = form.coordinates(modelSize: modelSize, tokens: tokens, compute: compute)
        let loss = exp(Self.logLoss(parameters.map(\.estimate.value), at))
        return loss.isFinite ? loss : nil
    }

    /// The loss of a new run, with intervals.
    ///
    /// Half of an interval, in log loss, is the root of the sum of three squares: the bootstrap's own, the
    /// scatter of the rows about the law, and `drift * log(extrapolation factor)` times 1.28 (80 %) or 1.96
    /// (95 %). Extrapolation is the largest factor by which model size, tokens or compute leave the range of
    /// the rows.
    ///
    /// - Parameters:
    ///   - modelSize: N; may be implied by the other two.
    ///   - tokens: D.
    ///   - compute: C.
    /// - Returns: The prediction; `nil` when a size the law needs is not known or not positive and finite.
    public func prediction(
        modelSize: Double? = nil, tokens: Double? = nil, compute: Double? = nil
    ) -> LossPrediction? {
        let given = [modelSize, tokens, compute].compactMap { $0 }
        guard given.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        let at = form.coordinates(modelSize: modelSize, tokens: tokens, compute: compute)
        let centre = Self.logLoss(parameters.map(\.estimate.value), at)
        guard centre.isFinite else { return nil }
        let reach = extrapolation(RunSizes(modelSize: modelSize, tokens: tokens, compute: compute))
        var loss = IntervalEstimate(value: exp(centre))
        let drawn = IntervalEstimate(centre, resampled: draws.map { Self.logLoss($0, at) })
        func ends(_ interval: [Double]?, scatter: Double, normal: Double) -> [Double]? {
            guard let interval else { return nil }
            let extra: Double = scatter * scatter + pow(normal * drift * reach, 2)
            let down: Double = (pow(min(interval[0] - centre, 0), 2) + extra).squareRoot()
            let up: Double = (pow(max(interval[1] - centre, 0), 2) + extra).squareRoot()
            return [exp(centre - down), min(exp(centre + up), .greatestFiniteMagnitude)]
        }
        loss.interval80 = ends(drawn.interval80, scatter: quality.scatter80, normal: 1.282)
        loss.interval95 = ends(drawn.interval95, scatter: quality.scatter95, normal: 1.960)
        loss.standardError = drawn.standardError.map { $0 * exp(centre) }
        var warnings: [LossLawWarning] = []
        if exp(reach) > Self.wide {
            warnings.append(
                LossLawWarning(
                    .wideExtrapolation,
                    String(format: "%.0f times outside the fitted sizes; ", min(exp(reach), 1e9))
                        + "no sweep at small sizes excludes a bend beyond them"))
        }
        return LossPrediction(loss: loss, extrapolationFactor: min(exp(reach), 1e300), warnings: warnings)
    }

    /// The split of a compute budget with the lowest loss:
    ///
    ///     N = G (C/6)^(beta/(alpha+beta)),  D = (C/6) / N,  G = (alpha A / (beta B))^(1/(alpha+beta))
    ///
    /// from `d/dN [A N^-alpha + B (C/(6N))^-beta] = 0`, that is `alpha A N^-alpha = beta B D^-beta`. The loss
    /// is flat about it: twice or half the size costs little, and the intervals are as wide as that implies.
    ///
    /// - Parameter compute: C, floating-point operations.
    /// - Returns: The split with intervals; `nil` for a law with one term, for a term of size 0, and for a
    ///   compute that is not positive and finite.
    ///
    /// Source: Hoffmann et al. 2022, arXiv 2203.15556.
    public func allocation(compute: Double) -> ComputeAllocation? {
        guard form.hasTwoTerms, compute > 0, compute.isFinite else { return nil }
        let product: Double = log(compute / RunSizes.flopsPerParameterToken)
        let best = Self.logModelSize(parameters.map(\.estimate.value), product)
        let (size, tokens) = (exp(best), exp(product - best))
        guard size.isFinite, size > 0, (tokens / size).isFinite, tokens > 0,
            let prediction = prediction(modelSize: size, tokens: tokens, compute: compute)
        else { return nil }
        let drawn = draws.map { Self.logModelSize($0, product) }
        return ComputeAllocation(
            compute: compute, modelSize: IntervalEstimate(size, resampled: drawn.map { exp($0) }),
            tokens: IntervalEstimate(tokens, resampled: drawn.map { exp(product - $0) }),
            tokensPerParameter: IntervalEstimate(
                tokens / size, resampled: drawn.map { exp(product - 2 * $0) }),
            prediction: prediction)
    }

    private static func logModelSize(_ c: [Double], _ product: Double) -> Double {
        guard c[1] > 0, c[3] > 0 else { return .nan }
        let sum: Double = c[2] + c[4]
        let ratio: Double = log(c[2]) + log(c[1]) - log(c[4]) - log(c[3])
        return (ratio + c[4] * product) / sum
    }

    private static func logLoss(_ c: [Double], _ at: (first: Double, second: Double)) -> Double {
        var loss: Double = c[0]
        if c[1] > 0 { loss += exp(log(c[1]) - c[2] * at.first) }
        if c.count > 3, c[3] > 0 { loss += exp(log(c[3]) - c[4] * at.second) }
        return at.first.isNaN || at.second.isNaN ? .nan : log(loss)
    }

    /// Logarithm of the largest factor by which a size leaves its range.
    private func extrapolation(_ sizes: RunSizes) -> Double {
        let pairs = [
            (sizes.logModelSize, ranges.modelSize), (sizes.logTokens, ranges.tokens),
            (sizes.logCompute, ranges.compute),
        ]
        return pairs.reduce(0) { reach, pair in
            guard let range = pair.1, pair.0.isFinite else { return reach }
            return max(reach, pair.0 - log(range[1]), log(range[0]) - pair.0)
        }
    }
}
