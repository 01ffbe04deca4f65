import Engine
import Foundation
import Plugins
import Synchronization
import Testing

@testable import Tuner

@Suite("Probing")
struct ProbingTests {
    /// A small real probe, made once.
    private static let report = try? GradientProbe.run(
        ProbeRequest(workload: "quadratic", optimizer: "sgd", batchSizeTokens: 16, pilotSteps: 20))

    private static func record(_ definition: SweepDefinition) throws -> ProbeRecord {
        definition.probeRecord(try #require(report))
    }

    private static func probedSample(_ definition: inout SweepDefinition) {
        definition.probe = .init()
        definition.parameters = [
            .init(
                name: "learning_rate",
                domain: .range(min: 1e-6, max: 1e3, scale: .log, step: nil, integer: false)),
            .init(name: "batch_size_tokens", domain: .value(.integer(16))),
        ]
    }

    @Test("a probe's centre narrows the first round around it, and only there")
    func bracket() throws {
        var definition = plannedSweep(method: .lawGuided, extra: [batchSizes([50, 100, 200])])
        let whole = try firstRound(definition)
        definition.probeCentre = ProbeCentre(
            learningRate: 0.01, decades: 0.1, tokenBudget: 1000, batchSizeTokens: 100)
        let rates = try firstRound(definition).compactMap {
            $0.hyperparameters["learning_rate"]?.number
        }
        #expect(Set(rates).count == 4)
        #expect(abs((rates.min() ?? 0) / 0.003162 - 1) < 1e-3)
        #expect(abs((rates.max() ?? 0) / 0.03162 - 1) < 1e-3)
        #expect(rates.count < whole.count)
        // A prediction outside the range is not believed over the user.
        definition.probeCentre?.learningRate = 5
        #expect(try firstRound(definition) == whole)
    }

    @Test("a centred search ends at the optimum also when the probe was wrong by a factor of thirty")
    func wrongProbe() throws {
        var definition = plannedSweep(method: .lawGuided, budgets: [1000])
        definition.probeCentre = ProbeCentre(
            learningRate: 3e-4, decades: 0.1, tokenBudget: 1000, batchSizeTokens: 100)
        let trials = try play(PlannerFactory.planner(for: definition) { _ in nil }) { proposal in
            let x = log((proposal.hyperparameters["learning_rate"]?.number ?? 1) / 0.01)
            return 2 + x * x
        }
        let best = trials.min { ($0.metrics["validation_loss"] ?? 9) < ($1.metrics["validation_loss"] ?? 9) }
        let rate = try #require(best?.proposal.hyperparameters["learning_rate"]?.number)
        #expect(abs(log(rate / 0.01)) < log(2.0))
    }

    @Test("a centre moves as the root of budget and batch")
    func centreMoves() {
        let centre = ProbeCentre(learningRate: 0.01, decades: 0.1, tokenBudget: 1000, batchSizeTokens: 100)
        #expect(abs(centre.learningRate(tokenBudget: 4000, batchSize: 100) - 0.005) < 1e-12)
        #expect(abs(centre.learningRate(tokenBudget: 4000, batchSize: 400) - 0.01) < 1e-12)
    }

    @Test("a sweep with a probe runs it once, before its first trial, and its planner begins there")
    func service() async throws {
        try await withScratchFolder { folder in
            let calls = Mutex(0)
            let seen = Mutex<[ProbeCentre?]>([])
            var dependencies = ServiceFixture(folder: folder, adjust: Self.probedSample).dependencies()
            dependencies.probe = { definition in
                calls.withLock { $0 += 1 }
                return try Self.record(definition)
            }
            let planner = dependencies.makePlanner
            dependencies.makePlanner = { definition in
                seen.withLock { $0.append(definition.probeCentre) }
                return try planner(definition)
            }
            let store = try Store(at: folder.database)
            let service = SweepService(store: store, dependencies: dependencies)
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            await service.waitUntilIdle()
            #expect(try await service.summary(of: "alpha").state == .completed)
            #expect(calls.withLock { $0 } == 1)
            #expect(seen.withLock { $0.last }??.tokenBudget == 1000)
            let kinds = try await service.events(after: 0, limit: 1000).map(\.kind)
            let probed = try #require(kinds.firstIndex(of: "sweep-probed"))
            #expect(probed < (kinds.firstIndex(of: "trial-completed") ?? 0))
            let answer = try #require(try await service.probe(of: "alpha"))
            #expect(answer.cells.map(\.tokenBudget) == [1000, 2000])
            #expect(answer.cells[0].predicted > 0)
            let recommended = try #require(
                try await service.recommendation(of: "alpha", .init(tokenBudget: 64_000)).probe)
            #expect((recommended.tokenBudget, recommended.batchSizeTokens) == (64_000, 16))
            // A fixed batch size: the rate falls with the square root of the budget.
            let fall = recommended.learningRate / answer.cells[0].predicted
            #expect(abs(fall * 8 - 1) < 1e-9)
            await service.drain()
            // After a restart the prediction is read, not measured again.
            let again = SweepService(store: store, dependencies: dependencies)
            let stored = try #require(try await store.storedSweep(named: "alpha"))
            let run = try await again.load(stored)
            #expect(run.isProbed)
            #expect(run.definition.probeCentre != nil)
        }
    }

