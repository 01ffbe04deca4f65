import CTunerSystem
import Foundation
import Synchronization

/// One child process in a process group of its own, watched by the thread that runs it.
///
///     let child = ChildProcess(ChildLaunch(arguments: ["sh", "-c", "echo hi"], environment: [:]))
///     let exit = try child.run { source, line in print(source, String(decoding: line, as: UTF8.self)) }
///     exit.status            // .exited(0)
///
/// `run` keeps its thread until the process is reaped, so it is called on a thread of its own and never in the
/// cooperative pool; everything else may be called from anywhere. When the process ends, what is left of its group
/// is killed before it is reaped (while its id cannot be anybody else's). No zombie and no descriptor stays.
final class ChildProcess: Sendable {
    /// Where a line came from.
    enum Source: Sendable { case output, error }

    private struct State {
        var pid: pid_t?
        /// Another group to kill with ours.
        var companion: pid_t?
        var isStopping = false
        var killAt: ContinuousClock.Instant?
        var input: [UInt8] = []
        var closesInput = false
        var wake: Int32?
    }

    private let launch: ChildLaunch
    private let state = Mutex(State())

    init(_ launch: ChildLaunch) { self.launch = launch }

    /// Starts the process and stays until it is gone.
    ///
    /// - Parameters:
    ///   - started: called with the process id, which is also its group, before any line.
    ///   - isReady: asked before more output is read; while it says no, the process waits for room in its pipe.
    ///   - lookInterval: seconds between calls of `onLook`; `nil`: it is not called.
    ///   - onLook: called on this thread now and then while the process lives.
    ///   - onLine: called on this thread with every line of at most 64 KiB; longer ones are cut.
    /// - Returns: how it ended.
    /// - Throws: `failed` when it cannot be started.
    func run(
        started: (pid_t) -> Void = { _ in }, isReady: () -> Bool = { true },
        lookInterval: Double? = nil, onLook: () -> Void = {}, onLine: (Source, [UInt8]) -> Void
    ) throws(TunerError) -> ChildExit {
        tuner_ignore_broken_pipes_on_this_thread()
        var wake: [Int32] = [-1, -1]
        guard tuner_pipe(&wake) == 0 else {
            throw TunerError(.failed, "cannot make a pipe: too many open files")
        }
        let process: ChildLaunch.Started
        do { process = try launch.start() } catch {
            wake.forEach { close($0) }
            throw error
        }
        var watch = ChildWatch(process, wake: wake[0])
        let wasStopped = state.withLock { state in
            state.pid = process.pid
            state.wake = wake[1]
            return state.isStopping
        }
        if wasStopped { signalGroup(SIGTERM) }
        started(process.pid)
        var nextLook = lookInterval.map { ContinuousClock.now + .seconds($0) }
        while !watch.hasExited {
            let (input, closesInput, killAt) = state.withLock { ($0.input, $0.closesInput, $0.killAt) }
            let written = watch.step(
                input: input, closesInput: closesInput, readsOutput: isReady(),
                deadline: [killAt, nextLook].compactMap { $0 }.min(), onLine)
            state.withLock { $0.input.removeFirst(min(written, $0.input.count)) }
            if let killAt, killAt <= .now { kill() }
            if let due = nextLook, let lookInterval, due <= .now {
                onLook()
                nextLook = .now + .seconds(lookInterval)
            }
        }
        // The leader is a zombie: its group's number is still taken, so this hits nobody else.
        kill()
        watch.drain(onLine)
        state.withLock { state in
            state.pid = nil
            state.wake = nil
        }
        let exit = watch.reap()
        wake.forEach { close($0) }
        return exit
    }

    /// Queues bytes for the standard input.
    func send(_ data: Data) {
        state.withLock { state in
            state.input += data
            nudge(state)
        }
    }

    /// Closes the standard input once everything queued is written.
    func closeInput() {
        state.withLock { state in
            state.closesInput = true
            nudge(state)
        }
    }

    /// Asks the group to end (TERM), and kills it after the grace time. Before the start: it is ended at once.
    func terminate() {
        let isFirst = state.withLock { state in
            let isFirst = !state.isStopping
            state.isStopping = true
            if isFirst { state.killAt = .now + .seconds(launch.grace) }
            nudge(state)
            return isFirst
        }
        if isFirst { signalGroup(SIGTERM) }
    }

    /// Kills the group, and the companion's.
    func kill() {
        signalGroup(SIGKILL)
        state.withLock { state in
            if let companion = state.companion { Foundation.kill(-companion, SIGKILL) }
            state.companion = nil
            state.killAt = state.killAt.map { _ in .now + .seconds(1) }
        }
    }

    /// A further process group to kill with this one: that of a program the process runs for us.
    func setCompanion(_ group: pid_t?) {
        state.withLock { $0.companion = group.flatMap { $0 > 1 ? $0 : nil } }
    }

    private func signalGroup(_ signal: Int32) {
        // Under the lock: the process is not reaped meanwhile.
        state.withLock { state in
            if let pid = state.pid { Foundation.kill(-pid, signal) }
        }
    }

    private func nudge(_ state: borrowing State) {
        guard let wake = state.wake else { return }
        var byte: UInt8 = 1
        write(wake, &byte, 1)
    }
}
