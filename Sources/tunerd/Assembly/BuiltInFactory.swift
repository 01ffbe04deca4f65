import Engine
import Foundation
import Plugins
import ScalingLaws
import Synchronization
import Tuner

/// The real program: store, workers, planners, laws and the built-in plugins, put together.
struct BuiltInFactory: ServiceFactory {
    /// Where optimizers from outside are found by name.
    let directories: PluginDirectories
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

    func importTrials(
        _ table: RunTable, columns: [String], source: SweepSource, store path: String
    ) async throws -> ImportAnswer {
        let store = try Store(at: URL(fileURLWithPath: path))
        defer { try? store.close() }
        // Never started: nothing is planned or run.
        let service = SweepService(
            store: store, dependencies: dependencies(store, runner: IdleRunner(), slots: 1))
        return try await service.importTrials(table, columns: columns, source: source)
    }

    private func dependencies(
        _ store: Store, runner: any TrialRunner, slots: Int
    ) -> SweepService.Dependencies {
        SweepService.Dependencies(
            readSweep: { try self.read($0) },
            makePlanner: { try self.planner(of: $0) },
            fitLaw: { try self.analyst.law(definition: $0, trials: $1) },
            recommend: { definition, law, trials, question in
                try self.analyst.recommendation(
                    definition: definition, law: law, trials: trials, question: question)
            },
            paretoFront: { ParetoFront.compute(objectives: $0, trials: $1) },
            probe: { try await ProbeProcess().record(of: $0) },
            runner: runner, slots: slots,
            attemptsDirectory: store.path.deletingLastPathComponent().appendingPathComponent("attempts"),
            version: Assembly.version)
    }

    func read(_ source: SweepSource) throws -> SweepDefinition {
        try SweepReader(catalog: catalog(external: ExternalCatalog(directories))).read(source)
    }

    func runsPrograms(_ source: SweepSource) -> Bool {
        let namesLibrary = NamesLibrary()
        let known = ExternalCatalog(directories)
        let watching = ExternalCatalog(
            find: { request in
                guard case .file = request else { return try known.find(request) }
                namesLibrary.note()
                return nil
            })
        let definition = try? SweepReader(catalog: catalog(external: watching)).read(source)
        if case .command = definition?.subject { return true }
        return namesLibrary.isNoted
    }

    func planner(of definition: SweepDefinition) throws -> any Planner {
        PlannerFactory.planner(for: definition) { [analyst] trials in
            try? analyst.law(definition: definition, trials: trials)
        }
    }

    func plugins() throws -> PluginListing {
        PluginListing(
            optimizers: PluginCatalog.optimizers + externalDescriptors(),
            workloads: PluginCatalog.workloads, parts: PluginCatalog.parts)
    }

    func describe(library: String) throws -> PluginListing {
        let path = URL(fileURLWithPath: library).path
        do {
            return PluginListing(
                optimizers: [try LibraryDescriber().describe(path).descriptor], workloads: [], parts: [])
        } catch let error as EngineError {
            throw TunerError(
                .failed, "\(error.message) [\(error.code)]", why: error.why, help: error.help)
        }
    }

    /// What a name means: a built-in optimizer, or one of the plugin folders; `nil` when it means nothing.
    func descriptor(of name: String) throws -> OptimizerDescriptor? {
        if let descriptor = PluginCatalog.optimizer(named: name) { return descriptor }
        do { return try ExternalCatalog(directories).find(.named(name))?.descriptor } catch let error
            as EngineError
        {
            throw TunerError(
                .failed, "\(error.message) [\(error.code)]", why: error.why, help: error.help)
        }
    }

    /// The optimizers of the plugin folders. A library that cannot be used is noted and left out of the list.
    private func externalDescriptors() -> [OptimizerDescriptor] {
        let external = ExternalCatalog(directories)
        return external.names().compactMap { name in
            guard PluginCatalog.optimizer(named: name) == nil else {
                Output.note(
                    "tunerd: a library in a plugin folder is called '\(name)', as a built-in optimizer is")
                return nil
            }
            do { return try external.find(.named(name))?.descriptor } catch {
                Output.note("tunerd: left out: \(error)")
                return nil
            }
        }
    }

    func work(probe: Bool) async throws {
        exit(probe ? await ProbeWorker.run() : await WorkerLoop().run())
    }

    func probe(_ definition: SweepDefinition) async throws -> ProbeRecord {
        try await ProbeProcess().record(of: definition)
    }

    private func catalog(external: ExternalCatalog) -> SweepCatalog {
        var catalog = SweepCatalog.builtIn
        catalog.external = external
        return catalog
    }
}

/// Whether a sweep file asked for a library.
private final class NamesLibrary: Sendable {
    private let state = Mutex(false)
    var isNoted: Bool { state.withLock { $0 } }
    func note() { state.withLock { $0 = true } }
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
        _ spec: AttemptSpec, timeout: Double?,
        answer: @escaping @Sendable (Observation) async -> TrialDirective
    ) async -> AttemptResult { .interrupted }

    func shutDown() async {}
}