    @Test("a probe that fails is an event, and the sweep runs without it")
    func failedProbe() async throws {
        try await withScratchFolder { folder in
            var dependencies = ServiceFixture(folder: folder, adjust: Self.probedSample).dependencies()
            dependencies.probe = { _ in throw TunerError(.failed, "no way down") }
            let service = SweepService(store: try Store(at: folder.database), dependencies: dependencies)
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            await service.waitUntilIdle()
            #expect(try await service.summary(of: "alpha").state == .completed)
            let events = try await service.events(after: 0, limit: 1000)
            #expect(events.filter { $0.kind == "probe-failed" }.map(\.text) == ["no way down"])
            #expect(try await service.probe(of: "alpha") == nil)
            await service.drain()
        }
    }

    @Test(
        "the request takes the middle of searched axes, fixed options, and no more steps than the smallest budget"
    )
    func request() throws {
        var definition = SweepDefinition.sample()
        Self.probedSample(&definition)
        definition.probe?.lossFloor = 0.25
        definition.optimizer?.options = ["nesterov": .flag(true)]
        definition.parameters.append(
            .init(name: "momentum", domain: .values([.real(0), .real(0.5), .real(0.9)])))
        let request = try definition.probeRequest()
        #expect(request.batchSizeTokens == 16)
        #expect(request.hyperparameters == ["nesterov": .flag(true), "momentum": .real(0.5)])
        #expect(request.pilotSteps == 62)
        #expect(request.lossFloor == 0.25)
        definition.subject = .command(["true"])
        #expect(throws: TunerError.self) { try definition.probeRequest() }
    }

    @Test("a worker's failure, silence and death are told apart")
    func process() async throws {
        let request = ProbeRequest(workload: "quadratic", optimizer: "sgd", batchSizeTokens: 16)
        func failure(_ script: String) async -> String {
            do {
                _ = try await ProbeProcess(executable: "/bin/sh", arguments: ["-c", script]).run(request)
                return "none"
            } catch { return "\(error)" }
        }
        let refused = await failure(
            #"cat > /dev/null; echo '{"failure":{"code":"no-geometry","message":"no norm","help":"use muon"}}'"#
        )
        #expect(refused.contains("no norm [no-geometry]"))
        #expect(refused.contains("use muon"))
        #expect(await failure("cat > /dev/null; echo boom >&2; exit 3").contains("boom"))
        #expect(await failure("cat > /dev/null; echo '{}'").contains("ended before it was done"))
        let answer = try JSONEncoder().encode(["report": try #require(Self.report)])
        let file = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try (answer + Data("\n".utf8)).write(to: file)
        let found = try await ProbeProcess(
            executable: "/bin/sh", arguments: ["-c", "cat > /dev/null; cat '\(file.path)'"]
        ).run(request)
        #expect(found == Self.report)
    }
}

@Suite("The probe key")
struct ProbeKeyTests {
    private func read(_ line: String, optimizer: String = "muon") throws -> SweepDefinition {
        let text = """
            name: probed
            workload: char-gpt
            optimizer: \(optimizer)
            parameters:
              learning_rate: {min: 1e-4, max: 1e-1}
              batch_size_tokens: {value: 4Ki}
            token_budgets: [1M]
            \(line)

            """
        let catalog = SweepCatalog(
            plugins: OptimizerRegistry.builtIn.plugins, workloads: WorkloadRegistry.builtIn.descriptors)
        return try SweepReader(catalog: catalog).read(
            SweepSource(text: text, file: "a.yaml", directory: URL(filePath: "/")))
    }

    private func code(_ line: String, optimizer: String = "muon") -> String? {
        do {
            _ = try read(line, optimizer: optimizer)
            return nil
        } catch { return (error as? TunerError)?.diagnostics.first?.code }
    }

    @Test("true, false and a map")
    func values() throws {
        #expect(try read("probe: true").probe == .init())
        #expect(try read("probe: false").probe == nil)
        #expect(try read("").probe == nil)
        #expect(try read("probe: {loss_floor: 1.2}").probe?.lossFloor == 1.2)
    }

    @Test("what cannot be probed is refused with one message")
    func refusals() {
        #expect(code("probe: true", optimizer: "qc-sgd") == "probe-not-possible")
        #expect(code("probe: maybe") == "invalid-flag")
        #expect(code("probe: {floor: 1}") == "unknown-key")
        #expect(code("probe: false", optimizer: "qc-sgd") == nil)
    }
}
