import Foundation

/// What a finished command printed.
struct CommandOutput: Sendable {
    var status: Int32
    var output: String
    var errors: String

    /// Standard output as JSON.
    func json() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
        guard let object = value as? [String: Any] else { throw CocoaError(.coderReadCorrupt) }
        return object
    }
}

/// The built program, in a scratch folder of its own: store, socket and sweep files of a test lie there.
///
/// The socket path of a Unix socket is at most 107 bytes, so the folder is short.
final class TunerdBinary: Sendable {
    let folder: URL
    var socket: String { folder.appendingPathComponent("s").path }
    var store: String { folder.appendingPathComponent("tunerd.sqlite").path }

    init() throws {
        let name = "td-" + String(UInt32.random(in: .min ... .max), radix: 36)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The executable beside the test bundle.
    static var executable: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("tunerd")
    }

    /// Writes a file into the folder and returns its path.
    func write(_ name: String, _ text: String) throws -> String {
        let url = folder.appendingPathComponent(name)
        try text.write(to: url, atomically: true, encoding: .utf8)
        return url.path
    }

    /// Starts the program.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningCommand {
        try RunningCommand(
            executable: Self.executable, arguments: arguments, folder: folder,
            environment: ["TUNERD_SOCKET": socket, "TUNERD_STORE": store].merging(environment) { $1 })
    }

    /// Runs the program to its end.
    func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> CommandOutput {
        try await start(arguments, environment: environment).finish()
    }

    /// Starts the daemon and waits until it answers.
    func serve(_ extra: String...) async throws -> RunningCommand {
        let daemon = try start(["serve", "--socket", socket, "--store", store] + extra)
        for _ in 0..<200 {
            if try await run("status", "--json").status == 0 { return daemon }
            guard daemon.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw DaemonDidNotStart(output: try await daemon.finish().errors)
    }

    struct DaemonDidNotStart: Error {
        var output: String
    }
}

/// A started program whose output goes to files.
final class RunningCommand: @unchecked Sendable {
    // `Process` is not Sendable; it is only asked for its id and state after the start, which Foundation locks.
    private let process = Process()
    private let output: URL
    private let errors: URL

    init(executable: URL, arguments: [String], folder: URL, environment: [String: String]) throws {
        let stem = "out-" + String(UInt64.random(in: .min ... .max), radix: 36)
        output = folder.appendingPathComponent(stem)
        errors = folder.appendingPathComponent(stem + "-err")
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        var variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        variables["SWIFT_BACKTRACE"] = "enable=no"
        variables["XDG_DATA_HOME"] = folder.path
        variables["XDG_RUNTIME_DIR"] = folder.path
        variables["NO_COLOR"] = "1"
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Sends a signal to this process only.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Standard error up to now.
    func errorsSoFar() throws -> String { try String(contentsOf: errors, encoding: .utf8) }

    /// Waits for the end.
    func finish() async throws -> CommandOutput {
        while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
        return CommandOutput(
            status: process.terminationStatus,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}
