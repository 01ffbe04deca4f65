public import Foundation
public import Plugins
import Synchronization

/// Runs probes in a worker process each.
///
///     let report = try await ProbeProcess().run(request)
///
/// Cancelling the task ends the process.
public struct ProbeProcess: Sendable {
    private let executable: String
    private let arguments: [String]
    private let environment: [String: String]

    /// A runner of probes; the defaults start this program again.
    ///
    /// - Parameters:
    ///   - executable: program.
    ///   - arguments: its arguments.
    ///   - environment: of the process; it is given one BLAS thread.
    public init(
        executable: String = "/proc/self/exe", arguments: [String] = ["worker", "--probe"],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment.merging(["OPENBLAS_NUM_THREADS": "1"]) { $1 }
    }

    /// Runs one probe to its end.
    ///
    /// - Parameter request: what to probe.
    /// - Returns: what was found.
    /// - Throws: `failed` with the reason: no geometry, a bad option, a process that ended early or was cancelled.
    public func run(_ request: ProbeRequest) async throws(TunerError) -> ProbeReport {
        let child = ChildProcess(
            ChildLaunch(
                arguments: [executable] + arguments, environment: environment, parentDeathSignal: SIGTERM,
                takesInput: true, grace: 2))
        let input: Data
        do { input = try JSONEncoder().encode(request) + Data("\n".utf8) } catch {
            throw TunerError(.failed, "the probe's request cannot be written: \(error)")
        }
        let outcome = await withTaskCancellationHandler {
            child.send(input)
            child.closeInput()
            return await DedicatedThread.run("tuner-probe-watch") { Self.watch(child) }
        } onCancel: {
            child.terminate()
        }
        return try Self.report(outcome)
    }

    /// What came of the process.
    private struct Outcome: Sendable {
        var end: Result<ChildExit, TunerError>
        var answer: [UInt8] = []
        var tail: [String] = []
    }

    private static func watch(_ child: ChildProcess) -> Outcome {
        var outcome = Outcome(end: .failure(TunerError(.failed, "the probe did not start")))
        do throws(TunerError) {
            var answer: [UInt8] = []
            var tail: [String] = []
            let exit = try child.run { source, line in
                if source == .output {
                    answer = line
                } else {
                    WorkerProcess.keep(String(decoding: line, as: UTF8.self), in: &tail)
                }
            }
            outcome = Outcome(end: .success(exit), answer: answer, tail: tail)
        } catch {
            outcome.end = .failure(error)
        }
        return outcome
    }

    private static func report(_ outcome: Outcome) throws(TunerError) -> ProbeReport {
        let exit = try outcome.end.get()
        guard let answer = try? JSONDecoder().decode(ProbeWorker.Answer.self, from: Data(outcome.answer))
        else {
            let last = outcome.tail.joined(separator: "\n")
            throw TunerError(
                .failed, "the probe \(exit.summary) without an answer", why: last.isEmpty ? nil : last,
                help: "probe a smaller batch size, or sweep without a probe")
        }
        if let failure = answer.failure {
            throw TunerError(
                .failed, "\(failure.message) [\(failure.code)]", why: failure.why, help: failure.help)
        }
        guard let report = answer.report else {
            throw TunerError(.failed, "the probe was ended before it was done")
        }
        return report
    }
}
