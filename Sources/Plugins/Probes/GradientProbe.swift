import Engine
import ScalingLaws

/// Measures what theory needs on a real model, before any sweep.
///
///     let report = try GradientProbe.run(
///         ProbeRequest(workload: "mlp", optimizer: "muon", batchSizeTokens: 64))
///     report.smoothness      // L in Muon's own norm
///
/// A path of 60 steps (`ProbePath`) is walked once; at ten of its points, independent batches give noise, secants at two
/// batch sizes, and one Hessian-vector product along the step the optimizer takes there. Sharpness, single examples and
/// the mu-KL slope come from its end. Then 5 to 8 runs of 100 steps place the learning rate (`PilotRuns`). Cost: about
/// a thousand batches' gradients, printed in the report.
///
/// Synchronous and long: run it in a process or on a thread of its own. Deterministic in the request but for `seconds`.
///
/// Estimators and their accuracy: `ProbeEstimators`, `HingeSmoothnessFit`, `GeneralizedSharpness`, `AlphaBetaFit`,
/// `TailIndex` of ScalingLaws.
public enum GradientProbe {
    /// Points at which independent batches are drawn.
    private static let pointCount = 10
    /// The larger of the two batch sizes over the smaller.
    private static let batchFactor = 4
    /// Single examples whose gradients are taken.
    private static let exampleCount = 128

    /// Probes a workload.
    ///
    /// - Parameters:
    ///   - request: what to probe.
    ///   - registry: optimizers by name.
    ///   - shouldStop: asked between measurements; true ends the probe.
    /// - Returns: the constants; `nil` when it was asked to stop.
    /// - Throws: `EngineError`: `no-geometry` for an optimizer whose norm is not known, a bad option, a workload without
    ///   gradients, a start at the floor, or no way down.
    public static func run(
        _ request: ProbeRequest, registry: OptimizerRegistry = .builtIn,
        shouldStop: () -> Bool = { false }
    ) throws -> ProbeReport? {
        let clock = ContinuousClock()
        let begin = clock.now
        let plugin = try probed(request.optimizer, registry)
        let oracle = try ProbeOracle(
            request.workload, options: request.workloadOptions, seed: request.seed)
        guard request.batchSizeTokens > 0, request.batchSizeTokens % oracle.tokensPerExample == 0,
            request.steps > pointCount, request.pilotSteps > 1
        else {
            throw EngineError(
                code: "bad-option",
                message: "a probe of \(request.steps) steps of \(request.batchSizeTokens) tokens",
                why: "batches are whole examples of \(oracle.tokensPerExample) tokens, a path has more than "
                    + "\(pointCount) steps and a short run at least two")
        }
        let rule = try plugin.stepRule(for: oracle.layout, hyperparameters: request.hyperparameters)
        let size = request.batchSizeTokens / oracle.tokensPerExample
        let large = ProbePath.farExamples..<(ProbePath.farExamples + batchFactor * size)
        let startLoss = oracle.gradient(of: large, at: oracle.start).loss
        let floor = oracle.lossFloor ?? request.lossFloor
        let guess = floor ?? 0.5 * startLoss
        guard startLoss > guess else {
            throw EngineError(
                code: "no-gap",
                message: "the loss at the start, \(startLoss), is not above the floor \(guess)",
                help: "give a lower loss_floor")
        }
        let path = try ProbePath(
            request, plugin: plugin, rule: rule, oracle: oracle, gap: startLoss - guess, reference: large
        ) { _ in true }
        if shouldStop() { return nil }
        var measured = PathMeasures(
            rule: rule, oracle: oracle, size: size, factor: batchFactor, tokens: request.batchSizeTokens)
        for (index, step) in path.steps.enumerated() {
            measured.follow(
                step, next: index + 1 < path.steps.count ? path.steps[index + 1].x : path.end)
        }
        for k in points(of: path.steps.count) {
            if shouldStop() { return nil }
            measured.measure(
                path.steps[k], next: k + 1 < path.steps.count ? path.steps[k + 1].x : path.end, index: k)
        }
        let end = try EndMeasures(
            path, rule: rule, oracle: oracle, size: size, exampleCount: exampleCount,
            floor: floor ?? 0.5 * path.endLoss)
        var report = try measured.report(
            request, path: path, end: end, floor: floor,
            source: oracle.lossFloor != nil ? .workload : floor != nil ? .given : .guessed)
        // The bound without its pessimistic lag, for the horizon of the short runs.
        let budget = Double(request.pilotSteps * request.batchSizeTokens)
        let start = LearningRateForecast(report).bound(
            batchSize: Double(request.batchSizeTokens), tokenBudget: budget, withLag: false)
        let pilot = try PilotRuns(
            request, plugin: plugin, start: start ?? path.learningRate, shouldStop: shouldStop)
        if shouldStop() { return nil }
        report.pilotLearningRate = pilot.learningRate
        report.pilotRuns = pilot.losses.sorted { $0.key < $1.key }.map {
            .init(learningRate: $0.key, loss: $0.value.isFinite ? $0.value : nil)
        }
        report.tokens += pilot.tokens
        report.seconds = (clock.now - begin) / .seconds(1)
        return report
    }

    /// The plugin of a name, when its geometry is known.
    ///
    /// - Throws: `EngineError` `unknown-optimizer` or `no-geometry`.
    static func probed(_ name: String, _ registry: OptimizerRegistry) throws -> any ProbedOptimizer {
        guard let plugin = registry.plugin(named: name) else {
            throw EngineError(
                code: "unknown-optimizer", message: "there is no optimizer '\(name)'",
                why: "there are " + registry.descriptors.map(\.name).joined(separator: ", "))
        }
        guard let probed = plugin as? any ProbedOptimizer else {
            let known = registry.plugins.filter { $0 is any ProbedOptimizer }.map(\.descriptor.name)
            throw EngineError(
                code: "no-geometry",
                message: "no learning rate can be predicted for optimizer '\(name)'",
                why: "the norm its steps are short in is not known",
                help: "sweep without a probe, or use one of \(known.joined(separator: ", "))")
        }
        return probed
    }

    /// Ten points after the first tenth of the path, evenly.
    private static func points(of steps: Int) -> [Int] {
        let first = max(1, steps / 10)
        return (0..<pointCount).map { first + $0 * (steps - first) / pointCount }
    }
}
