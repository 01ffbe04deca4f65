import Engine
import Foundation
import Synchronization
import Testing

@testable import Tuner

/// A worker that has several attempts at once, seen from its pipe.
@Suite struct StackWorkerTests {
    private func specs(_ folder: ScratchFolder, rates: [Double], awaiting: Bool = false) -> [AttemptSpec] {
        rates.enumerated().map { index, rate in
            var spec = AttemptSpec.sample(in: folder, trial: index + 1)
            spec.workload = .init(name: "quadratic", options: [:])
            spec.optimizer = .init(name: "sgd", options: [:])
            spec.schedule = LearningRateSchedule(shape: .constant)
            spec.hyperparameters = ["learning_rate": .real(rate), "batch_size_tokens": .integer(10)]
            (spec.batchSizeTokens, spec.tokenBudget, spec.steps) = (10, 800, 80)
            spec.checkpointDirectory = folder.url.appending(path: "checkpoint-\(index + 1)").path
            if awaiting { spec.awaitsAnswers = true }
            return spec
        }
    }

    private typealias Said = (observations: [Observation], result: AttemptResult?)

    /// The same attempts one after another.
    private func alone(_ specs: [AttemptSpec]) async throws -> [Said] {
        let worker = InProcessWorker(train: WorkerLoop.builtIn)
        var ends: [Said] = []
        for spec in specs {
            try worker.send(spec)
            ends.append(await worker.untilFinished())
        }
        worker.hangUp()
        _ = await worker.close()
        return ends
    }

    @Test func attemptsInTurnsSayWhatTheySayAlone() async throws {
        try await withScratchFolder { folder in
            let specs = specs(folder, rates: [0.01, 1000, 0.1])
            let expected = try await alone(specs)
            let worker = InProcessWorker(train: WorkerLoop.builtIn)
            try worker.send(stack: specs)
            let stack = await worker.untilStackFinished(specs.map(\.name))
            for (spec, expected) in zip(specs, expected) {
                #expect(stack.results[spec.name] == expected.result)
                let seen = stack.observations[spec.name] ?? []
                #expect(seen.map(\.metrics) == expected.observations.map(\.metrics))
                #expect(seen.map(\.sequence) == expected.observations.map(\.sequence))
                #expect(seen.map(\.tokens) == expected.observations.map(\.tokens))
            }
            guard case .diverged? = stack.results[specs[1].name] else {
                Issue.record("\(String(describing: stack.results[specs[1].name]))")
                return
            }
            // Those that come at the same time are one line.
            #expect(stack.together == [Int](repeating: 2, count: 8))
            // The worker takes single attempts after it.
            try worker.send(specs[0])
            #expect(await worker.untilFinished().result == expected[0].result)
            worker.hangUp()
            #expect(await worker.close() == 0)
        }
    }

    @Test func oneIsStoppedAndOnePausedWhileTheOthersGoOn() async throws {
        try await withScratchFolder { folder in
            let specs = specs(folder, rates: [0.01, 0.02, 0.03, 0.04], awaiting: true)
            var free = specs
            for index in free.indices { free[index].awaitsAnswers = nil }
            let expected = try await alone(free)
            let worker = InProcessWorker(train: WorkerLoop.builtIn)
            try worker.send(stack: specs)
            let (second, third) = (specs[1].name, specs[2].name)
            let stack = await worker.untilStackFinished(specs.map(\.name)) { name, observation in
                var directive = TrialDirective.proceed
                if name == second, observation.sequence == 2 { directive = .stop }
                if name == third, observation.sequence == 3 { directive = .pause }
                return TrialAnswer(attempt: name, sequence: observation.sequence, directive: directive)
            }
            #expect(stack.results[specs[0].name] == expected[0].result)
            #expect(stack.results[specs[3].name] == expected[3].result)
            #expect(stack.results[second] == .stopped)
            #expect(stack.results[third] == .paused)
            #expect(stack.together == [4, 4, 3, 2, 2, 2, 2, 2])
            // The one that was held goes on alone from its checkpoint, to the same end.
            try worker.send(free[2])
            let rest = await worker.untilFinished()
            #expect(rest.result == expected[2].result)
            #expect(rest.observations.map(\.step) == [40, 50, 60, 70, 80])
            worker.hangUp()
            _ = await worker.close()
        }
    }

