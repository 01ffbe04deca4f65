import Foundation
import Testing

@testable import Tuner

/// A router over the fake service, with the user 1000 as owner and group 50 as its group.
struct RouterHarness {
    static let owner = PeerCredentials(userID: 1000, groupID: 1000, processID: 1)
    static let member = PeerCredentials(userID: 1001, groupID: 50, processID: 1)
    static let stranger = PeerCredentials(userID: 1002, groupID: 60, processID: 1)

    let service = FakeService()
    var policy = AccessPolicy(owner: 1000, groups: [50])
    var operations: (any SweepOperations)?

    var router: Router {
        Router(
            policy: policy,
            surroundings: .init(
                version: "0.1.0", plugins: PluginListing(optimizers: [], workloads: []),
                isCommandSweep: { $0.text.contains("command:") }, eventInterval: .milliseconds(5)))
    }

    func send(
        _ method: String, _ target: String, headers: [(String, String)] = [("Host", "localhost")],
        body: String = "", peer: PeerCredentials = RouterHarness.owner
    ) async -> APIResponse {
        await router.respond(
            to: APIRequest(
                method: method, target: target, headers: headers, body: Data(body.utf8), peer: peer),
            using: operations ?? service)
    }

    func problem(_ response: APIResponse) async throws -> ProblemDocument {
        #expect(response.header("content-type") == "application/problem+json")
        return try APICoding.decoder().decode(ProblemDocument.self, from: await response.data())
    }

    func tree(_ response: APIResponse) async throws -> JSONTree {
        try APICoding.decoder().decode(JSONTree.self, from: await response.data())
    }
}

@Suite struct RouterTests {
    let harness = RouterHarness()

    @Test func everyReadingRouteAnswers() async throws {
        for target in [
            "/v1/health", "/v1/status", "/v1/plugins", "/v1/metrics", "/v1/events", "/v1/openapi.json",
            "/v1/sweeps",
            "/v1/sweeps/first", "/v1/sweeps/first/trials", "/v1/sweeps/first/trials/17",
            "/v1/sweeps/first/trials/17/observations", "/v1/sweeps/first/trials/17/log",
            "/v1/sweeps/first/pareto",
            "/v1/sweeps/first/law", "/v1/sweeps/first/recommendation?token_budget=1B",
        ] {
            let response = await harness.send("GET", target)
            #expect(response.status == 200, "\(target)")
            #expect(response.header("tunerd-version") == "0.1.0")
        }
    }

    @Test func trialsHaveTheDocumentedShape() async throws {
        let tree = try await harness.tree(
            await harness.send("GET", "/v1/sweeps/first/trials?after=16&limit=1"))
        guard case .list(let trials)? = tree["trials"], let trial = trials.first else {
            Issue.record("no trials")
            return
        }
        #expect(trial["number"] == .integer(17))
        #expect(trial["state"] == .text("completed"))
        #expect(trial["attempt"] == .integer(1))
        #expect(trial["token_budget"] == .integer(2_000_000))
        #expect(trial["hyperparameters"]?["batch_size_tokens"] == .integer(4096))
        #expect(trial["started_at"] == .text("2026-05-28T20:27:00.000Z") || trial["started_at"] != nil)
        #expect(tree["next_after"] == .integer(17))
    }

    @Test func metricsThatAreNotFiniteAreNull() async throws {
        let tree = try await harness.tree(await harness.send("GET", "/v1/sweeps/first/trials/5"))
        #expect(tree["state"] == .text("diverged"))
        #expect(tree["metrics"]?["validation_loss"] == .null)
    }

    @Test func lastPageHasNoContinuation() async throws {
        let tree = try await harness.tree(
            await harness.send("GET", "/v1/sweeps/first/trials?after=59&limit=10"))
        #expect(tree["next_after"] == nil)
    }

    @Test func unknownSweepTrialAndResourceAreNotFound() async throws {
        for target in [
            "/v1/sweeps/second", "/v1/sweeps/first/trials/900", "/v1/sweeps/first/trials/zero", "/v1/nothing",
            "/",
        ] {
            let response = await harness.send("GET", target)
            #expect(response.status == 404, "\(target)")
            #expect(try await harness.problem(response).code == "not-found")
        }
    }

    @Test func wrongMethodNamesTheRightOnes() async throws {
        let response = await harness.send("PUT", "/v1/sweeps/first")
        #expect(response.status == 405)
        #expect(response.header("allow") == "DELETE, GET")
    }

    @Test func unknownOrRepeatedOrMalformedQueryIsRefused() async throws {
        for target in [
            "/v1/sweeps/first/trials?offset=3", "/v1/sweeps/first/trials?after=1&after=2",
            "/v1/sweeps/first/trials?limit=0", "/v1/sweeps/first/recommendation?token_budget=lots",
            "/v1/sweeps/first/recommendation?token_budget=1B&momentum=1",
            "/v1/sweeps/first/recommendation?token_budget=1B&model_size=0",
            "/v1/sweeps/first/recommendation?token_budget=1B&learning_rate=-1",
            "/v1/sweeps/first/pareto?objectives=tokens", "/v1/sweeps/first/export",
            "/v1/sweeps/first/export?format=word", "/v1/events?wait=3600",
        ] {
            let response = await harness.send("GET", target)
            #expect(response.status == 400, "\(target)")
        }
    }

