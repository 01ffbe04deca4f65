import Foundation
import Testing

/// The documentation as something that is run: every command it shows, with its status and the shape of its output.
@Suite("Documentation", .serialized)
struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Blocks that may be excused in all pages together.
    private static let mostExcused = 3

    private static func pages() throws -> [(name: String, page: DocumentedPage)] {
        let docs = try FileManager.default.contentsOfDirectory(atPath: root.path + "/docs")
        return try (["README.md"] + docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 })
            .filter { FileManager.default.fileExists(atPath: root.path + "/" + $0) }
            .map { ($0, DocumentedPage(try String(contentsOf: root.appending(path: $0), encoding: .utf8))) }
    }

    /// What is wrong with a page whose commands are run by `run`.
    private static func problems(
        of page: DocumentedPage, run: (String) async throws -> CommandOutput
    ) async throws -> [String] {
        var problems = page.problems
        for command in page.commands {
            let output = try await run(command.text)
            var found: [String] = []
            if output.status != command.status {
                found.append(
                    "exit status \(output.status), documented is \(command.status): \(output.errors.suffix(600))"
                )
            } else {
                found = DocumentedShape.differences(documented: command.output, real: output)
            }
            problems += found.map { "line \(command.line): '\(command.text)': \($0)" }
        }
        return problems
    }

    @Test("every command of the pages does what they show", .timeLimit(.minutes(5)))
    func commandsDoWhatPagesShow() async throws {
        let place = try DocumentationPlace(root: Self.root)
        try await place.start()
        var count = 0
        let missing = try await place.missing(of: ["cc", "curl", "jq", "python3", "sqlite3"])
        if !missing.isEmpty {
            Issue.record("commands with \(missing.joined(separator: ", ")) are not run", severity: .warning)
        }
        for (name, var page) in try Self.pages() {
            page.leaveOut { command in missing.contains { command.text.contains("\($0) ") } }
            let problems = try await Self.problems(of: page, run: place.run)
            #expect(problems == [], "\(name)")
            count += page.commands.count
        }
        #expect(
            count >= 25 || !missing.isEmpty, "the pages show \(count) commands: has the reader missed some?")
        #expect(try await place.stop() == 0)
    }

    @Test("few blocks are excused from being run, each with a reason")
    func fewExcuses() throws {
        let excused = try Self.pages().flatMap { name, page in
            page.excused.map { "\(name):\($0.line): \($0.reason)" }
        }
        #expect(
            excused.count <= Self.mostExcused,
            "more than \(Self.mostExcused): \(excused.joined(separator: "; "))")
    }

    @Test("the usage lines of docs/cli.md name flags their verbs have, and every verb has its usage lines")
    func usageLines() async throws {
        let program = try TunerdBinary()
        let paths = try await program.visiblePaths()
        let page = try #require(try Self.pages().first { $0.name == "docs/cli.md" }?.page)
        var described: Set<[String]> = []
        for (line, text) in page.synopses {
            let words = text.replacing(/\[[^\]]*\]/, with: "").matches(of: /(?:^tunerd|\|) ([a-z]+[a-z -]*)/)
                .map {
                    $0.1.split(separator: " ").map(String.init)
                }
            // The longest verb that the words begin with.
            let named = words.compactMap { words in
                paths.filter { words.starts(with: $0) }.max { $0.count < $1.count }
            }
            #expect(named.count == words.count, "line \(line): a usage line without a verb")
            described.formUnion(named)
            let verb = try #require(named.first, "line \(line)")
            let help = try await program.start(verb + ["--help"]).finish().output
            for flag in text.matches(of: /--[a-z][a-z0-9-]*/).map({ String($0.0) }) {
                #expect(
                    help.contains(flag + " ") || help.contains(flag + "\n"),
                    "line \(line): '\(verb.joined(separator: " "))' has no \(flag)")
            }
        }
        // A verb that only leads to others is described by them.
        let missing = paths.filter { path in
            !described.contains(path)
                && !described.contains { $0.count > path.count && $0.starts(with: path) }
        }
        #expect(missing == [], "verbs without usage lines")
    }

    // MARK: The checker itself

    private static let madeUp = """
        # A page

        Text with `$ tunerd nothing` in it.

            tunerd made-up FILE [--flag]

        - a list

        <!-- -->

            $ S=/a/socket
            $ tunerd table
            NAME   TOKENS
            first     12k

            $ tunerd fails
            $ echo $?
            75

        ```sh
        # a comment
        tunerd two \\
          lines
        ```

        <!-- not run: needs a service manager -->

        ```sh
        systemctl start tunerd
        ```

            $ tunerd json
            {"a": {"b": [{"c": 1.5}, "..."]}, "d": "..."}
        """

    private static func answer(_ text: String) -> CommandOutput {
        switch text.split(separator: " ").last {
        case "table": CommandOutput(status: 0, output: "NAME    TOKENS\nsecond   5Mi\n", errors: "")
        case "fails": CommandOutput(status: 75, output: "", errors: "tunerd: error")
        case "json": CommandOutput(status: 0, output: #"{"a":{"b":[{"c":2}]},"d":[1]}"#, errors: "")
        default: CommandOutput(status: 0, output: "", errors: "")
        }
    }

    private static func problems(_ text: String) async throws -> [String] {
        try await problems(of: DocumentedPage(text)) { answer($0) }
    }

    @Test("the reader finds commands, outputs, statuses, excuses and usage lines")
    func readerFindsEverything() async throws {
        let page = DocumentedPage(Self.madeUp)
        #expect(
            page.commands.map(\.text) == [
                "S=/a/socket; tunerd table", "S=/a/socket; tunerd fails",
                "S=/a/socket; tunerd two \\\n  lines",
                "S=/a/socket; tunerd json",
            ])
        #expect(page.commands.map(\.line) == [12, 16, 22, 32])
        #expect(page.commands.map(\.status) == [0, 75, 0, 0])
        #expect(page.commands[0].output == ["NAME   TOKENS", "first     12k"])
        #expect(page.excused.map(\.reason) == ["needs a service manager"])
        #expect(page.synopses.map(\.text) == ["tunerd made-up FILE [--flag]"])
        #expect(try await Self.problems(Self.madeUp) == [])
    }

    @Test(
        "a broken page is found",
        arguments: [
            ("75\n", "0\n", "exit status 75, documented is 0"),
            ("NAME   TOKENS", "NAME   STEPS", "no line of the output is like 'NAME   STEPS'"),
            ("first     12k", "first     12k  7", "has 3 cells, its header 2"),
            ("\"c\": 1.5", "\"e\": 1.5", "$.a.b[0]: the output has no 'e'"),
            ("\"c\": 1.5", "\"c\": \"1.5\"", "$.a.b[0].c: text and number are mixed up"),
            (", \"d\": \"...\"", "", "$: 'd' is not documented"),
            ("[{\"c\": 1.5}, \"...\"]", "7", "$.a.b: documented as another kind of value"),
            ("needs a service manager", "", "an excuse needs a reason"),
            ("```sh\nsystemctl start tunerd\n```", "Text.", "the excuse is not right before a block"),
            ("systemctl start tunerd\n", "", "there is no command to excuse"),
        ])
    func brokenPageIsFound(_ old: String, _ new: String, _ problem: String) async throws {
        let broken = Self.madeUp.replacingOccurrences(of: old, with: new)
        #expect(broken != Self.madeUp)
        let found = try await Self.problems(broken)
        #expect(found.contains { $0.contains(problem) }, "\(found)")
    }
}

