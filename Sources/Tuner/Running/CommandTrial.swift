import Foundation

/// One attempt of a user's program, inside a worker.
///
/// The program gets an attempt directory, a scrubbed environment and no input. It has completed when it exits with 0
/// and its metric was seen; a metric that is not finite means it diverged, and it is ended at once.
struct CommandTrial {
    private let spec: AttemptSpec
    private let command: AttemptSpec.CommandSpec
    private let output: ProtocolWriter
    private let stop: StopRequest
    private let answers: AnswerBox
    private let grace: Double
    private let directory: AttemptDirectory

    init(
        spec: AttemptSpec, command: AttemptSpec.CommandSpec, output: ProtocolWriter, stop: StopRequest,
        answers: AnswerBox, grace: Double
    ) {
        self.spec = spec
        self.command = command
        self.output = output
        self.stop = stop
        self.answers = answers
        self.grace = grace
        directory = AttemptDirectory(path: spec.directory)
    }

    /// Runs the program to its end.
    mutating func run() -> AttemptResult {
        do {
            let pattern = try command.pattern.map { text throws(TunerError) in try ObservationPattern(text) }
            try prepare()
            let result = try follow(pattern)
            if result != .interrupted {
                try directory.write(TrialProtocol.encode(FinishedRecord(result)), to: "result.json")
            }
            return result
        } catch let error as TunerError where error.code == .cannotWrite {
            // The disk may have room again for the next attempt.
            return .failed(reason: "\(error)", permanent: false)
        } catch {
            return .failed(reason: "\(error)", permanent: true)
        }
    }

    private func prepare() throws {
        do { try directory.make() } catch {
            throw TunerError(
                .cannotWrite, "cannot make the attempt directory '\(directory.path)'",
                why: "\(error.localizedDescription)")
        }
        try directory.write(TrialProtocol.encode(spec), to: "spec.json")
    }

    /// Seconds between two looks at a file of observations.
    private static let lookInterval = 0.1

    private func follow(_ pattern: ObservationPattern?) throws -> AttemptResult {
        let child = ChildProcess(
            ChildLaunch(
                arguments: command.arguments, environment: CommandEnvironment.make(for: spec, command),
                workingDirectory: command.workingDirectory, memoryLimit: command.memoryLimit,
                parentDeathSignal: SIGKILL, grace: grace))
        var reading = CommandReading(spec: spec, command: command, pattern: pattern)
        let file = command.observationFile.map { ObservationFile($0, pattern: pattern) }
        var standardOutput = LogFile(directory, "stdout"), standardError = LogFile(directory, "stderr")
        var observations = LogFile(directory, "observations.jsonl", limit: AttemptDirectory.largestRead)
        func take(_ observation: Observation) {
            if let data = try? TrialProtocol.encode(observation) { observations.add(Array(data.dropLast())) }
            output.write(.observation(observation))
        }
        let exit = try ending({ child.terminate() }) {
            try child.run(
                started: { output.write(.started(processGroup: $0)) },
                lookInterval: file == nil ? nil : Self.lookInterval,
                onLook: {
                    file?.read(into: &reading, take)
                    if reading.divergence != nil || output.isBroken { child.terminate() }
                }
            ) { source, line in
                if source == .error {
                    standardError.add(line)
                    reading.addError(line)
                    return
                }
                standardOutput.add(line)
                guard let observation = reading.add(line) else { return }
                take(observation)
                if reading.divergence != nil || output.isBroken { child.terminate() }
            }
        }
        file?.read(isEnd: true, into: &reading, take)
        reading.fileTrouble = file?.trouble
        try? directory.write(TrialProtocol.encode(ExitRecord(exit)), to: "exit.json")
        let wasTold = answers.hasEnded(spec.name)
        let result = reading.result(exit, wasStopped: stop.isRequested || wasTold)
        return result == .interrupted && wasTold && !stop.isRequested ? .stopped : result
    }

    /// Runs a body and calls `handler` when the worker is to end, or this attempt by the daemon's answer.
    private func ending<Value>(
        _ handler: @escaping @Sendable () -> Void, _ body: () throws -> Value
    ) rethrows -> Value {
        try stop.withHandler(handler) { try answers.withHandler(spec.name, handler, body) }
    }

    /// Content of `exit.json`.
    private struct ExitRecord: Encodable {
        var status: Int32?
        var signal: Int32?
        var user_seconds: Double
        var system_seconds: Double
        var peak_resident_bytes: Int

        init(_ exit: ChildExit) {
            switch exit.status {
            case .exited(let code): status = code
            case .signalled(let number): signal = number
            }
            user_seconds = exit.userSeconds
            system_seconds = exit.systemSeconds
            peak_resident_bytes = exit.peakResidentBytes
        }
    }
}
