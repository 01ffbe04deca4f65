import Engine
import Foundation
import Plugins
import ScalingLaws
import Tuner

/// The real program: store, workers, planners, laws and the built-in plugins, put together.
struct BuiltInFactory: ServiceFactory {
    private let analyst = SweepAnalyst()

    func start(_ options: ServiceOptions) async throws -> any RunningService {
        let store = try Store(at: URL(fileURLWithPath: options.store))
        let slots = options.slots ?? ProcessInfo.processInfo.activeProcessorCount
        let service = SweepService(
            store: store,
            dependencies: dependencies(
                store, runner: WorkerPool(.init(slots: slots, grace: options.drainSeconds)), slots: slots))
        try await service.start()
        return OpenedService(service: service, store: store)
    }

    func open(store path: String) async throws -> any SweepOperations {
        guard FileManager.default.fileExists(atPath: path) else {
            throw TunerError(
                .notFound, "there is no store '\(path)'", help: "tunerd run and tunerd serve make one")
        }
        // Never started: nothing is settled, planned or run.
        let store = try Store(reading: URL(fileURLWithPath: path))
        return SweepService(store: store, dependencies: dependencies(store, runner: IdleRunner(), slots: 1))
    }

    private func dependencies(
        _ store: Store, runner: any TrialRunner, slots: Int
    ) -> SweepService.Dependencies {
        SweepService.Dependencies(
            readSweep: { try self.read($0) },
            makePlanner: { try self.planner(of: $0) },
            fitLaw: { try self.analyst.law(definition: $0, trials: $1) },
            recommend: { definition, law, trials, tokenBudget, held in
                try self.analyst.recommendation(
                    definition: definition, law: law, trials: trials, tokenBudget: tokenBudget, held: held)
            },
            paretoFront: { ParetoFront.compute(objectives: $0, trials: $1) },
            probe: { try await ProbeProcess().record(of: $0) },
            runner: runner, slots: slots,
            attemptsDirectory: store.path.deletingLastPathComponent().appendingPathComponent("attempts"),
            version: Assembly.version)
    }

    func read(_ source: SweepSource) throws -> SweepDefinition {
        try SweepReader(catalog: Self.catalog).read(source)
    }

    func planner(of definition: SweepDefinition) throws -> any Planner {
        PlannerFactory.planner(for: definition) { [analyst] trials in
            try? analyst.law(definition: definition, trials: trials)
        }
    }

    func plugins() throws -> PluginListing {
        PluginListing(
            optimizers: OptimizerRegistry.builtIn.descriptors, workloads: WorkloadRegistry.builtIn.descriptors
        )
    }

    func work(probe: Bool) async throws {
        exit(probe ? await ProbeWorker.run() : await WorkerLoop().run())
    }

    func probe(_ definition: SweepDefinition) async throws -> ProbeRecord {
        try await ProbeProcess().record(of: definition)
    }

    private static let catalog = SweepCatalog(
        plugins: OptimizerRegistry.builtIn.plugins, workloads: WorkloadRegistry.builtIn.descriptors)
}

/// A service with its store.
private struct OpenedService: RunningService {
    let service: SweepService
    let store: Store

    var operations: any SweepOperations { service }

    func drain() async {
        await service.drain()
        try? store.close()
    }
}

/// Runs nothing: a store that is only read.
private struct IdleRunner: TrialRunner {
    func run(
        _ spec: AttemptSpec, timeout: Double?, observe: @escaping @Sendable (Observation) async -> Void
    ) async -> AttemptResult { .interrupted }

    func shutDown() async {}
}
