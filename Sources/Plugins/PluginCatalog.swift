public import Engine
internal import Methods

/// Everything a sweep can name, and the one way to run it: update rules on the engine's workloads, methods of rounds on
/// workloads that have workers.
///
///     let outcome = try PluginCatalog.run(job, optimizer: "ef21", observe: { _ in .proceed })
public enum PluginCatalog {
    /// Update rules, then methods of rounds.
    public static let optimizers: [OptimizerDescriptor] =
        OptimizerRegistry.builtIn.descriptors
        + MethodRegistry.all.map { RoundMethodSettings(plugin: $0).descriptor }

    /// The engine's workloads, then those that have workers.
    public static let workloads: [WorkloadDescriptor] =
        WorkloadRegistry.builtIn.descriptors + WorkerProblem.allCases.map(\.descriptor)

    /// Compressors, robust rules and attacks, which settings and options choose by name.
    public static let parts: [PartDescriptor] =
        (CompressorRegistry.contractive + CompressorRegistry.unbiased).map {
            PartDescriptor("compressor", $0.descriptor)
        }
        + AggregatorRegistry.all.map { PartDescriptor("aggregator", $0.descriptor) }
        + AttackRegistry.all.map { PartDescriptor("attack", $0.descriptor) }

    /// Names of optimizers that need the gradients of single examples.
    public static var optimizersNeedingPerExampleGradients: Set<String> {
        Set(OptimizerRegistry.builtIn.plugins.filter(\.needsPerExampleGradients).map(\.descriptor.name))
    }

    /// The optimizer of a name, or `nil`.
    public static func optimizer(named name: String) -> OptimizerDescriptor? {
        optimizers.first { $0.name == name }
    }

    /// Runs one job to its end, on the calling thread; see `Trainer.run`.
    ///
    /// - Parameters:
    ///   - job: what to train.
    ///   - name: of the optimizer.
    ///   - shelf: keeps the workload for the next job that wants the same; `nil`: it is made anew.
    ///   - observe: called with every observation; what it throws ends the run and is passed on.
    ///   - shouldStop: asked between steps; true ends the run as `observe`'s `.stop` does.
    /// - Returns: how it ended.
    /// - Throws: `EngineError` for an unknown optimizer, one that does not fit the workload, and all that `Trainer.run`
    ///   throws; whatever `observe` throws.
    public static func run(
        _ job: TrainingJob, optimizer name: String, shelf: WorkloadShelf? = nil,
        observe: (TrainingObservation) throws -> TrainingDirective, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        if let problem = WorkerProblem(rawValue: job.workload), let method = try? MethodRegistry.plugin(name)
        {
            let session = try RoundSession(job, problem: problem, method: method)
            return try Trainer.run(job, session: session, observe: observe, shouldStop: shouldStop)
        }
        return try run(
            job, plugin: try rule(named: name, for: job.workload), shelf: shelf, observe: observe,
            shouldStop: shouldStop)
    }

    /// Runs one job with an update rule that need not be in the catalog, with all that is measured of a finished model.
    ///
    /// - Parameters:
    ///   - job: what to train.
    ///   - plugin: the optimizer.
    ///   - shelf: keeps the workload for the next job that wants the same; `nil`: it is made anew.
    ///   - observe: called with every observation; what it throws ends the run and is passed on.
    ///   - shouldStop: asked between steps; true ends the run as `observe`'s `.stop` does.
    /// - Returns: how it ended.
    /// - Throws: what `Trainer.run` throws; whatever `observe` throws.
    public static func run(
        _ job: TrainingJob, plugin: any OptimizerPlugin, shelf: WorkloadShelf? = nil,
        observe: (TrainingObservation) throws -> TrainingDirective, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        try Trainer.run(
            job, optimizer: plugin, shelf: shelf, evaluator: CertifiedRobustness(), observe: observe,
            shouldStop: shouldStop)
    }

    /// Runs several jobs of one workload in turns on the calling thread, each with the same bits as alone; see
    /// `Trainer.run(stack:)`.
    ///
    /// - Parameters:
    ///   - jobs: of the same workload with the same options.
    ///   - name: of their optimizer, an update rule.
    ///   - shelf: keeps the workload for the next job that wants the same; `nil`: it is made anew.
    ///   - observe: called with the observations that come at the same time; answers for each of them.
    ///   - ended: called with the runs that have ended at the same time; all fail when the optimizer does not fit.
    ///   - shouldStop: asked between steps; true interrupts all runs.
    public static func run(
        stack jobs: [TrainingJob], optimizer name: String, shelf: WorkloadShelf? = nil,
        observe: ([StackedObservation]) throws -> [TrainingDirective],
        ended: ([StackedOutcome]) -> Void, shouldStop: () -> Bool = { false }
    ) {
        do {
            Trainer.run(
                stack: jobs, optimizer: try rule(named: name, for: jobs.first?.workload ?? ""), shelf: shelf,
                evaluator: CertifiedRobustness(), observe: observe, ended: ended, shouldStop: shouldStop)
        } catch {
            ended(jobs.indices.map { StackedOutcome(index: $0, outcome: .failure(error)) })
        }
    }

    /// The update rule of a name for a workload without workers.
    private static func rule(named name: String, for workload: String) throws -> any OptimizerPlugin {
        guard let found = optimizer(named: name) else {
            throw EngineError(
                code: "unknown-optimizer", message: "there is no optimizer '\(name)'",
                why: "there are " + optimizers.map(\.name).joined(separator: ", "))
        }
        let hasWorkers = WorkerProblem(rawValue: workload) != nil
        guard !hasWorkers, let plugin = OptimizerRegistry.builtIn.plugin(named: found.name) else {
            throw EngineError(
                code: "optimizer-not-supported",
                message: "optimizer '\(name)' cannot train workload '\(workload)'",
                why: hasWorkers
                    ? "it has workers" : "it is a method of rounds, and this workload has no workers",
                help: hasWorkers
                    ? "choose a method of rounds, such as 'ef21'"
                    : "choose a workload with workers, such as 'federated-logistic'")
        }
        return plugin
    }
}
