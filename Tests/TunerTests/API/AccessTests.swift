import Foundation
import Testing

@testable import Tuner

@Suite struct AccessTests {
    let harness = RouterHarness()

    @Test func ownerAndRootDoEverything() async {
        for user: UInt32 in [1000, 0] {
            let peer = PeerCredentials(userID: user, groupID: 7, processID: 1)
            #expect(
                await harness.send("POST", "/v1/sweeps", body: "command: [a]\n", peer: peer).status == 200)
            #expect(await harness.send("DELETE", "/v1/sweeps/first", peer: peer).status == 204)
        }
    }

    @Test func membersReadAndAskOnly() async throws {
        let member = RouterHarness.member
        #expect(await harness.send("GET", "/v1/sweeps", peer: member).status == 200)
        let ask = "/v1/sweeps/first/recommendation?token_budget=1B"
        #expect(await harness.send("GET", ask, peer: member).status == 200)
        for (method, target) in [
            ("POST", "/v1/sweeps"), ("POST", "/v1/sweeps/first/pause"), ("POST", "/v1/sweeps/first/cancel"),
            ("DELETE", "/v1/sweeps/first"),
        ] {
            let response = await harness.send(method, target, body: "name: a\n", peer: member)
            #expect(response.status == 403, "\(method) \(target)")
        }
        #expect(await harness.service.calls.allSatisfy { $0.hasPrefix("recommend") })
    }

    @Test func strangersAreRefusedEvenHealth() async throws {
        let response = await harness.send("GET", "/v1/health", peer: RouterHarness.stranger)
        #expect(response.status == 403)
        #expect(try await harness.problem(response).help?.contains("--operator 1002") == true)
    }

    @Test func membersWhoMaySubmitMayNotSubmitCommands() async {
        var harness = RouterHarness()
        harness.policy.membersMaySubmit = true
        let member = RouterHarness.member
        #expect(await harness.send("POST", "/v1/sweeps", body: "workload: mlp\n", peer: member).status == 200)
        #expect(await harness.send("POST", "/v1/sweeps", body: "command: [a]\n", peer: member).status == 403)
        #expect(await harness.send("POST", "/v1/sweeps/first/cancel", peer: member).status == 403)
    }

    @Test func operatorsDoEverything() async {
        var harness = RouterHarness()
        harness.policy.operators = [1002]
        let response = await harness.send(
            "POST", "/v1/sweeps", body: "command: [a]\n", peer: RouterHarness.stranger)
        #expect(response.status == 200)
    }

    @Test func sweepsOfUnknownKindNeedTheWiderPermission() async {
        let router = Router(
            policy: AccessPolicy(owner: 1, groups: [50], membersMaySubmit: true),
            surroundings: .init(version: "0", plugins: PluginListing(optimizers: [], workloads: [])))
        let request = APIRequest(
            method: "POST", target: "/v1/sweeps", body: Data("name: a\n".utf8), peer: RouterHarness.member)
        #expect(await router.respond(to: request, using: harness.service).status == 403)
    }

    @Test(arguments: [
        ("Origin", "http://localhost"), ("referer", "http://x/"), ("Host", "evil.example"), ("Host", ":80"),
    ])
    func whatBrowsersSendIsRefused(name: String, value: String) async {
        #expect(await harness.send("GET", "/v1/health", headers: [(name, value)]).status == 403)
    }

    @Test(arguments: ["localhost", "LOCALHOST:8080", "tunerd", ""])
    func localHostsAreAccepted(host: String) async {
        #expect(await harness.send("GET", "/v1/health", headers: [("Host", host)]).status == 200)
    }
}
