import Engine
import ScalingLaws

/// Collects what is measured along a path.
struct PathMeasures {
    let rule: StepRule
    let oracle: ProbeOracle
    /// Examples of a batch of the path.
    let size: Int
    /// The larger batch over the smaller.
    let factor: Int
    /// Tokens of a batch of the path.
    let tokens: Int

    private var differences: [Double] = []
    private var euclideanDifferences: [Double] = []
    private var signal: [Double] = []
    private var smallSecants: [(Double, Double)] = []
    private var largeSecants: [(Double, Double)] = []
    private var layerSecants: [[Double]]
    private var layerNorms: [[Double]]
    private var curvature: [Double] = []
    private var lag: [Double] = []
    private var directional: [Double] = []
    private var descent: [Double] = []
    private var gradientNorms: [Double] = []
    private var gradientSquares: [Double] = []
    private var losses: [Double] = []
    private let layerNorm: [StepNorm]

    init(rule: StepRule, oracle: ProbeOracle, size: Int, factor: Int, tokens: Int) {
        self.rule = rule
        self.oracle = oracle
        self.size = size
        self.factor = factor
        self.tokens = tokens
        // Norms with one block for the whole network have no layers of their own: their tensors are taken apart.
        layerNorm = oracle.layout.slots.map { slot in
            if let block = rule.norm.blocks.first(where: { $0.range == slot.range }) {
                return StepNorm(blocks: [block])
            }
            let whole = rule.norm.blocks.first { $0.range.contains(slot.offset) }
            return StepNorm(blocks: [
                .init(
                    range: slot.range, rows: slot.count, columns: 1, norm: whole?.norm ?? .euclid,
                    radius: whole?.radius ?? 1)
            ])
        }
        layerSecants = layerNorm.map { _ in [] }
        layerNorms = layerSecants
    }

    /// The secant of one step on its own batch, of the whole network and of every tensor.
    mutating func follow(_ step: ProbePath.Step, next: [Double]) {
        let after = oracle.gradient(of: step.examples, at: next).gradient
        let difference = Self.minus(after, step.gradient)
        let move = Self.minus(next, step.x)
        smallSecants.append((rule.norm.dual(difference), rule.norm.primal(move)))
        gradientSquares.append(Self.dot(step.gradient, step.gradient))
        for (index, norm) in layerNorm.enumerated() {
            let length = norm.primal(move)
            guard length > 0 else { continue }
            layerSecants[index].append(norm.dual(difference) / length)
            layerNorms[index].append(norm.dual(after))
        }
    }

    /// Noise, the large batch's secant, and the curvature along the step, on batches the path has not seen.
    mutating func measure(_ step: ProbePath.Step, next: [Double], index: Int) {
        let base = ProbePath.farExamples + (index + 1) * (factor + 2) * size
        let one = oracle.gradient(of: base..<(base + size), at: step.x).gradient
        let two = oracle.gradient(of: (base + size)..<(base + 2 * size), at: step.x).gradient
        let difference = Self.minus(one, two)
        differences.append(rule.norm.dual(difference))
        euclideanDifferences.append(Self.dot(difference, difference).squareRoot())
        signal.append(Self.dot(one, two))

        let large = (base + 2 * size)..<(base + (2 + factor) * size)
        let (loss, before) = oracle.gradient(of: large, at: step.x)
        let after = oracle.gradient(of: large, at: next).gradient
        let move = Self.minus(next, step.x)
        largeSecants.append((rule.norm.dual(Self.minus(after, before)), rule.norm.primal(move)))
        losses.append(loss)
        gradientNorms.append(rule.norm.dual(before))
        descent.append(Self.dot(before, step.direction))

        let product = oracle.hessianProduct(of: large, at: step.x, along: step.direction)
        let bend = Self.dot(step.direction, product)
        curvature.append(bend / 2)
        lag.append(Self.dot(step.lag, product))
        let length = rule.norm.primal(step.direction)
        if length > 0 { directional.append(bend / (length * length)) }
    }

    /// Everything put together.
    ///
    /// - Throws: `EngineError` when the path shows no curvature at all.
    func report(
        _ request: ProbeRequest, path: ProbePath, end: EndMeasures, floor: Double?,
        source: ProbeReport.FloorSource
    ) throws -> ProbeReport {
        let batch = Double(tokens)
        guard let noise = ProbeEstimators.noise(differenceNorms: differences, batchSize: batch),
            let small = ProbeEstimators.secantSmoothness(
                gradientDifferences: smallSecants.map(\.0), stepLengths: smallSecants.map(\.1)),
            let large = ProbeEstimators.secantSmoothness(
                gradientDifferences: largeSecants.map(\.0), stepLengths: largeSecants.map(\.1))
        else {
            throw EngineError(
                code: "no-smoothness", message: "the path of the probe has no length",
                why: "the optimizer did not move")
        }
        let smooth = ProbeEstimators.extrapolatedSmoothness((batch, small), (Double(factor) * batch, large))
        let sigma = (batch / 2 * Self.mean(euclideanDifferences.map { $0 * $0 })).squareRoot()
        let power = Self.mean(signal)
        let lossFloor = floor ?? 0.5 * min(path.endLoss, losses.min() ?? path.endLoss)
        return ProbeReport(
            request: request, momentum: rule.momentum, isNormalized: rule.isNormalized, sums: rule.sums,
            isNesterov: rule.isNesterov, modelSize: oracle.layout.count, startLoss: path.startLoss,
            lossFloor: lossFloor, floorSource: source, endLoss: path.endLoss,
            pathLearningRate: path.learningRate, noise: noise.value, noiseError: noise.standardError,
            euclideanNoise: sigma, noiseScale: power > 0 ? sigma * sigma / power : nil,
            secantSmoothness: [small, large], smoothness: smooth?.value ?? large,
            isSmoothnessReliable: smooth?.isReliable ?? false,
            directionalSmoothness: Self.median(directional), curvatureLoss: Self.mean(curvature),
            lagLoss: Self.mean(lag), descent: Self.mean(descent), gradientNorm: Self.mean(gradientNorms),
            gradientSquare: Self.mean(gradientSquares), sharpness: end.sharpness,
            euclideanSharpness: end.euclideanSharpness, endGradientNorm: end.gradientNorm, layers: layers,
            alphaBeta: end.alphaBeta,
            klSlope: RobustLine.fit(x: losses, y: gradientNorms).map(\.slope).flatMap { $0 > 0 ? $0 : nil },
            exampleNormQuantiles: end.quantiles, tailIndex: end.tailIndex, pilotRuns: [],
            tokens: oracle.tokensSpent, seconds: 0)
    }

    private var layers: [ProbeReport.Layer] {
        zip(oracle.layout.slots, zip(layerSecants, layerNorms)).compactMap { slot, data in
            HingeSmoothnessFit.fit(secants: data.0, gradientNorms: data.1).map {
                .init(name: slot.name, constant: $0.constant, proportional: $0.proportional)
            }
        }
    }

    static func minus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }
    static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for i in a.indices { sum += a[i] * b[i] }
        return sum
    }
    static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
