import Engine
import ScalingLaws

/// What is measured once, at the end of a path.
struct EndMeasures {
    var sharpness: Double?
    var euclideanSharpness: Double?
    var gradientNorm: Double
    var alphaBeta: [Double]?
    var quantiles: [Double]
    var tailIndex: Double?

    /// Steps of every ascent of the sharpness; each costs two gradients.
    private static let ascentSteps = 8
    /// Steps whose triples make the (alpha, beta) condition.
    private static let tripleCount = 20

    init(
        _ path: ProbePath, rule: StepRule, oracle: ProbeOracle, size: Int, exampleCount: Int, floor: Double
    ) throws {
        let base = ProbePath.farExamples / 2
        let batch = base..<(base + size)
        let gradient = oracle.gradient(of: batch, at: path.end).gradient
        gradientNorm = rule.norm.dual(gradient)
        var starts = [gradient]
        if let last = path.steps.last?.direction { starts.append(last) }
        sharpness = Self.sharpness(rule.norm, at: path.end, batch, oracle, starts: starts)
        euclideanSharpness =
            rule.isNormalized
            ? Self.sharpness(.euclidean(oracle.layout), at: path.end, batch, oracle, starts: starts)
            : sharpness

        let stride = max(1, path.steps.count / Self.tripleCount)
        let samples = path.steps.enumerated().filter { $0.offset % stride == 0 }.map { _, step in
            let last = oracle.gradient(of: step.examples, at: path.end).loss
            return AlphaBetaFit.Sample(
                alignment: PathMeasures.dot(step.gradient, PathMeasures.minus(step.x, path.end)),
                descent: step.loss - last, gap: step.loss - floor)
        }
        alphaBeta = AlphaBetaFit(samples: samples).best().map { [$0.alpha, $0.beta] }

        let norms = oracle.exampleNorms(of: base..<(base + exampleCount), at: path.end).sorted()
        quantiles = [0.5, 0.9, 0.99].map { norms[min(norms.count - 1, Int($0 * Double(norms.count)))] }
        tailIndex = TailIndex(of: norms)?.value
    }

    /// A lower bound of the sharpness in a norm.
    ///
    /// - Parameters:
    ///   - norm: of the steps.
    ///   - x: where.
    ///   - batch: examples of the Hessian.
    ///   - oracle: of the workload.
    ///   - starts: vectors whose maximisers to start from.
    /// - Returns: the bound; `nil` when it is not positive.
    static func sharpness(
        _ norm: StepNorm, at x: [Double], _ batch: Range<Int>, _ oracle: ProbeOracle, starts: [[Double]]
    ) -> Double? {
        let estimator = GeneralizedSharpness(
            blocks: norm.normBlocks, iterations: ascentSteps, randomStarts: 0, eigenvectorStarts: 0)
        var generator = SplitMix64(0)
        let found = estimator.estimate(starts: starts, using: &generator) {
            oracle.hessianProduct(of: batch, at: x, along: $0)
        }
        return found.flatMap { $0.sharpness > 0 ? $0.sharpness : nil }
    }
}
