import Foundation
import Testing

/// The socket as `curl` sees it, and the rules about who may hold it.
@Suite("The socket", .serialized)
struct SocketTests {
    private static let sweep = """
        name: quick
        workload: stream-least-squares
        optimizer: sgd
        parameters:
          learning_rate: {min: 1e-3, max: 1}
          batch_size_tokens: {value: 16}
        token_budgets: [256, 512, 1024, 2048]
        target_token_budget: 64Ki
        """

    private func curl(_ program: TunerdBinary, _ arguments: String...) async throws -> CommandOutput {
        try await RunningCommand(
            executable: URL(fileURLWithPath: "/usr/bin/curl"),
            arguments: ["--silent", "--show-error", "--max-time", "20", "--unix-socket", program.socket]
                + arguments,
            folder: program.folder, environment: [:]
        ).finish()
    }

    @Test("curl asks for status, submits, asks for the recommendation and exports it")
    func curlIsAClient() async throws {
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        let status = try await curl(program, "http://localhost/v1/status").json()
        #expect(status["pid"] as? Int == Int(daemon.identifier))

        let file = try program.write("quick.yaml", Self.sweep)
        let submitted = try await curl(
            program, "--data-binary", "@\(file)", "http://localhost/v1/sweeps?file=quick.yaml&directory=/")
        #expect(try submitted.json()["name"] as? String == "quick")
        #expect(try await program.run("watch", "quick").status == 0)

        let answer = try await curl(
            program, "http://localhost/v1/sweeps/quick/recommendation?token_budget=64Ki"
        ).json()
        let values = answer["hyperparameters"] as? [String: [String: Any]] ?? [:]
        #expect(answer["token_budget"] as? Int == 65536)
        #expect((values["learning_rate"]?["value"] as? Double ?? 0) > 0)
        #expect((values["learning_rate"]?["interval"] as? [Double] ?? []).count == 2)
        #expect(answer["extrapolation_factor"] as? Double == 32)

        let export = try await curl(program, "http://localhost/v1/sweeps/quick/export?format=json").json()
        #expect(export["schema"] as? String != nil)
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish().status == 0)
        #expect(
            !FileManager.default.fileExists(atPath: program.socket), "the socket file goes with its daemon")
    }

    @Test("a sweep with three mistakes is refused with all three at their places, and nothing is stored")
    func threeMistakes() async throws {
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        let file = try program.write(
            "bad.yaml",
            """
            name: Bad_Name
            workload: char-gtp
            optimizer: sgd
            parameters:
              learning_rate: {min: 1, max: 1e-3}
              batch_size_tokens: {values: [4Ki]}
            token_budgets: [1M]
            """)
        let refused = try await curl(
            program, "--data-binary", "@\(file)", "http://localhost/v1/sweeps?file=bad.yaml&directory=/")
        let problem = try refused.json()
        #expect(problem["code"] as? String == "invalid-sweep")
        let found = problem["diagnostics"] as? [[String: Any]] ?? []
        #expect(found.map { $0["line"] as? Int } == [1, 2, 5])
        let listed = try await curl(program, "http://localhost/v1/sweeps").json()
        #expect((listed["sweeps"] as? [Any])?.isEmpty == true)
        daemon.signal(SIGTERM)
        _ = try await daemon.finish()
    }

    @Test("the socket is the owner's alone, and a second daemon is refused while the first lives")
    func oneDaemon() async throws {
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        let attributes = try FileManager.default.attributesOfItem(atPath: program.socket)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let second = try await program.run("serve", "--socket", program.socket, "--store", program.store)
        #expect(second.status == 11, "\(second.errors)")
        let otherStore = program.folder.appendingPathComponent("other.sqlite").path
        let thief = try await program.run("serve", "--socket", program.socket, "--store", otherStore)
        #expect(thief.status == 11, "\(thief.errors)")
        #expect(try await program.run("status").status == 0, "the first still answers")
        daemon.signal(SIGKILL)
        _ = try await daemon.finish()
        // A stale socket file of a killed daemon is taken over.
        let next = try await program.serve()
        next.signal(SIGTERM)
        #expect(try await next.finish().status == 0)
    }

    @Test("requests that come through a browser are refused")
    func foreignOrigin() async throws {
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        for header in ["Origin: http://evil.example", "Referer: http://evil.example/x", "Host: evil.example"]
        {
            let answer = try await curl(program, "-H", header, "http://localhost/v1/status")
            #expect(try answer.json()["code"] as? String == "not-permitted", "\(header): \(answer.output)")
        }
        daemon.signal(SIGTERM)
        _ = try await daemon.finish()
    }
}
