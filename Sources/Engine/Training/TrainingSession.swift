public import Foundation

/// A run in progress, whatever is trained: what the loop needs of it.
public protocol TrainingSession {
    /// Number of trained parameters.
    var modelSize: Int { get }
    /// Tokens of the training set, or `nil` for a stream.
    var trainingTokens: Int? { get }
    /// The loss no model can beat, where known.
    var lossFloor: Double? { get }
    /// Names what the buffers of a checkpoint mean.
    var kind: String { get }

    /// One step.
    ///
    /// - Parameters:
    ///   - step: steps done before it.
    ///   - factor: the schedule's and the growing batch's, of the peak learning rate.
    /// - Returns: the loss before the step, and `nil` when the run is lost.
    /// - Throws: when the optimizer fails.
    mutating func step(_ step: Int, factor: Double) throws -> Double?

    /// Gets ready what this step of other runs with the same data needs too. Changes no bits.
    ///
    /// - Parameter step: steps done before it.
    func share(step: Int)

    /// Metrics on the validation set.
    ///
    /// - Parameters:
    ///   - step: steps done.
    ///   - full: the whole set, or a quick part of it.
    /// - Returns: metric name to value.
    func evaluate(step: Int, full: Bool) -> [String: Double]

    /// Everything that a checkpoint must hold, as named buffers.
    var buffers: [String: Data] { get }

    /// Takes the buffers of a checkpoint; false, and nothing changed, when they do not fit.
    mutating func restore(_ buffers: [String: Data]) -> Bool
}

extension TrainingSession {
    /// Nothing is shared.
    public func share(step: Int) {}
}

/// A run by gradients and an optimizer, in single precision.
struct GradientSession: TrainingSession {
    private let workload: any GradientWorkload<Float>
    private let plan: BatchPlan
    private let seed: UInt64
    private let trainingExamples: Int?
    private let peak: Double
    private let needsPerExample: Bool
    private var optimizer: any Optimizer<Float>
    private var parameters: ParameterVector<Float>
    private var gradient: MinibatchGradient<Float>
    private var monitor: DivergenceMonitor
    private let evaluator: (any EndOfTrialEvaluator)?

    init(
        _ job: TrainingJob, workload: any GradientWorkload<Float>, factory: any OptimizerFactory,
        evaluator: (any EndOfTrialEvaluator)? = nil
    ) throws {
        self.workload = workload
        self.evaluator = evaluator
        let tokens = workload.tokensPerExample
        guard job.batchSizeTokens % tokens == 0 else {
            throw EngineError.badOption(
                "batch_size_tokens \(job.batchSizeTokens) is not a multiple of sequence_length \(tokens)",
                why: "a step takes whole sequences",
                help: "use \(max(1, (job.batchSizeTokens + tokens / 2) / tokens) * tokens)")
        }
        plan = job.plan
        seed = job.seed
        trainingExamples = workload.trainingTokens.map { $0 / tokens }
        peak = try Trainer.learningRate(of: job)
        needsPerExample = factory.needsPerExampleGradients
        let layout = workload.layout
        optimizer = try factory.makeOptimizer(
            Float.self, layout: layout, hyperparameters: job.hyperparameters)
        parameters = workload.initialParameters(seed: job.seed)
        gradient = MinibatchGradient(mean: ParameterVector(layout: layout))
        monitor = DivergenceMonitor(steps: plan.steps)
    }

    var modelSize: Int { parameters.values.count }
    var trainingTokens: Int? { workload.trainingTokens }
    var lossFloor: Double? { workload.lossFloor }
    var kind: String { String(reflecting: type(of: optimizer)) }

    mutating func step(_ step: Int, factor: Double) throws -> Double? {
        let loss = workload.minibatchGradient(
            of: examples(of: step), seed: seed, at: parameters, into: &gradient,
            perExample: needsPerExample)
        if monitor.hasDiverged(after: loss) || !Self.isFinite(gradient.mean.values) { return nil }
        let context = StepContext(
            learningRate: Float(peak * factor), step: step, totalSteps: plan.steps, loss: Float(loss),
            seed: SeedPurpose.optimizer.seed(from: seed), trainingExamples: trainingExamples)
        optimizer.step(&parameters, gradient: gradient, context: context)
        if let failure = optimizer.failure { throw failure }
        return loss
    }

