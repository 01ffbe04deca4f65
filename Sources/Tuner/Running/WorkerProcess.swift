import Foundation
import Synchronization

/// A warm worker: a child process that takes attempts on its standard input, one after another.
final class WorkerProcess: Sendable {
    /// How an attempt went, and whether the worker can take another.
    struct Outcome: Sendable {
        var result: AttemptResult
        var isReusable: Bool
        /// The worker was gone before it said anything about the attempt.
        var wasNeverTaken = false
    }

    struct Stop {
        var isCancelled = false
        var hasTimedOut = false
    }

    let child: ChildProcess
    let queue = LineQueue()
    /// Attempts it has finished.
    let finished = Mutex(0)

    /// Starts a worker on a thread that stays as long as the process does.
    init(_ launch: ChildLaunch) {
        child = ChildProcess(launch)
        DedicatedThread.start("tuner-worker-watch") { [child, queue] in
            do throws(TunerError) {
                let exit = try child.run(isReady: { queue.isReady }) { queue.add($0, $1) }
                queue.end(.success(exit))
            } catch {
                queue.end(.failure(error))
            }
        }
    }

    /// Whether the process is still there, as far as is known.
    var isAlive: Bool { !queue.hasEnded }

    /// Whether it has finished an attempt before.
    var isWarm: Bool { finished.withLock { $0 > 0 } }

    /// Runs one attempt; see `TrialRunner.run`.
    func perform(
        _ spec: AttemptSpec, timeout: Double?,
        answer: @escaping @Sendable (Observation) async -> TrialDirective
    ) async -> Outcome {
        let line: Data
        do { line = try TrialProtocol.line(spec) } catch {
            return Outcome(result: .failed(reason: "\(error)", permanent: true), isReusable: true)
        }
        let stop = StopReason()
        return await withTaskCancellationHandler {
            if stop.isCancelled { return Outcome(result: .interrupted, isReusable: false) }
            let alarm = timeout.map { seconds in
                Task { [child] in
                    try await Task.sleep(for: .seconds(seconds))
                    stop.timeOut()
                    child.terminate()
                }
            }
            defer { alarm?.cancel() }
            queue.clear()
            child.send(line)
            return await follow(spec, timeout: timeout, stop: stop, answer)
        } onCancel: {
            stop.cancel()
            child.terminate()
        }
    }

    /// Asks the worker to end: an attempt under way writes a checkpoint first.
    func terminate() { child.terminate() }

    /// Lets an idle worker go, and waits until it is gone.
    func close() async {
        child.closeInput()
        let alarm = Task { [child] in
            try await Task.sleep(for: .seconds(1))
            child.terminate()
        }
        await waitForEnd()
        alarm.cancel()
    }

    /// Waits until the process is gone.
    func waitForEnd() async {
        while true {
            if case .ended = await queue.next() { return }
        }
    }

    /// Reads what the worker says until the attempt is over.
    private func follow(
        _ spec: AttemptSpec, timeout: Double?, stop: StopReason,
        _ answer: @Sendable (Observation) async -> TrialDirective
    ) async -> Outcome {
        var tail: [String] = []
        var log = LogFile(AttemptDirectory(path: spec.directory), "worker.log", limit: 1024 * 1024)
        var hasSpoken = false
        while true {
            switch await queue.next() {
            case .line(.output, let bytes):
                hasSpoken = true
                switch TrialProtocol.parse(bytes) {
                case .observation(let observation):
                    send(await answer(observation), to: observation, of: spec)
                case .started(let group): child.setCompanion(group)
                case .finished(let result):
                    child.setCompanion(nil)
                    finished.withLock { $0 += 1 }
                    return await conclude(result, timeout: timeout, stop: stop)
                case .log(let text):
                    Self.keep(text, in: &tail)
                    log.add(bytes)
                case .stacked: Self.keep("a report of a stack, where there is none", in: &tail)
                }
            case .line(.error, let bytes):
                Self.keep(String(decoding: bytes, as: UTF8.self), in: &tail)
                log.add(bytes)
            case .ended(let end):
                let result = Self.result(ofEnd: end, tail: tail, timeout: timeout, stop: stop)
                return Outcome(
                    result: result, isReusable: false, wasNeverTaken: !hasSpoken && !stop.isStopping)
            }
        }
    }

    /// Tells the worker what was decided: always when the attempt waits for it, else only when it is to end.
    func send(_ directive: TrialDirective, to observation: Observation, of spec: AttemptSpec) {
        guard spec.awaitsAnswers == true || directive != .proceed else { return }
        let answer = TrialAnswer(
            attempt: spec.name, sequence: observation.sequence, directive: directive)
        if let line = try? TrialProtocol.line(answer) { child.send(line) }
    }

    /// The worker's own answer, read in the light of what was asked of it.
    private func conclude(_ result: AttemptResult, timeout: Double?, stop: StopReason) async -> Outcome {
        guard stop.isStopping || result == .interrupted else {
            return Outcome(result: result, isReusable: true)
        }
        child.terminate()
        await waitForEnd()
        if case .completed = result { return Outcome(result: result, isReusable: false) }
        if stop.hasTimedOut { return Outcome(result: Self.timedOut(timeout), isReusable: false) }
        return Outcome(result: stop.isCancelled ? .interrupted : result, isReusable: false)
    }

    static func result(
        ofEnd end: Result<ChildExit, TunerError>, tail: [String], timeout: Double?, stop: StopReason
    ) -> AttemptResult {
        if stop.isCancelled { return .interrupted }
        if stop.hasTimedOut { return timedOut(timeout) }
        switch end {
        case .failure(let error):
            return .failed(reason: "the worker did not start: \(error)", permanent: false)
        case .success(let exit):
            var reason = "the worker \(exit.summary) in the middle of the trial"
            if !tail.isEmpty { reason += "; its last lines:\n" + tail.joined(separator: "\n") }
            return .failed(reason: reason, permanent: false)
        }
    }

    private static func timedOut(_ timeout: Double?) -> AttemptResult {
        let limit = timeout.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" } ?? "?"
        return .failed(
            reason: "it took longer than trial_timeout, \(limit) s, and was ended", permanent: false)
    }

    /// Keeps the last lines for a message.
    static func keep(_ line: String, in tail: inout [String]) {
        tail.append(String(line.prefix(400)))
        if tail.count > 10 { tail.removeFirst() }
    }

    /// Why an attempt is being ended.
    final class StopReason: Sendable {
        private let state = Mutex(Stop())
        var isCancelled: Bool { state.withLock(\.isCancelled) }
        var hasTimedOut: Bool { state.withLock(\.hasTimedOut) }
        var isStopping: Bool { state.withLock { $0.isCancelled || $0.hasTimedOut } }
        func cancel() { state.withLock { $0.isCancelled = true } }
        func timeOut() { state.withLock { $0.hasTimedOut = true } }
    }
}
