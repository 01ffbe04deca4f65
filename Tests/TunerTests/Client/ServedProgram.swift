import Foundation
import Testing

@testable import Tuner

/// The built program beside the test bundle, and daemons of it in folders of their own.
final class ServedProgram {
    static let binary = Bundle.module.bundleURL.deletingLastPathComponent().appendingPathComponent("tunerd")
    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: binary.path) }

    let folder: URL
    var socket: String { folder.appendingPathComponent("s/t.sock").path }
    private var daemons: [Process] = []

    init() throws {
        // Short, for the limit on socket paths.
        folder = URL(fileURLWithPath: "/tmp/td-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        for daemon in daemons where daemon.isRunning {
            kill(daemon.processIdentifier, SIGKILL)
            daemon.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    var client: SocketClient { SocketClient(path: socket, patience: .seconds(20)) }
    var api: SweepAPI { SweepAPI(client) }

    private func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = Self.binary
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path, "SWIFT_BACKTRACE": "enable=no"]
        return process
    }

    /// Starts a daemon.
    func serve(_ arguments: [String] = [], store: String = "store.sqlite", socket: String? = nil) throws
        -> Process
    {
        let daemon = process(
            [
                "serve", "--socket", socket ?? self.socket, "--store",
                folder.appendingPathComponent(store).path,
            ]
                + arguments)
        daemon.standardError = FileHandle.nullDevice
        try daemon.run()
        daemons.append(daemon)
        return daemon
    }

    /// Starts a verb that is ended by the test.
    func start(_ arguments: [String]) throws -> (process: Process, errors: Pipe) {
        let verb = process(arguments)
        let errors = Pipe()
        verb.standardOutput = FileHandle.nullDevice
        verb.standardError = errors
        try verb.run()
        daemons.append(verb)
        return (verb, errors)
    }

    /// Runs a verb to its end.
    func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let verb = process(arguments)
        let (output, errors) = (Pipe(), Pipe())
        verb.standardOutput = output
        verb.standardError = errors
        try verb.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        let notes = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        verb.waitUntilExit()
        return (verb.terminationStatus, text, notes)
    }

    /// A sweep of milliseconds.
    static let sweep = """
        name: tiny
        workload: stream-least-squares
        optimizer: {name: sgd, momentum: 0, schedule: constant}
        method: grid
        parameters:
          learning_rate: {values: [0.01, 0.03, 0.1, 0.3, 1]}
          batch_size_tokens: {value: 8}
        token_budgets: [1Ki, 2Ki, 4Ki]
        target_token_budget: 64Ki

        """
}
