internal import Engine

/// A short run of the real optimizer at a small constant learning rate: the points at which constants are measured.
///
/// The rate is the one at which descent along a straight line would use up half of the gap within the path,
///
///     eta = D / (2 K p),    p = |g|_* (normalised steps)  or  |g|_2^2 / (1 - momentum) (summing buffer)
///
/// so that the path sees the landscape a run goes through and not only its start. A path that ends above its start is
/// taken again at half the rate.
struct ProbePath {
    /// One step of the path.
    struct Step {
        /// Parameters before the step.
        var x: [Double]
        /// `(x_k - x_{k+1}) / eta`.
        var direction: [Double]
        /// `sum_j beta^j` times the directions before: how far the momentum lags.
        var lag: [Double]
        /// The minibatch's gradient and loss at x.
        var gradient: [Double]
        var loss: Double
        var examples: Range<Int>
    }

    /// Steps that were kept, in order.
    var steps: [Step]
    /// Parameters after the last step.
    var end: [Double]
    /// eta.
    var learningRate: Double
    /// Losses of the reference batch at both ends.
    var startLoss: Double
    var endLoss: Double

    /// Where independent batches begin: far from all examples of the path.
    static let farExamples = 1 << 24

    /// Runs the path.
    ///
    /// - Parameters:
    ///   - request: what to run.
    ///   - plugin: the optimizer.
    ///   - rule: how it steps.
    ///   - oracle: of the workload.
    ///   - gap: D.
    ///   - reference: the batch both ends are compared on.
    ///   - keep: which steps to keep.
    /// - Throws: `EngineError` when no rate gives a path that descends; what the plugin throws.
    init(
        _ request: ProbeRequest, plugin: any OptimizerPlugin, rule: StepRule, oracle: ProbeOracle,
        gap: Double,
        reference: Range<Int>, keep: (Int) -> Bool
    ) throws {
        let size = request.batchSizeTokens / oracle.tokensPerExample
        let first = oracle.gradient(of: reference, at: oracle.start)
        let pace: Double
        if rule.isNormalized {
            pace = rule.norm.dual(first.gradient)
        } else {
            let square = first.gradient.reduce(0) { $0 + $1 * $1 }
            pace = rule.sums ? square / (1 - rule.momentum) : square
        }
        guard pace > 0, pace.isFinite else {
            throw EngineError(
                code: "flat-start", message: "the gradient at the start of '\(request.workload)' is zero",
                why: "a probe follows the optimizer downhill, and there is no way down")
        }
        var rate = gap / (2 * Double(request.steps) * pace)
        for _ in 0..<12 {
            var optimizer = try plugin.makeOptimizer(
                Double.self, layout: oracle.layout, hyperparameters: request.hyperparameters)
            var vector = ParameterVector(layout: oracle.layout, values: oracle.start)
            var lag = [Double](repeating: 0, count: oracle.layout.count)
            var kept: [Step] = []
            var isFinite = true
            for k in 0..<request.steps {
                let examples = (k * size)..<((k + 1) * size)
                let x = vector.values
                let (loss, gradient) = oracle.gradient(of: examples, at: x)
                guard loss.isFinite else {
                    isFinite = false
                    break
                }
                optimizer.step(
                    &vector,
                    gradient: MinibatchGradient(
                        mean: ParameterVector(layout: oracle.layout, values: gradient)),
                    context: StepContext(
                        learningRate: rate, step: k, totalSteps: request.steps, loss: loss))
                let direction = zip(x, vector.values).map { ($0 - $1) / rate }
                if keep(k) {
                    kept.append(
                        Step(
                            x: x, direction: direction,
                            lag: rule.isNesterov ? lag.map { rule.momentum * $0 } : lag, gradient: gradient,
                            loss: loss, examples: examples))
                }
                for i in lag.indices { lag[i] = rule.momentum * (lag[i] + direction[i]) }
            }
            let last = isFinite ? oracle.gradient(of: reference, at: vector.values).loss : .nan
            if last < first.loss {
                steps = kept
                end = vector.values
                learningRate = rate
                startLoss = first.loss
                endLoss = last
                return
            }
            rate /= 2
        }
        throw EngineError(
            code: "no-descent",
            message: "optimizer '\(request.optimizer)' does not descend on '\(request.workload)'",
            why:
                "twelve paths of \(request.steps) steps, each at half the learning rate of the one before, ended "
                + "above their start",
            help: "use a larger batch size, or a search without a probe")
    }
}
