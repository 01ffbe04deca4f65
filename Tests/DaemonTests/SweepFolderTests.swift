import Foundation
import Testing

/// `serve --sweeps`: a folder that is looked at while the daemon runs.
@Suite("The folder of sweeps", .serialized)
struct SweepFolderTests {
    private static func sweep(_ name: String, seed: Int = 0) -> String {
        """
        name: \(name)
        workload: stream-least-squares
        optimizer: sgd
        method: grid
        seed: \(seed)
        parameters:
          learning_rate: {values: [0.01, 0.1]}
          batch_size_tokens: {value: 16}
        token_budgets: [256]
        """
    }

    /// Waits until `text` occurs in what the daemon said so far.
    private func wait(for text: String, times: Int = 1, from daemon: RunningCommand) async throws {
        for _ in 0..<200 {
            if try daemon.errorsSoFar().components(separatedBy: text).count > times { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("'\(text)' was not said \(times) times in ten seconds: \(try daemon.errorsSoFar())")
    }

    private func names(_ program: TunerdBinary) async throws -> [String] {
        let sweeps = try await program.run("list", "--json").json()["sweeps"] as? [[String: Any]] ?? []
        return sweeps.compactMap { $0["name"] as? String }
    }

    @Test("files are submitted when they come, once; bad ones and taken names are told of once a change")
    func folderIsWatched() async throws {
        let program = try TunerdBinary()
        let folder = program.folder.appendingPathComponent("sweeps").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        _ = try program.write("sweeps/early.yaml", Self.sweep("early"))
        _ = try program.write("sweeps/notes.txt", "not a sweep")
        let daemon = try await program.serve("--sweeps", folder)
        try await wait(for: "'early.yaml' is sweep 'early'", from: daemon)

        _ = try program.write("sweeps/late.yaml", Self.sweep("late"))
        _ = try program.write("sweeps/bad.yaml", "name: bad\nworkload: char-gtp\n")
        try await wait(for: "'late.yaml' is sweep 'late'", from: daemon)
        try await wait(for: "[unknown-workload]", from: daemon)
        #expect(try await names(program) == ["early", "late"])

        // Another text under a taken name; the bad file mended; a file removed.
        _ = try program.write("sweeps/late.yaml", Self.sweep("late", seed: 7))
        _ = try program.write("sweeps/bad.yaml", Self.sweep("mended"))
        try FileManager.default.removeItem(atPath: folder + "/early.yaml")
        try await wait(for: "[conflict]", from: daemon)
        try await wait(for: "'bad.yaml' is sweep 'mended'", from: daemon)
        // Two more looks say nothing new.
        try await Task.sleep(for: .milliseconds(4500))
        let said = try daemon.errorsSoFar()
        for line in [
            "is sweep 'early'", "is sweep 'late'", "[unknown-workload]", "[conflict]", "is sweep 'mended'",
        ] {
            #expect(said.components(separatedBy: line).count == 2, "'\(line)' once: \(said)")
        }
        #expect(try await names(program) == ["early", "late", "mended"], "a removed file removes nothing")
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish().status == 0)
    }

    @Test("a folder that is not there is told of once, and taken when it comes")
    func folderComesLater() async throws {
        let program = try TunerdBinary()
        let folder = program.folder.appendingPathComponent("sweeps").path
        let daemon = try await program.serve("--sweeps", folder)
        try await wait(for: "cannot be read", from: daemon)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        _ = try program.write("sweeps/one.yaml", Self.sweep("one"))
        try await wait(for: "'one.yaml' is sweep 'one'", from: daemon)
        #expect(try daemon.errorsSoFar().components(separatedBy: "cannot be read").count == 2)
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish().status == 0)
    }
}
