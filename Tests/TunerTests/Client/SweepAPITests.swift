import Foundation
import ScalingLaws
import Testing

@testable import Tuner

/// The typed calls, over the router in this process.
@Suite struct SweepAPITests {
    private func api(_ service: FakeService = FakeService()) -> SweepAPI {
        SweepAPI(
            InProcessBackend(
                operations: service,
                surroundings: .init(version: "0.1.0", plugins: PluginListing(optimizers: [], workloads: []))))
    }

    @Test func everyCallReadsItsAnswer() async throws {
        let api = api()
        #expect(try await api.status().slots == 2)
        #expect(try await api.plugins().plugins.isEmpty)
        #expect(try await api.sweeps().map(\.name) == ["first"])
        let detail = try await api.sweep("first")
        #expect(detail.targetTokenBudgets == [1_000_000_000])
        #expect(detail.parameters.map(\.name) == ["learning_rate", "batch_size_tokens", "momentum"])
        #expect(detail.summary.trials[.completed] == 35)
        #expect(try await api.allTrials(of: "first").count == 60)
        #expect(try await api.trial(17, of: "first").number == 17)
        #expect(try await api.observations(of: "first", trial: 17).first?.step == 10)
        #expect(try await api.log(of: "first", trial: 17) == "step 10 loss 3.1\n")
        #expect(try await api.pareto(of: "first").front == ExportFixture.pareto)
        #expect(try await api.law(of: "first").law.axes == ExportFixture.law.axes)
        #expect(try await api.export("first", format: "csv").count > 100)
        #expect(try await api.events(after: 0).map(\.id) == [3, 5])
        #expect(try await api.pause("first").name == "first")
        #expect(try await api.cancel("first").name == "first")
        try await api.remove("first")
    }

    @Test func recommendationIsTheOneOfTheService() async throws {
        let answer = try await api().recommendation(of: "first", tokenBudget: 1_000_000_000)
        let expected = ExportFixture.recommendation(tokenBudget: 1_000_000_000)
        #expect(answer.hyperparameters["learning_rate"] == expected.hyperparameters["learning_rate"])
        #expect(answer.predicted == expected.predicted)
        #expect(answer.warnings == expected.warnings)
    }

    @Test func errorsOfTheServiceComeThroughWhole() async throws {
        let source = SweepSource(
            text: "lerning_rate: 3", file: "a b.yaml", directory: URL(fileURLWithPath: "/tmp/ä"))
        let error = await #expect(throws: TunerError.self) { try await api().submit(source) }
        #expect(error?.code == .invalidSweep)
        #expect(error?.diagnostics.first?.file == "a b.yaml")
        let missing = await #expect(throws: TunerError.self) { try await api().sweep("a/b?c") }
        #expect(missing?.code == .notFound)
        #expect(missing?.message == "no sweep 'a/b?c'")
    }
}

@Suite struct SocketClientTests {
    @Test func missingSocketSaysHowToStartADaemon() async {
        let error = await #expect(throws: TunerError.self) {
            try await SocketClient(path: "/tmp/no-such-\(UUID().uuidString)/s").send(
                APICall("GET", ["v1", "health"]))
        }
        #expect(error?.code == .daemonUnreachable)
        #expect(error?.help?.contains("tunerd serve") == true)
    }

    @Test func tooLongPathIsRefusedWithBothLengths() async {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        let error = await #expect(throws: TunerError.self) {
            try await SocketClient(path: path).send(APICall("GET", ["v1"]))
        }
        #expect(error?.code == .usage)
        #expect(error?.why == "it has 108 bytes; the system allows 107")
    }

    @Test func standardPlaceFollowsTheRuntimeFolder() {
        #expect(
            SocketPath.standard(environment: ["XDG_RUNTIME_DIR": "/run/user/7"], userID: 7)
                == "/run/user/7/tunerd/tunerd.sock")
        #expect(SocketPath.standard(environment: [:], userID: 0) == "/run/tunerd/tunerd.sock")
        #expect(
            SocketPath.standard(environment: ["XDG_RUNTIME_DIR": ""], userID: 7)
                == "/tmp/tunerd-7/tunerd.sock")
    }
}
