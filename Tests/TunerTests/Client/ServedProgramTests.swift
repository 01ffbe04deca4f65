import Foundation
import Testing

@testable import Tuner

/// The real program on a real socket.
@Suite(.serialized, .enabled(if: ServedProgram.isBuilt), .timeLimit(.minutes(2)))
struct ServedProgramTests {
    private func mode(_ path: String) -> UInt32 {
        var info = stat()
        return lstat(path, &info) == 0 ? info.st_mode & 0o777 : 0
    }

    @Test func sweepRunsFromSubmissionToExport() async throws {
        let program = try ServedProgram()
        let daemon = try program.serve(["--slots", "2"])
        let api = program.api
        _ = try await api.status()
        #expect(mode(program.socket) == 0o600)
        #expect(mode((program.socket as NSString).deletingLastPathComponent) == 0o700)

        let source = SweepSource(text: ServedProgram.sweep, file: "tiny.yaml", directory: program.folder)
        #expect(try await api.submit(source).name == "tiny")
        var state = SweepState.running
        while state == .running {
            try await Task.sleep(for: .milliseconds(100))
            state = try await api.sweep("tiny").summary.state
        }
        #expect(state == .completed)
        #expect(try await api.allTrials(of: "tiny").count == 15)
        let answer = try await api.recommendation(of: "tiny", tokenBudget: nil)
        #expect(answer.tokenBudget == 65536)
        #expect(try await !api.export("tiny", format: "svg").isEmpty)
        #expect(try await api.events(after: 0).contains { $0.kind == "sweep-submitted" })

        let verb = try program.run(["recommend", "tiny", "--socket", program.socket, "--json"])
        #expect(verb.status == 0)
        let shown = try APICoding.decoder().decode(Recommendation.self, from: Data(verb.output.utf8))
        #expect(shown == answer)
        kill(daemon.processIdentifier, SIGTERM)
        daemon.waitUntilExit()
        #expect(daemon.terminationStatus == 0)
        #expect(!FileManager.default.fileExists(atPath: program.socket))

        let store = program.folder.appendingPathComponent("store.sqlite").path
        let read = try program.run(["trials", "tiny", "--store", store, "--json"])
        #expect(read.status == 0)
        #expect(read.output.contains("\"number\" : 15"))
    }

    @Test func openStreamDoesNotHoldTheDrain() async throws {
        let program = try ServedProgram()
        let daemon = try program.serve()
        _ = try await program.api.status()
        let client = program.client
        let stream = Task {
            try await client.send(APICall("GET", ["v1", "events"], query: [.init("follow", "true")]))
        }
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        kill(daemon.processIdentifier, SIGTERM)
        daemon.waitUntilExit()
        #expect(daemon.terminationStatus == 0)
        #expect(start.duration(to: .now) < .seconds(8))
        _ = try? await stream.value
    }

