public import Foundation

/// Runs attempts on warm worker processes, at most one per slot.
///
///     let pool = WorkerPool(.init(slots: 2))
///     let result = await pool.run(spec, timeout: 600) { observation in ... }
///     await pool.shutDown()
///
/// A worker is started when an attempt needs one, kept while it behaves, and replaced after a crash. Any program that
/// speaks the trial protocol can be a worker.
public actor WorkerPool: TrialRunner {
    /// How workers are started.
    public struct Configuration: Sendable {
        /// Program; default this one, whatever has happened to its file since.
        public var executable: String
        /// Its arguments.
        public var arguments: [String]
        /// Workers at once.
        public var slots: Int
        /// Environment of a worker; `OPENBLAS_NUM_THREADS` is set to the cores of one slot.
        public var environment: [String: String]
        /// Seconds between asking a trial to end and killing it.
        public var grace: Double
        /// Cores shared by the slots.
        public var cores: Int

        /// Defaults: this program as `worker` with this process's environment.
        public init(
            executable: String = "/proc/self/exe", arguments: [String] = ["worker"], slots: Int,
            environment: [String: String] = ProcessInfo.processInfo.environment, grace: Double = 10,
            cores: Int = ProcessInfo.processInfo.activeProcessorCount
        ) {
            self.executable = executable
            self.arguments = arguments
            self.slots = max(1, slots)
            self.environment = environment
            self.grace = grace
            self.cores = max(1, cores)
        }

        /// A worker ends its own command within the grace time; it is given a little longer itself.
        var launch: ChildLaunch {
            var environment = WorkerPool.forWorkers(environment)
            environment["OPENBLAS_NUM_THREADS"] = "\(max(1, cores / slots))"
            environment[WorkerLoop.graceVariable] = "\(grace)"
            return ChildLaunch(
                arguments: [executable] + arguments, environment: environment, parentDeathSignal: SIGTERM,
                takesInput: true, grace: grace + 2)
        }
    }

    /// An environment without what a service manager addresses to the daemon alone.
    static func forWorkers(_ environment: [String: String]) -> [String: String] {
        let own: Set = [
            "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID",
        ]
        return environment.filter { !own.contains($0.key) }
    }

    private let configuration: Configuration
    private var idle: [WorkerProcess] = []
    private var busy: [ObjectIdentifier: WorkerProcess] = [:]
    private var inUse = 0
    private var isClosed = false
    private var queue: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    private var nextID = 0

    /// A pool; no process is started yet.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// Runs one attempt to its end; see `TrialRunner`.
    public func run(
        _ spec: AttemptSpec, timeout: Double?,
        answer: @escaping @Sendable (Observation) async -> TrialDirective
    ) async -> AttemptResult {
        let result = await withWorker { worker in
            let outcome = await worker.perform(spec, timeout: timeout, answer: answer)
            return (outcome.result, outcome.isReusable, outcome.wasNeverTaken)
        }
        if isClosed, case .failed? = result { return .interrupted }
        return result ?? .interrupted
    }

    /// Runs the attempts of a stack on one worker; see `TrialRunner`.
    public func run(stack: AttemptStack) async {
        let rest = await withWorker { worker in
            let outcome = await worker.perform(stack)
            return (outcome.unfinished, outcome.isReusable, outcome.wasNeverTaken)
        }
        let unfinished = rest ?? .init(indices: Set(stack.specs.indices), result: .interrupted)
        let result = isClosed ? .interrupted : unfinished.result
        await stack.ended(unfinished.indices.sorted().map { .init(index: $0, content: result) })
    }

    /// Lends a worker in a slot of its own, another one when the first was gone before it took anything.
    ///
    /// - Parameter body: uses the worker; says what came of it, whether the worker can be used again, and whether it was
    ///   gone before it said anything.
    /// - Returns: what came of it; `nil` when the caller was cancelled or the pool closed first.
    private func withWorker<Value: Sendable>(
        _ body: @Sendable (WorkerProcess) async -> (value: Value, isReusable: Bool, wasNeverTaken: Bool)
    ) async -> Value? {
        guard await takeSlot() else { return nil }
        defer { freeSlot() }
        while true {
            guard !isClosed, !Task.isCancelled else { return nil }
            let worker = takeWorker()
            let wasWarm = worker.isWarm
            let outcome = await body(worker)
            busy[ObjectIdentifier(worker)] = nil
            if outcome.isReusable, worker.isAlive, !isClosed {
                idle.append(worker)
            } else if worker.isAlive {
                worker.terminate()
                await worker.waitForEnd()
            }
            // An idle worker may die unseen (memory, an administrator): that is no attempt of the trial.
            if outcome.wasNeverTaken && wasWarm { continue }
            return outcome.value
        }
    }

    /// Ends all workers; attempts under way are asked for a checkpoint and return `.interrupted`.
    public func shutDown() async {
        isClosed = true
        queue.forEach { $0.continuation.resume(returning: false) }
        queue = []
        let (resting, working) = (idle, Array(busy.values))
        idle = []
        working.forEach { $0.terminate() }
        await withTaskGroup(of: Void.self) { group in
            for worker in resting { group.addTask { await worker.close() } }
        }
        // The callers of `run` are told by the ends of their workers.
        while inUse > 0 { try? await Task.sleep(for: .milliseconds(10)) }
    }

    private func takeWorker() -> WorkerProcess {
        while let worker = idle.popLast() {
            guard worker.isAlive else { continue }
            busy[ObjectIdentifier(worker)] = worker
            return worker
        }
        let worker = WorkerProcess(configuration.launch)
        busy[ObjectIdentifier(worker)] = worker
        return worker
    }

    /// Waits for a slot, first come first served; `false` when the caller is cancelled or the pool closes first.
    private func takeSlot() async -> Bool {
        guard !isClosed, !Task.isCancelled else { return false }
        if inUse < configuration.slots {
            inUse += 1
            return true
        }
        let id = nextID
        nextID += 1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: false)
                } else {
                    queue.append((id, continuation))
                }
            }
        } onCancel: {
            Task { await self.leaveQueue(id) }
        }
    }

    private func leaveQueue(_ id: Int) {
        guard let index = queue.firstIndex(where: { $0.id == id }) else { return }
        queue.remove(at: index).continuation.resume(returning: false)
    }

    /// Hands the slot to the next in the queue, or frees it.
    private func freeSlot() {
        if queue.isEmpty { inUse -= 1 } else { queue.removeFirst().continuation.resume(returning: true) }
    }
}