    @Test func recommendationTakesCountsWithSuffixesAndHeldAxes() async throws {
        let target = "/v1/sweeps/first/recommendation?token_budget=1.5B&batch_size_tokens=32Ki&momentum=0.9"
        #expect(await harness.send("GET", target).status == 200)
        #expect(
            await harness.service.calls == [
                "recommend 1500000000 [\"batch_size_tokens=32768.0\", \"momentum=0.9\"]"
            ])
    }

    @Test func recommendationTakesAModelSize() async throws {
        let target = "/v1/sweeps/first/recommendation?token_budget=1B&model_size=7B"
        #expect(await harness.send("GET", target).status == 200)
        #expect(await harness.service.calls == ["recommend 1000000000 of 7000000000 []"])
    }

    @Test func recommendationWithoutBudgetIsForTheOnlyTarget() async throws {
        let tree = try await harness.tree(await harness.send("GET", "/v1/sweeps/first/recommendation"))
        #expect(tree["token_budget"] == .integer(1_000_000_000))
        #expect(tree["extrapolation_factor"] == .integer(125))
    }

    @Test func strictRefusesWideExtrapolation() async throws {
        let refused = await harness.send("GET", "/v1/sweeps/first/recommendation?token_budget=1B&strict=true")
        #expect(refused.status == 422)
        #expect(try await harness.problem(refused).code == "extrapolation-refused")
        let accepted = await harness.send(
            "GET", "/v1/sweeps/first/recommendation?token_budget=100M&strict=true")
        #expect(accepted.status == 200)
    }

    @Test func missingDataIsAConflictThatSaysWhatIsMissing() async throws {
        var harness = RouterHarness()
        harness.operations = FakeService(hasLaw: false)
        let response = await harness.send("GET", "/v1/sweeps/first/law")
        #expect(response.status == 409)
        let problem = try await harness.problem(response)
        #expect(problem.code == "not-enough-data")
        #expect(problem.help == "let a second budget finish")
    }

    @Test func submittedSweepCarriesItsFileAndFolder() async throws {
        let response = await harness.send(
            "POST", "/v1/sweeps?file=sweeps%2Ffirst.yaml&directory=/home/me", body: "name: first\n")
        #expect(response.status == 200)
        #expect(response.header("location") == "/v1/sweeps/first")
        #expect(await harness.service.calls == ["submit sweeps/first.yaml /home/me 12"])
    }

    @Test func invalidSweepCarriesItsDiagnostics() async throws {
        let response = await harness.send("POST", "/v1/sweeps", body: "lerning_rate: 3\n")
        #expect(response.status == 422)
        let problem = try await harness.problem(response)
        #expect(problem.diagnostics?.first?.code == "unknown-parameter")
        #expect(problem.error.diagnostics == problem.diagnostics)
    }

    @Test func sweepFilesThatAreEmptyOrNotTextOrWithRelativeFoldersAreRefused() async throws {
        #expect(await harness.send("POST", "/v1/sweeps").status == 400)
        #expect(await harness.send("POST", "/v1/sweeps?directory=here", body: "name: a").status == 400)
        let binary = APIRequest(
            method: "POST", target: "/v1/sweeps", body: Data([0xff, 0xfe, 0x00]), peer: RouterHarness.owner)
        #expect(await harness.router.respond(to: binary, using: harness.service).status == 422)
    }

    @Test func stateChangesAreAnsweredWithTheSweep() async throws {
        #expect(await harness.send("POST", "/v1/sweeps/first/pause").status == 200)
        #expect(await harness.send("POST", "/v1/sweeps/first/resume").status == 409)
        #expect(await harness.send("POST", "/v1/sweeps/first/cancel").status == 200)
        #expect(await harness.send("DELETE", "/v1/sweeps/first").status == 204)
        #expect(await harness.service.calls == ["pause", "cancel", "remove"])
    }

    @Test func paretoObjectivesTakeTheSweepsGoalOrTheirOwn() async throws {
        let response = await harness.send(
            "GET", "/v1/sweeps/first/pareto?objectives=validation_loss,accuracy:maximize")
        #expect(response.status == 200)
        #expect(await harness.service.calls == ["pareto validation_loss:minimize,accuracy:maximize"])
        let record = try APICoding.decoder().decode(ParetoRecord.self, from: await response.data())
        #expect(record.trials.map(\.number) == record.front.points.map(\.trial))
    }

    @Test func metricsAreInTheFormatOfPrometheus() async throws {
        let text = String(decoding: await harness.send("GET", "/v1/metrics").data(), as: UTF8.self)
        #expect(text.contains("# TYPE tunerd_trials gauge\n"))
        #expect(text.contains("tunerd_trials{sweep=\"first\",state=\"completed\"} 35\n"))
        #expect(text.contains("tunerd_tokens_spent_total{sweep=\"first\"} 135000000\n"))
    }
}