    @Test func socketThatAnswersIsKeptAndStaleOneReplaced() async throws {
        let program = try ServedProgram()
        let first = try program.serve()
        _ = try await program.api.status()
        let second = try program.serve(store: "other.sqlite")
        second.waitUntilExit()
        #expect(second.terminationStatus == 11)
        #expect(try await program.api.status().processID == first.processIdentifier)
        kill(first.processIdentifier, SIGKILL)
        first.waitUntilExit()
        #expect(FileManager.default.fileExists(atPath: program.socket))
        let third = try program.serve()
        var answered: Int32 = 0
        for _ in 0..<200 where answered != third.processIdentifier {
            answered = (try? await SweepAPI(SocketClient(path: program.socket)).status().processID) ?? 0
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(answered == third.processIdentifier)
    }

    @Test func whatIsNotASocketIsNeverReplaced() throws {
        let program = try ServedProgram()
        let file = program.folder.appendingPathComponent("file").path
        try Data("precious".utf8).write(to: URL(fileURLWithPath: file))
        let link = program.folder.appendingPathComponent("link").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
        for path in [file, link] {
            let daemon = try program.serve(socket: path)
            daemon.waitUntilExit()
            #expect(daemon.terminationStatus == 78)
        }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
        let long = try program.serve(socket: "/tmp/" + String(repeating: "x", count: 120))
        long.waitUntilExit()
        #expect(long.terminationStatus == 64)
    }

    @Test func tooLargeBodyIsRefusedAndTheDaemonGoesOn() async throws {
        let program = try ServedProgram()
        _ = try program.serve()
        let api = program.api
        _ = try await api.status()
        let response = try await program.client.send(
            APICall("POST", ["v1", "sweeps"], body: Data(repeating: 0x20, count: 5 << 20)))
        #expect(response.status == 413)
        let target = String(repeating: "x", count: 20_000)
        #expect(try await program.client.send(APICall("GET", ["v1", target])).status == 431)
        #expect(try await api.sweeps().isEmpty)
    }

    @Test func exitStatusesAreThoseOfTheTable() async throws {
        let program = try ServedProgram()
        let missing = ["--socket", program.folder.appendingPathComponent("none").path]
        #expect(try program.run(["status"] + missing).status == 69)
        #expect(try program.run(["recommend"]).status == 64)
        #expect(try program.run(["recommend", "a", "--token-budget", "lots"]).status == 64)
        #expect(try program.run(["--version"]).status == 0)
        let bad = program.folder.appendingPathComponent("bad.yaml").path
        try Data("name: Bad\nlerning_rate: 3\n".utf8).write(to: URL(fileURLWithPath: bad))
        let check = try program.run(["check", bad, "--json"])
        #expect(check.status == 65)
        #expect(check.output.contains("\"valid\" : false"))
        #expect(try program.run(["run", bad]).status == 65)
        let json = try program.run(["list", "--json"] + missing)
        #expect(json.output.isEmpty)
        let tree = try APICoding.decoder().decode(JSONTree.self, from: Data(json.errors.utf8))
        #expect(tree["code"] == .text("daemon-unreachable"))
        #expect(tree["exit_status"] == .integer(69))
    }

    @Test func runEndsWithTheRecommendationAndGoesOnWhereItWas() throws {
        let program = try ServedProgram()
        let file = program.folder.appendingPathComponent("tiny.yaml").path
        try Data(ServedProgram.sweep.utf8).write(to: URL(fileURLWithPath: file))
        let store = program.folder.appendingPathComponent("run.sqlite").path
        let first = try program.run(["run", file, "--store", store, "--json"])
        #expect(first.status == 0)
        let answer = try APICoding.decoder().decode(Recommendation.self, from: Data(first.output.utf8))
        #expect(answer.tokenBudget == 65536)
        let again = try program.run(["run", file, "--store", store, "--quiet"])
        #expect(again.status == 0)
        #expect(again.errors.isEmpty)
        #expect(again.output.contains("HYPERPARAMETER"))
        #expect(again.output.contains("learning_rate = "))
        #expect(again.output.contains("Pareto front:"))
    }

    @Test func interruptedRunSaysHowToGoOn() async throws {
        let program = try ServedProgram()
        let file = program.folder.appendingPathComponent("long.yaml").path
        let sweep = ServedProgram.sweep.replacing("[1Ki, 2Ki, 4Ki]", with: "[20M, 40M, 80M]")
            .replacing("64Ki", with: "1B")
        try Data(sweep.utf8).write(to: URL(fileURLWithPath: file))
        let store = program.folder.appendingPathComponent("run.sqlite").path
        let run = try program.start(["run", file, "--store", store, "--drain-seconds", "0"])
        while !FileManager.default.fileExists(atPath: store) { try await Task.sleep(for: .milliseconds(50)) }
        try await Task.sleep(for: .milliseconds(500))
        kill(run.process.processIdentifier, SIGINT)
        run.process.waitUntilExit()
        let notes = String(decoding: try run.errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(run.process.terminationStatus == 130)
        #expect(notes.contains("the same command goes on where it was"))
    }
}