    @Test func theEndOfTheInputInterruptsAllAndTheyGoOnToTheSameNumbers() async throws {
        try await withScratchFolder { folder in
            var specs = specs(folder, rates: [0.01, 0.02, 0.03])
            for index in specs.indices { specs[index].tokenBudget = 400_000 }
            let expected = try await alone(specs)
            let broken = InProcessWorker(train: WorkerLoop.builtIn)
            try broken.send(stack: specs)
            try await Task.sleep(for: .milliseconds(30))
            broken.hangUp()
            let first = await broken.untilStackFinished(specs.map(\.name))
            _ = await broken.close()
            #expect(specs.allSatisfy { first.results[$0.name] == .interrupted })
            let resumed = InProcessWorker(train: WorkerLoop.builtIn)
            try resumed.send(stack: specs)
            let second = await resumed.untilStackFinished(specs.map(\.name))
            resumed.hangUp()
            _ = await resumed.close()
            for (spec, expected) in zip(specs, expected) {
                #expect(second.results[spec.name] == expected.result)
            }
        }
    }

    @Test func aLibraryFromOutsideIsNotStacked() async throws {
        try await withScratchFolder { folder in
            var specs = specs(folder, rates: [0.01, 0.02])
            for index in specs.indices {
                specs[index].optimizer?.origin = .init(path: "/no/such.so", sha256: "0")
            }
            let worker = InProcessWorker(train: WorkerLoop.builtIn)
            try worker.send(stack: specs)
            let stack = await worker.untilStackFinished(specs.map(\.name))
            #expect(stack.results.values.allSatisfy { $0.reason?.contains("cannot be stacked") == true })
            worker.hangUp()
            _ = await worker.close()
        }
    }

    @Test func reportsTooLongForALineComeInSeveral() async throws {
        let reason = String(repeating: "x", count: 9000)
        let reports = (1...16).map {
            StackedReport(attempt: "td-\($0)", content: .finished(.failed(reason: reason, permanent: true)))
        }
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        let input = ends[0]
        async let lines = DedicatedThread.run("test-reader") { () -> [TrialProtocol.Line] in
            var splitter = LineSplitter()
            var lines: [TrialProtocol.Line] = []
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(input, &bytes, bytes.count)
                guard count > 0 else { return lines }
                bytes.withUnsafeBufferPointer { all in
                    splitter.add(UnsafeBufferPointer(rebasing: all[..<count])) {
                        lines.append(TrialProtocol.parse($0))
                    }
                }
            }
        }
        ProtocolWriter(ends[1]).write(reports)
        close(ends[1])
        let seen = await lines
        #expect(seen.count == 4)
        let all = seen.flatMap { line in
            if case .stacked(let reports) = line { return reports }
            return []
        }
        #expect(all == reports)
        close(ends[0])
    }
}

/// The daemon's side: what becomes of the attempts of a stack when the worker does this or that.
@Suite struct StackPoolTests {
    /// A worker in another language. What it does with a stack depends on its first trial's number.
    private static let worker = """
        import json, os, signal, sys, time
        def say(thing): print(json.dumps(thing), flush=True)
        names = []
        def stop(*_):
            say({"stacked": [{"attempt": n, "finished": {"outcome": "interrupted"}} for n in names]}); sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        for line in sys.stdin:
            specs = json.loads(line)
            if "stack" not in specs:
                say({"finished": {"outcome": "completed", "metrics": {"validation_loss": 0.0}}}); continue
            specs = specs["stack"]
            names = [s["name"] for s in specs]
            kind = specs[0]["trial"]
            def done(part):
                say({"stacked": [{"attempt": s["name"], "finished": {"outcome": "completed",
                    "metrics": {"validation_loss": float(s["trial"])}}} for s in part]})
            say({"stacked": [{"attempt": s["name"], "observation": {"sequence": 1, "step": 1, "tokens": s["trial"],
                "metrics": {"pid": os.getpid()}, "elapsed_seconds": 0}} for s in specs]})
            if kind == 100:
                done(specs[:1]); print("about to crash", file=sys.stderr, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            if kind == 200: time.sleep(600)
            if kind == 300: done([{"name": "td-other", "trial": 7}] + specs[:1] + specs[:1])
            done(specs)
        """