/// Where the documentation's commands run: a folder with the sweep files and examples, and a daemon whose one sweep is
/// done.
private final class DocumentationPlace {
    private let program: TunerdBinary
    private var daemon: RunningCommand?

    init(root: URL) throws {
        program = try TunerdBinary()
        let files = FileManager.default
        try files.createDirectory(
            at: program.folder.appending(path: "Sources"), withIntermediateDirectories: false)
        for name in ["sweeps", "examples", "Sources/CTunerPlugin"] {
            try files.copyItem(at: root.appending(path: name), to: program.folder.appending(path: name))
        }
        for name in ["bin", "tunerd"] {
            try files.createDirectory(
                at: program.folder.appending(path: name), withIntermediateDirectories: false)
        }
        try files.createSymbolicLink(
            at: program.folder.appending(path: "bin/tunerd"), withDestinationURL: TunerdBinary.executable)
        // The standard place of the socket, which pages spell out for curl.
        try files.createSymbolicLink(
            at: program.folder.appending(path: "tunerd/tunerd.sock"),
            withDestinationURL: URL(fileURLWithPath: program.socket))
    }

    func start() async throws {
        daemon = try await program.serve()
        let sweep = program.folder.appending(path: "sweeps/stream-least-squares.yaml").path
        let submitted = try await program.run("submit", sweep, "--wait")
        #expect(submitted.status == 0, "\(submitted.errors)")
    }

    /// Runs a line of shell as a reader would type it, with `tunerd run` on a store of its own.
    func run(_ text: String) async throws -> CommandOutput {
        // The daemon of the pages is the one that is there.
        if text.contains(/tunerd serve .*&$|tunerd serve &$/) {
            return CommandOutput(status: 0, output: "", errors: "")
        }
        let command = try RunningCommand(
            executable: URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", text], folder: program.folder,
            environment: [
                "TUNERD_SOCKET": program.socket, "TUNERD_STORE": program.folder.path + "/here.sqlite",
                "PATH": program.folder.path + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
            ])
        for _ in 0..<600 where command.isRunning { try await Task.sleep(for: .milliseconds(100)) }
        if command.isRunning { command.signal(SIGKILL) }
        return try await command.finish()
    }

    /// Those of the programs that are not installed here.
    func missing(of programs: [String]) async throws -> [String] {
        var missing: [String] = []
        for program in programs where try await run("command -v \(program)").status != 0 {
            missing.append(program)
        }
        return missing
    }

    func stop() async throws -> Int32 {
        daemon?.signal(SIGTERM)
        return try await daemon?.finish().status ?? -1
    }
}
