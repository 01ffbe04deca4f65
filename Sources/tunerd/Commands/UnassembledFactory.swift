import Engine
import Foundation
import Plugins
import ScalingLaws
import Tuner

/// Stands in for the parts of the program that are not there yet: an empty service that accepts nothing.
struct UnassembledFactory: ServiceFactory {
    private func missing(_ what: String) -> TunerError {
        TunerError(.internalError, "this build has no \(what)")
    }

    func start(_ options: ServiceOptions) async throws -> any RunningService { UnassembledService() }
    func open(store: String) async throws -> any SweepOperations { UnassembledService() }
    func read(_ source: SweepSource) throws -> SweepDefinition {
        try SweepReader(
            catalog: SweepCatalog(
                plugins: OptimizerRegistry.builtIn.plugins, workloads: WorkloadRegistry.builtIn.descriptors)
        ).read(source)
    }
    func planner(of definition: SweepDefinition) throws -> any Planner { throw missing("planner") }
    func theory(of definition: SweepDefinition) throws -> TheoryRecord {
        TheoryAnswers.answer(definition)
    }
    func theory(_ question: TheoryQuestion) throws -> TheoryRecord {
        try TheoryAnswers.answer(question)
    }
    func plugins() throws -> PluginListing {
        PluginListing(
            optimizers: OptimizerRegistry.builtIn.descriptors, workloads: WorkloadRegistry.builtIn.descriptors)
    }
    func work() async throws { throw missing("worker") }
}

/// A service without sweeps.
struct UnassembledService: RunningService, SweepOperations {
    private let started = ContinuousClock.now
    var operations: any SweepOperations { self }

    func drain(seconds: Double) async {}

    private func missing(_ sweep: String) -> TunerError { TunerError(.notFound, "no sweep '\(sweep)'") }

    func submit(_ source: SweepSource) async throws -> SweepSummary {
        throw TunerError(.internalError, "this build has no sweep service")
    }
    func sweeps() async throws -> [SweepSummary] { [] }
    func summary(of sweep: String) async throws -> SweepSummary { throw missing(sweep) }
    func definition(of sweep: String) async throws -> (definition: SweepDefinition, source: SweepSource) {
        throw missing(sweep)
    }
    func trials(of sweep: String, after: Int, limit: Int) async throws -> [Trial] { throw missing(sweep) }
    func observations(of sweep: String, trial: Int) async throws -> [Observation] { throw missing(sweep) }
    func log(of sweep: String, trial: Int) async throws -> String { throw missing(sweep) }
    func paretoFront(of sweep: String, objectives: [SweepDefinition.Objective]?) async throws -> ParetoFront {
        throw missing(sweep)
    }
    func law(of sweep: String) async throws -> FittedLaw { throw missing(sweep) }
    func recommendation(
        of sweep: String, tokenBudget: Int, held: [LawAxis: Double]
    ) async throws -> Recommendation { throw missing(sweep) }
    func pause(_ sweep: String) async throws -> SweepSummary { throw missing(sweep) }
    func resume(_ sweep: String) async throws -> SweepSummary { throw missing(sweep) }
    func cancel(_ sweep: String) async throws -> SweepSummary { throw missing(sweep) }
    func remove(_ sweep: String) async throws { throw missing(sweep) }
    func events(after id: Int64, limit: Int) async throws -> [SweepEvent] { [] }
    func status() async throws -> ServiceStatus {
        let uptime = started.duration(to: .now)
        return ServiceStatus(
            version: Assembly.version, processID: getpid(),
            uptimeSeconds: Double(uptime.components.seconds) + Double(uptime.components.attoseconds) * 1e-18,
            store: "", slots: 0, running: [], sweeps: [:],
            health: [.init(code: "no-service", text: "this build has no sweep service")])
    }
}