    private final class Ends: Sendable {
        private let state = Mutex((results: [Int: [AttemptResult]](), observations: 0, pid: 0.0))
        var results: [Int: [AttemptResult]] { state.withLock(\.results) }
        var observations: Int { state.withLock(\.observations) }
        var pid: Int { Int(state.withLock(\.pid)) }

        func stack(_ specs: [AttemptSpec]) -> AttemptStack {
            AttemptStack(
                specs: specs,
                answer: { seen in
                    self.state.withLock {
                        $0.observations += seen.count
                        $0.pid = seen.first?.content.metrics["pid"] ?? 0
                    }
                    return seen.map { _ in .proceed }
                },
                ended: { ends in
                    self.state.withLock { state in
                        for end in ends { state.results[end.index, default: []].append(end.content) }
                    }
                })
        }
    }

    private func withPool(_ body: (WorkerPool, ScratchFolder) async throws -> Void) async throws {
        try await withScratchFolder { folder in
            let script = folder.url.appending(path: "worker.py")
            try Self.worker.write(to: script, atomically: true, encoding: .utf8)
            let pool = WorkerPool(
                .init(
                    executable: "python3", arguments: [script.path], slots: 1,
                    environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], grace: 0.5))
            try await body(pool, folder)
            await pool.shutDown()
        }
    }

    private func specs(_ folder: ScratchFolder, from first: Int) -> [AttemptSpec] {
        (first..<(first + 3)).map { .sample(in: folder, trial: $0) }
    }

    @Test func everyAttemptEndsOnceAndTheWorkerStays() async throws {
        try await withPool { pool, folder in
            var pids: Set<Int> = []
            for first in [1, 300, 4] {
                let ends = Ends()
                await pool.run(stack: ends.stack(specs(folder, from: first)))
                #expect(ends.observations == 3)
                #expect(
                    ends.results
                        == Dictionary(
                            uniqueKeysWithValues: (0..<3).map {
                                ($0, [.completed(metrics: ["validation_loss": Double(first + $0)])])
                            }))
                pids.insert(ends.pid)
            }
            #expect(pids.count == 1)
            let single = await pool.run(.sample(in: folder), timeout: nil) { _ in }
            #expect(single == .completed(metrics: ["validation_loss": 0]))
        }
    }

    @Test func aCrashFailsThoseThatHadNotEndedAndSaysThatTheyWereSeveral() async throws {
        try await withPool { pool, folder in
            let ends = Ends()
            await pool.run(stack: ends.stack(specs(folder, from: 100)))
            #expect(ends.results[0] == [.completed(metrics: ["validation_loss": 100])])
            for index in 1...2 {
                let result = try #require(ends.results[index]?.first)
                #expect(ends.results[index]?.count == 1)
                #expect(result.reason?.contains("SIGKILL") == true)
                #expect(result.reason?.contains("about to crash") == true)
                #expect(result.reason?.contains("one of 3 trials") == true)
                #expect(!result.isPermanentFailure)
            }
        }
    }

    @Test func cancellingTheTaskInterruptsAllOfThem() async throws {
        try await withPool { pool, folder in
            let ends = Ends()
            let stack = ends.stack(specs(folder, from: 200))
            let task = Task { await pool.run(stack: stack) }
            #expect(await eventually { ends.observations == 3 })
            task.cancel()
            await task.value
            #expect(ends.results == [0: [.interrupted], 1: [.interrupted], 2: [.interrupted]])
            let pid = ends.pid
            #expect(await eventually { !isRunning(pid) })
        }
    }

    @Test func aWorkerThatDiedWhileIdleCostsNobodyAnAttempt() async throws {
        try await withPool { pool, folder in
            let first = Ends()
            await pool.run(stack: first.stack(specs(folder, from: 1)))
            kill(pid_t(first.pid), SIGKILL)
            let second = Ends()
            await pool.run(stack: second.stack(specs(folder, from: 4)))
            #expect(second.results.values.allSatisfy { $0.count == 1 && $0[0].reason == nil })
            #expect(second.results.count == 3)
        }
    }
}
