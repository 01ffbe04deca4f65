import Dispatch
import Engine
public import Foundation
public import Plugins
import Synchronization

/// Asks a library from outside what it is, in a process of its own: a library that crashes or hangs costs that process.
///
///     let optimizer = try LibraryDescriber().describe("/home/me/libsignum.so")
///     optimizer.descriptor.hyperparameters.first?.name        // "learning_rate"
public struct LibraryDescriber: Sendable {
    /// What is started, the path being appended.
    private let command: [String]
    private let environment: [String: String]
    private let timeout: Double

    /// Defaults: this program as `worker --describe`; ten seconds, some hundred times what loading takes.
    public init(
        command: [String] = ["/proc/self/exe", "worker", "--describe"],
        environment: [String: String] = ProcessInfo.processInfo.environment, timeout: Double = 10
    ) {
        self.command = command
        self.environment = environment
        self.timeout = timeout
    }

    /// Describes a library. Blocks the calling thread, usually for some milliseconds.
    ///
    /// - Parameter path: absolute.
    /// - Returns: its optimizer with path and hash of the library.
    /// - Throws: `EngineError` with a code that begins with `plugin-`; `TunerError` when no process can be started.
    public func describe(_ path: String) throws -> ExternalOptimizer {
        let child = ChildProcess(
            ChildLaunch(
                arguments: command + [path], environment: WorkerPool.forWorkers(environment),
                parentDeathSignal: SIGKILL, grace: 1))
        let hasHung = Mutex(false)
        let watchdog = DispatchWorkItem {
            hasHung.withLock { $0 = true }
            child.kill()
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + timeout, execute: watchdog)
        defer { watchdog.cancel() }
        var found: LibraryDescription?
        var tail: [String] = []
        let exit = try child.run { source, line in
            if source == .output, let description = LibraryDescription(line: line) {
                found = description
            } else {
                WorkerProcess.keep(String(decoding: line, as: UTF8.self), in: &tail)
            }
        }
        if let optimizer = found?.optimizer { return optimizer }
        if let problem = found?.problem {
            throw EngineError(
                code: problem.code, message: problem.message, why: problem.why, help: problem.help)
        }
        if hasHung.withLock({ $0 }) {
            throw EngineError(
                code: "plugin-hung", message: "the plugin '\(path)' did not say what it is",
                why: "loading it took longer than \(timeout) s, and its process was ended",
                help: "do no work in constructors and in tunerd_plugin_v1")
        }
        throw EngineError(
            code: "plugin-crashed", message: "the plugin '\(path)' crashed while it was loaded",
            why: (["its process \(exit.summary)"] + tail).joined(separator: "; "),
            help: "run 'tunerd plugins \(path)' under a debugger")
    }
}
