import Foundation
import Testing

/// The help texts, held in golden files, and the completion scripts.
///
/// `TUNERD_UPDATE_GOLDEN=1 swift test --filter HelpTests` writes the golden files anew.
@Suite("Help", .serialized)
struct HelpTests {
    private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Golden/help")

    @Test("help of the program and of every verb, those below others too, is as in the golden files")
    func helpIsGolden() async throws {
        let program = try TunerdBinary()
        let verbs = try await program.visibleVerbs()
        #expect(verbs.count >= 20)
        let files = FileManager.default
        let updates = ProcessInfo.processInfo.environment["TUNERD_UPDATE_GOLDEN"] != nil
        if updates {
            try? files.removeItem(at: Self.golden)
            try files.createDirectory(at: Self.golden, withIntermediateDirectories: true)
        }
        let paths = try await program.visiblePaths()
        for path in [[]] + paths {
            let arguments = path + ["--help"]
            let help = try await program.start(arguments, environment: ["COLUMNS": "80"]).finish()
            #expect(help.status == 0)
            #expect(help.errors.isEmpty)
            let file = Self.golden.appending(path: (["tunerd"] + path).joined(separator: "-") + ".txt")
            if updates { try help.output.write(to: file, atomically: true, encoding: .utf8) }
            #expect(
                help.output == (try? String(contentsOf: file, encoding: .utf8)),
                "\(file.lastPathComponent); TUNERD_UPDATE_GOLDEN=1 writes it anew")
        }
        let known = try files.contentsOfDirectory(atPath: Self.golden.path)
        #expect(known.count == paths.count + 1, "golden files of verbs that are gone")
    }

    @Test("completion scripts know the verbs, and bash accepts its own", arguments: ["bash", "zsh", "fish"])
    func completionScripts(_ shell: String) async throws {
        let program = try TunerdBinary()
        let script = try await program.run("--generate-completion-script", shell)
        #expect(script.status == 0)
        for verb in try await program.visibleVerbs() {
            #expect(script.output.contains(verb), "\(shell): \(verb)")
        }
        guard shell == "bash" else { return }
        let file = try program.write("tunerd.bash", script.output)
        let checked = try await RunningCommand(
            executable: URL(fileURLWithPath: "/bin/bash"), arguments: ["-n", file], folder: program.folder,
            environment: [:]
        ).finish()
        #expect(checked.status == 0, "\(checked.errors)")
    }
}

extension TunerdBinary {
    /// The verbs `tunerd --help` lists, `help` left out.
    func visibleVerbs() async throws -> [String] {
        try await visiblePaths().filter { $0.count == 1 }.map { $0[0] }
    }

    /// The verbs with theirs below them: `["law"]`, `["law", "batch"]`, `["law", "batch", "rescale"]`.
    func visiblePaths() async throws -> [[String]] {
        func paths(_ command: [String: Any]) -> [[String]] {
            (command["subcommands"] as? [[String: Any]] ?? [])
                .filter { $0["shouldDisplay"] as? Bool ?? true }
                .flatMap { below -> [[String]] in
                    guard let name = below["commandName"] as? String, name != "help" else { return [] }
                    return [[name]] + paths(below).map { [name] + $0 }
                }
        }
        let dump = try await run("--experimental-dump-help").json()
        return paths(dump["command"] as? [String: Any] ?? [:])
    }
}
