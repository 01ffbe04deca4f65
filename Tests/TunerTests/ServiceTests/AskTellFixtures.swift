import Foundation
import Synchronization

@testable import Tuner

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_790_000_000))
    var now: Date { time.withLock { $0 } }
    func advance(_ seconds: TimeInterval) { time.withLock { $0.addTimeInterval(seconds) } }
}

/// A service with one sweep, `outside`, whose trials are handed out with a lease of a minute.
struct AskTellFixture: Sendable {
    var folder: ScratchFolder
    var clock = TestClock()
    var method = SweepDefinition.SearchMethod.random
    var cap: Int? = 6
    var retries = 0
    var parallel: Int?
    /// Ends trials early; all of them have one budget of 1000 tokens then.
    var stopping: EarlyTermination?

    func open() async throws -> (SweepService, Store) {
        let store = try Store(at: folder.database)
        let fixture = ServiceFixture(folder: folder) {
            [method, cap, retries, parallel, stopping] definition in
            definition.subject = .askTell(lease: 60)
            definition.method = method
            definition.runCap = cap
            definition.retries = retries
            definition.parallel = parallel
            definition.earlyTermination = stopping
            if stopping != nil { definition.tokenBudgets = [1000] }
            guard method != .grid else { return }
            definition.parameters = [
                .init(
                    name: "learning_rate",
                    domain: .range(min: 1e-3, max: 1, scale: .log, step: nil, integer: false))
            ]
        }
        var dependencies = fixture.dependencies()
        dependencies.now = { [clock] in clock.now }
        dependencies.makePlanner = { definition in PlannerFactory.planner(for: definition) { _ in nil } }
        let service = SweepService(store: store, dependencies: dependencies)
        try await service.start()
        _ = try await service.submit(ServiceFixture.source("outside"))
        return (service, store)
    }
}

extension SweepService {
    /// One trial, which must be there.
    func askOne() async throws -> AskedTrial {
        guard let trial = try await ask("outside", count: 1).trials.first else {
            throw TunerError(.failed, "no trial")
        }
        return trial
    }

    func tellOne(_ tell: TrialTell) async throws -> TellAnswer {
        guard let result = try await self.tell("outside", [tell]).first else {
            throw TunerError(.failed, "no answer")
        }
        return try result.get()
    }

    func complete(_ trial: AskedTrial, loss: Double = 2) async throws -> TellAnswer {
        try await tellOne(
            TrialTell(
                trial: trial.number, token: trial.token,
                finished: .completed(metrics: ["validation_loss": loss])))
    }
}

extension AskedTrial {
    func observation(_ sequence: Int, loss: Double) -> TrialTell {
        TrialTell(
            trial: number, token: token,
            observation: Observation(
                sequence: sequence, step: sequence, tokens: 10 * sequence,
                metrics: ["validation_loss": loss], elapsedSeconds: 0))
    }

    /// A loss with its best learning rate at 0.03.
    var loss: Double {
        let x = log((hyperparameters["learning_rate"]?.number ?? 1) / 0.03)
        return 2 + x * x + 1000 / Double(tokenBudget)
    }
}
