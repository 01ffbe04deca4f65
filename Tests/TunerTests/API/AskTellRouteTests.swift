import Foundation
import Testing

@testable import Tuner

@Suite struct AskTellRouteTests {
    let harness = RouterHarness()

    @Test func asksAndTellsReachTheService() async throws {
        #expect(await harness.send("POST", "/v1/sweeps/first/trials?count=4").status == 200)
        let told = await harness.send(
            "POST", "/v1/sweeps/first/trials/17/observations",
            body: #"{"token":"abc","finished":{"outcome":"diverged","metrics":{"validation_loss":NaN}}}"#)
        #expect(told.status == 200)
        #expect(
            String(decoding: await told.data(), as: UTF8.self)
                == #"{"decision":"stop","state":"completed","trial":17}"#)
        #expect(await harness.service.calls == ["ask first 4", "tell 17 abc"])
    }

    @Test func eachTellOfABatchHasItsAnswerOrItsProblem() async throws {
        let response = await harness.send(
            "POST", "/v1/sweeps/first/observations",
            body:
                #"[{"trial":1,"token":"abc","finished":{"outcome":"completed"}},{"trial":2,"token":"stale"}]"#
        )
        #expect(response.status == 200)
        let answers = try APICoding.decoder().decode(TellAnswers.self, from: await response.data()).answers
        #expect(answers.map(\.trial) == [1, 2])
        #expect(answers[0].answer?.decision == .stop && answers[0].problem == nil)
        #expect(answers[1].answer == nil && answers[1].problem?.status == 409)
    }

    @Test(arguments: [
        ("/v1/sweeps/first/trials?count=0", "", "usage", 400),
        ("/v1/sweeps/first/trials?count=1001", "", "usage", 400),
        ("/v1/sweeps/nobody/trials", "", "not-found", 404),
        ("/v1/sweeps/first/trials/17/observations", "", "usage", 400),
        ("/v1/sweeps/first/trials/17/observations", "{}", "usage", 400),
        ("/v1/sweeps/first/trials/17/observations", #"{"token":7}"#, "usage", 400),
        ("/v1/sweeps/first/trials/17/observations", #"{"trial":18,"token":"abc"}"#, "usage", 400),
        ("/v1/sweeps/first/trials/x/observations", #"{"token":"abc"}"#, "not-found", 404),
        ("/v1/sweeps/first/trials/17/observations", #"{"token":"stale"}"#, "conflict", 409),
        ("/v1/sweeps/first/observations", "[]", "usage", 400),
        ("/v1/sweeps/first/observations", #"[{"token":1}]"#, "usage", 400),
    ])
    func malformedRequestsAreProblems(target: String, body: String, code: String, status: Int) async throws {
        let response = await harness.send("POST", target, body: body)
        #expect(response.status == status)
        let problem = try await harness.problem(response)
        #expect(problem.code == code)
        #expect(!problem.detail.isEmpty)
    }

    @Test func membersOfTheGroupMayNotTakeTrials() async throws {
        for target in ["trials", "trials/1/observations", "observations"] {
            let response = await harness.send(
                "POST", "/v1/sweeps/first/\(target)", body: "{}", peer: RouterHarness.member)
            #expect(response.status == 403)
        }
    }

    @Test func anAskThatMayWaitComesBackWithTheTrialThatComesUp() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder, parallel: 1).open()
            let waiting = RouterHarness(operations: service)
            let first = try await service.askOne()
            async let answer = waiting.send("POST", "/v1/sweeps/outside/trials?wait=60")
            _ = try await service.complete(first)
            let asked = try APICoding.decoder().decode(AskAnswer.self, from: await answer.data())
            #expect(asked.trials.map(\.number) == [2])
        }
    }
}