    /// The examples a step takes.
    private func examples(of step: Int) -> Range<Int> {
        let tokens = workload.tokensPerExample
        return plan.tokens(after: step) / tokens..<plan.tokens(after: step + 1) / tokens
    }

    func share(step: Int) {
        // Gradients of single examples are taken one by one, and a product of one row may round otherwise than one of many.
        guard !needsPerExample else { return }
        workload.hold(examples(of: step), seed: seed)
    }

    func evaluate(step: Int, full: Bool) -> [String: Double] {
        let own = workload.validationMetrics(at: parameters, full: full)
            .merging(optimizer.metrics) { own, _ in own }
        guard full, let evaluator, let model = VotingModel(workload, parameters) else { return own }
        return own.merging(evaluator.metrics(of: model)) { own, _ in own }
    }

    var buffers: [String: Data] {
        var buffers: [String: Data] = [:]
        for (name, values) in optimizer.state { buffers["optimizer." + name] = Self.data(values) }
        buffers["parameters"] = Self.data(parameters.values)
        buffers["monitor"] = try? JSONEncoder().encode(monitor)
        return buffers
    }

    mutating func restore(_ buffers: [String: Data]) -> Bool {
        guard let values = buffers["parameters"].map(Self.floats), values.count == parameters.values.count,
            let monitor = buffers["monitor"].flatMap({
                try? JSONDecoder().decode(DivergenceMonitor.self, from: $0)
            })
        else { return false }
        var state: [String: [Float]] = [:]
        for (name, data) in buffers where name.hasPrefix("optimizer.") {
            state[String(name.dropFirst("optimizer.".count))] = Self.floats(data)
        }
        parameters.values = values
        optimizer.state = state
        self.monitor = monitor
        return true
    }

    /// Whether no number is infinite or NaN: their sum of `0 * x` is then zero.
    private static func isFinite(_ values: [Float]) -> Bool {
        values.withUnsafeBytes { bytes in
            var sum = SIMD8<Float>.zero
            let whole = values.count & ~7
            for i in stride(from: 0, to: whole, by: 8) {
                sum += bytes.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<Float>.self) * 0
            }
            var rest = sum.sum()
            for i in whole..<values.count { rest += values[i] * 0 }
            return rest == 0
        }
    }

    private static func data(_ values: [Float]) -> Data { values.withUnsafeBytes { Data($0) } }

    private static func floats(_ data: Data) -> [Float] {
        [Float](unsafeUninitializedCapacity: data.count / 4) { buffer, count in
            count = data.copyBytes(to: buffer) / 4
        }
    }
}

/// A run of the exact risk recursion, in double precision.
struct RecursionSession: TrainingSession {
    private var problem: StreamLeastSquares
    private let peak: Double
    private let plan: BatchPlan
    private let seed: UInt64

    init(_ job: TrainingJob) throws {
        problem = StreamLeastSquares(
            try WorkloadOptions(job.workloadOptions, for: StreamLeastSquares.descriptor))
        peak = try Trainer.learningRate(of: job)
        plan = job.plan
        seed = job.seed
        for name in ["momentum", "weight_decay"] {
            if let value = job.hyperparameters[name], value.number != 0 {
                throw EngineError.badOption(
                    "\(name) \(value) with workload 'stream-least-squares'",
                    why: "its risk recursion is that of plain SGD", help: "leave \(name) out, or set it to 0")
            }
        }
    }

    var modelSize: Int { problem.power.count }
    var trainingTokens: Int? { nil }
    var lossFloor: Double? { 0 }
    var kind: String { "recursion" }

    mutating func step(_ step: Int, factor: Double) -> Double? {
        let risk = problem.step(rate: peak * factor, batch: plan.stage(of: step).batch)
        return risk.isFinite && risk <= 1000 * problem.initialRisk ? risk : nil
    }

    func evaluate(step: Int, full: Bool) -> [String: Double] {
        ["validation_loss": problem.reportedRisk(seed: seed, step: step), "excess_risk": problem.excessRisk]
    }

    var buffers: [String: Data] { ["power": problem.power.withUnsafeBytes { Data($0) }] }

    mutating func restore(_ buffers: [String: Data]) -> Bool {
        guard let data = buffers["power"], data.count == 8 * problem.power.count else { return false }
        problem.power.withUnsafeMutableBufferPointer { _ = data.copyBytes(to: $0) }
        return true
    }
}
