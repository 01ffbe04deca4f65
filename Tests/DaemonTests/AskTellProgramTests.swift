import Foundation
import Testing

/// Trials in the hands of loops outside: the example, the verbs, and a daemon that is killed meanwhile.
@Suite("Ask and tell", .serialized)
struct AskTellProgramTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let sweep = """
        name: outside
        ask_tell: true
        method: tpe
        run_cap: 4
        parameters:
          learning_rate: {min: 1e-3, max: 1}
        token_budgets: [1024]
        """

    private func loop(_ program: TunerdBinary, _ sweep: String) async throws -> CommandOutput {
        try await RunningCommand(
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            arguments: ["python3", Self.root.appending(path: "examples/ask_tell.py").path, sweep],
            folder: program.folder, environment: ["TUNERD_SOCKET": program.socket]
        ).finish()
    }

    @Test("the example drives a whole sweep, two loops at once, and is at most thirty lines")
    func example() async throws {
        let text = try String(
            contentsOf: Self.root.appending(path: "examples/ask_tell.py"), encoding: .utf8)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().count <= 30)
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        let file = Self.root.appending(path: "sweeps/ask-tell.yaml").path
        #expect(try await program.run("submit", file).status == 0)
        async let first = loop(program, "ask-tell")
        async let second = loop(program, "ask-tell")
        for output in try await [first, second] { #expect(output.status == 0, "\(output.errors)") }
        // The last of a round may have been told when the other loop had gone already.
        let last = try await loop(program, "ask-tell")
        #expect(last.status == 0, "\(last.errors)")
        let shown = try await program.run("show", "ask-tell", "--json").json()
        #expect(shown["state"] as? String == "completed")
        let counts = shown["trials"] as? [String: Int] ?? [:]
        #expect(Set(counts.keys) == ["completed"] && (counts["completed"] ?? 0) > 8, "\(counts)")
        let answer = try await program.run("recommend", "ask-tell", "--json").json()
        #expect(answer["token_budget"] as? Int == 65_536)
        #expect(try await loop(program, "nobody").status == 1)
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish().status == 0)
    }

    @Test("what was handed out and told survives kill -9, and the loop goes on with the next daemon")
    func killed() async throws {
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        #expect(
            try await program.run("submit", try program.write("outside.yaml", Self.sweep)).status == 0)
        let asked = try await program.run("ask", "outside", "--count", "2", "--json").json()
        let trials = asked["trials"] as? [[String: Any]] ?? []
        let tokens = trials.compactMap { $0["token"] as? String }
        try #require(tokens.count == 2)
        #expect(trials.map { $0["number"] as? Int } == [1, 2])
        #expect(try await tell(program, 1, tokens[0], "2.5").status == 0)
        daemon.signal(SIGKILL)
        _ = try await daemon.finish()

        let next = try await program.serve()
        // The loop does not know whether its last word was heard, and says it again.
        let again = try await tell(program, 1, tokens[0], "2.5")
        #expect(again.output == "trial 1 is completed: stop\n", "\(again.errors)")
        #expect(try await tell(program, 1, tokens[0], "2.4").status == 11)
        #expect(try await tell(program, 2, tokens[1], "2.7").output == "trial 2 is completed: stop\n")
        let more = try await program.run("ask", "outside", "--count", "9", "--json").json()
        #expect((more["trials"] as? [[String: Any]])?.map { $0["number"] as? Int } == [3, 4])
        let none = try await program.run("ask", "outside")
        #expect(none.output.hasPrefix("no trial now"))
        next.signal(SIGTERM)
        #expect(try await next.finish().status == 0)
    }

    @Test("the verbs refuse what makes no sense, and 'run' says who runs such trials")
    func refusals() async throws {
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        let file = try program.write("outside.yaml", Self.sweep)
        #expect(try await program.run("ask", "outside").status == 10)
        let run = try await program.run("run", file, "--store", program.store + "-2")
        #expect(run.status == 64 && run.errors.contains("'tunerd ask' and 'tunerd tell'"))
        #expect(try await program.run("submit", file).status == 0)
        #expect(try await program.run("ask", "outside", "--count", "0").status == 64)
        #expect(try await program.run("tell", "outside", "1", "--attempt", "x").status == 64)
        #expect(try await tell(program, 1, "x", "1").status == 10)
        #expect(
            try await program.run(
                "tell", "outside", "1", "--attempt", "x", "--metric", "loss", "--outcome", "completed"
            ).status == 64)
        daemon.signal(SIGTERM)
        _ = try await daemon.finish()
    }

    private func tell(_ program: TunerdBinary, _ trial: Int, _ token: String, _ loss: String) async throws
        -> CommandOutput
    {
        try await program.run(
            "tell", "outside", "\(trial)", "--attempt", token, "--metric", "validation_loss=\(loss)",
            "--outcome", "completed")
    }
}
