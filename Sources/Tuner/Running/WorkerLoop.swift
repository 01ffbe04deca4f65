import CTunerSystem
public import Engine
import Foundation
import Synchronization

/// The worker's side of the trial protocol: what `tunerd worker` runs.
///
///     await WorkerLoop().run()      // until standard input ends or TERM comes; then exit with what it returns
///
/// One thread reads attempts, another runs them one after another. When the input ends (the daemon is gone), or TERM
/// comes, the attempt under way is stopped: the engine writes a checkpoint, a command's process group is ended. The
/// worker itself ends after the grace time at the latest, whatever the attempt does.
public final class WorkerLoop: Sendable {
    /// Trains one job on the calling thread: job, optimizer, observer, whether to stop. What the observer throws ends the
    /// training without a checkpoint and is passed on.
    public typealias Training =
        @Sendable (
            _ job: TrainingJob, _ optimizer: AttemptSpec.NamedOptions?,
            _ observe: (TrainingObservation) throws -> Void,
            _ shouldStop: () -> Bool
        ) throws -> TrainingOutcome

    /// Trains several jobs of one workload in turns on the calling thread: jobs, optimizer, observer of what comes at
    /// the same time, who has ended, whether to stop. Every job ends once; what the observer throws ends all of them.
    public typealias StackTraining =
        @Sendable (
            _ jobs: [TrainingJob], _ optimizer: AttemptSpec.NamedOptions?,
            _ observe: ([StackedObservation]) throws -> [TrainingDirective],
            _ ended: ([StackedOutcome]) -> Void, _ shouldStop: () -> Bool
        ) -> Void

    /// Names the environment variable that carries the pool's grace time.
    static let graceVariable = "TUNERD_GRACE_SECONDS"

    private let input: Int32
    private let output: ProtocolWriter
    private let isWholeProcess: Bool
    private let grace: Double
    private let train: Training
    private let trainStack: StackTraining
    private let stop = StopRequest()
    private let specs = SpecQueue()
    private let answers = AnswerBox()

    /// A worker.
    ///
    /// - Parameters:
    ///   - input: where attempts come from.
    ///   - output: where observations and results go.
    ///   - isWholeProcess: whether it may take over signals and end the process.
    ///   - train: trains engine trials; default what comes with the program.
    ///   - trainStack: trains stacks of them; default what comes with the program.
    public init(
        input: Int32 = 0, output: Int32 = 1, isWholeProcess: Bool = true,
        train: @escaping Training = WorkerLoop.builtIn,
        trainStack: @escaping StackTraining = WorkerLoop.builtInStack
    ) {
        self.input = input
        self.output = ProtocolWriter(isWholeProcess ? Self.reserve(output) : output)
        self.isWholeProcess = isWholeProcess
        self.train = train
        self.trainStack = trainStack
        grace = ProcessInfo.processInfo.environment[Self.graceVariable].flatMap(Double.init) ?? 10
    }

    /// Keeps a descriptor for the protocol alone: what a library from outside prints on standard output goes to standard
    /// error, and so into the log, and cannot be mistaken for a line of ours.
    ///
    /// - Parameter output: the descriptor others know.
    /// - Returns: one that only the caller knows; `output` itself when there are no more descriptors.
    static func reserve(_ output: Int32) -> Int32 {
        let own = fcntl(output, F_DUPFD_CLOEXEC, 3)
        guard own >= 0 else { return output }
        dup2(STDERR_FILENO, output)
        return own
    }

    /// Works until the input ends or the worker is asked to end.
    ///
    /// - Returns: the exit status of the process.
    public func run() async -> Int32 {
        if isWholeProcess {
            tuner_set_parent_death_signal(SIGTERM)
            signal(SIGPIPE, SIG_IGN)
        }
        let signals = isWholeProcess ? tuner_signal_descriptor(SIGTERM) : -1
        DedicatedThread.start("tuner-worker-input") { self.readInput(signals: signals) }
        await DedicatedThread.run("tuner-worker-trials") { self.runTrials() }
        return 0
    }

    /// Takes attempts in until the input ends or a signal comes, then asks for the end.
    private func readInput(signals: Int32) {
        var splitter = LineSplitter(limit: 16 * TrialProtocol.longestLine)
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        loop: while true {
            var polled = [
                pollfd(fd: input, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polled, 2, -1) > 0 else { continue }
            if polled[1].revents != 0 { break }
            let count = read(input, &buffer, buffer.count)
            switch count {
            case 1...:
                buffer.withUnsafeBufferPointer { bytes in
                    splitter.add(UnsafeBufferPointer(rebasing: bytes[..<count])) { line in
                        if let answer = TrialProtocol.answer(line) {
                            answers.add(answer)
                        } else {
                            specs.add(line)
                        }
                    }
                }
            case 0: break loop
            default: if errno != EAGAIN && errno != EINTR { break loop }
            }
        }
        stop.request()
        answers.close()
        specs.close()
        guard isWholeProcess else { return }
        // A trial that does not end in time goes down with the worker.
        Thread.sleep(forTimeInterval: grace + 1)
        _exit(EXIT_FAILURE)
    }

    private func runTrials() {
        tuner_ignore_broken_pipes_on_this_thread()
        while let line = specs.next() {
            guard !line.isEmpty else { continue }
            answers.clear()
            if !runStack(line) { output.write(.finished(result(of: line))) }
            if output.isBroken { return }
        }
    }

    /// Runs the attempts of a stack; false for a line that is none, or cannot be read.
    private func runStack(_ line: [UInt8]) -> Bool {
        guard let specs = try? TrialProtocol.stack(line) else { return false }
        guard !stop.isRequested else {
            output.write(specs.map { StackedReport(attempt: $0.name, content: .finished(.interrupted)) })
            return true
        }
        StackTrial(specs: specs, output: output, stop: stop, answers: answers, train: trainStack).run()
        return true
    }

    private func result(of line: [UInt8]) -> AttemptResult {
        let spec: AttemptSpec
        do { spec = try TrialProtocol.spec(line) } catch {
            return .failed(reason: "the worker cannot read the attempt: \(error)", permanent: true)
        }
        guard !stop.isRequested else { return .interrupted }
        if let command = spec.command {
            var trial = CommandTrial(
                spec: spec, command: command, output: output, stop: stop, answers: answers, grace: grace)
            return trial.run()
        }
        return EngineTrial(spec: spec, output: output, stop: stop, answers: answers, train: train).run()
    }

    /// Attempts on their way from the reading to the running thread.
    private final class SpecQueue: Sendable {
        private struct State {
            var lines: [[UInt8]] = []
            var isClosed = false
        }
        private let state = Mutex(State())
        private let available = DispatchSemaphore(value: 0)

        func add(_ line: [UInt8]) {
            state.withLock { $0.lines.append(line) }
            available.signal()
        }

        func close() {
            state.withLock { $0.isClosed = true }
            available.signal()
        }

        /// Waits for an attempt; `nil` once closed and empty.
        func next() -> [UInt8]? {
            available.wait()
            return state.withLock { $0.lines.isEmpty ? nil : $0.lines.removeFirst() }
        }
    }
}
