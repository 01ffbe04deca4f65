import Foundation
import Testing

@testable import Tuner

@Suite struct WorkerPoolTests {
    /// A worker in another language: what it does with a trial depends on the trial's number.
    private static let worker = """
        import json, os, signal, sys, time
        def say(thing): print(json.dumps(thing), flush=True)
        def stop(*_):
            say({"finished": {"outcome": "interrupted"}}); sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        for line in sys.stdin:
            spec = json.loads(line)
            n = spec["trial"]
            print("threads", os.environ["OPENBLAS_NUM_THREADS"], flush=True)
            say({"observation": {"sequence": 1, "step": 1, "tokens": n, "metrics": {"pid": os.getpid()}, "elapsed_seconds": 0}})
            if n == 13: print("about to crash", file=sys.stderr, flush=True); os.kill(os.getpid(), signal.SIGSEGV)
            if n == 14: print("cannot go on", flush=True); sys.exit(5)
            if n == 15: time.sleep(600)
            if n == 16: signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)
            if n == 17: print("x" * 300000, flush=True)
            say({"finished": {"outcome": "completed", "metrics": {"validation_loss": float(n)}}})
        """

    private func withPool<Value>(
        slots: Int = 2, grace: Double = 0.5, _ body: (WorkerPool, ScratchFolder) async throws -> Value
    )
        async throws -> Value
    {
        try await withScratchFolder { folder in
            let script = folder.url.appending(path: "worker.py")
            try Self.worker.write(to: script, atomically: true, encoding: .utf8)
            let pool = WorkerPool(
                .init(
                    executable: "python3", arguments: [script.path], slots: slots,
                    environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], grace: grace, cores: 6))
            let value = try await body(pool, folder)
            await pool.shutDown()
            return value
        }
    }

    @Test func oneWarmWorkerTakesTrialAfterTrial() async throws {
        try await withPool { pool, folder in
            let seen = Observations()
            for trial in 1...5 {
                let result = await pool.run(.sample(in: folder, trial: trial), timeout: nil) { seen.add($0) }
                #expect(result == .completed(metrics: ["validation_loss": Double(trial)]))
            }
            #expect(seen.all.map(\.tokens) == [1, 2, 3, 4, 5])
            #expect(Set(seen.all.compactMap { $0.metrics["pid"] }).count == 1)
            let log = AttemptDirectory(path: AttemptSpec.sample(in: folder).directory).logTail(bytes: 1000)
            #expect(log == "threads 3\n")
        }
    }

    @Test func noMoreWorkersThanSlots() async throws {
        try await withPool { pool, folder in
            let seen = Observations()
            await withTaskGroup(of: Void.self) { group in
                for trial in 1...8 {
                    group.addTask {
                        _ = await pool.run(.sample(in: folder, trial: trial), timeout: nil) { seen.add($0) }
                    }
                }
            }
            #expect(seen.all.count == 8)
            #expect(Set(seen.all.compactMap { $0.metrics["pid"] }).count <= 2)
        }
    }

    @Test func aCrashIsOneFailedAttemptAndTheWorkerIsReplaced() async throws {
        try await withPool(slots: 1) { pool, folder in
            let crashed = await pool.run(.sample(in: folder, trial: 13), timeout: nil) { _ in }
            #expect(crashed.reason?.contains("SIGSEGV") == true)
            #expect(crashed.reason?.contains("about to crash") == true)
            #expect(!crashed.isPermanentFailure)
            let exited = await pool.run(.sample(in: folder, trial: 14), timeout: nil) { _ in }
            #expect(exited.reason?.contains("status 5") == true)
            #expect(exited.reason?.contains("cannot go on") == true)
            let next = await pool.run(.sample(in: folder, trial: 2), timeout: nil) { _ in }
            #expect(next == .completed(metrics: ["validation_loss": 2]))
        }
    }

    @Test func aWorkerThatDiedWhileIdleCostsNoAttempt() async throws {
        try await withPool(slots: 1) { pool, folder in
            let seen = Observations()
            _ = await pool.run(.sample(in: folder, trial: 1), timeout: nil) { seen.add($0) }
            let pid = try #require(seen.all.first?.metrics["pid"])
            kill(pid_t(pid), SIGKILL)
            let next = await pool.run(.sample(in: folder, trial: 2), timeout: nil) { _ in }
            #expect(next == .completed(metrics: ["validation_loss": 2]))
        }
    }

    @Test(arguments: [15, 16])
    func aTrialBeyondItsTimeFailsAndItsWorkerIsReplaced(_ trial: Int) async throws {
        try await withPool(slots: 1) { pool, folder in
            let result = await pool.run(.sample(in: folder, trial: trial), timeout: 0.3) { _ in }
            #expect(result.reason?.contains("trial_timeout") == true)
            let next = await pool.run(.sample(in: folder, trial: 2), timeout: 30) { _ in }
            #expect(next == .completed(metrics: ["validation_loss": 2]))
        }
    }

    @Test(arguments: [15, 16])
    func cancellingTheTaskEndsTheProcess(_ trial: Int) async throws {
        try await withPool(slots: 1) { pool, folder in
            let seen = Observations()
            let task = Task {
                await pool.run(.sample(in: folder, trial: trial), timeout: nil) { seen.add($0) }
            }
            #expect(await eventually { !seen.all.isEmpty })
            task.cancel()
            #expect(await task.value == .interrupted)
            let pid = try #require(seen.all.first?.metrics["pid"])
            #expect(await eventually { !isRunning(Int(pid)) })
        }
    }

    @Test func aShutDownInterruptsWhatRunsAndRefusesMore() async throws {
        try await withPool(slots: 2) { pool, folder in
            let seen = Observations()
            async let first = pool.run(.sample(in: folder, trial: 15), timeout: nil) { seen.add($0) }
            #expect(await eventually { !seen.all.isEmpty })
            await pool.shutDown()
            #expect(await first == .interrupted)
            #expect(await pool.run(.sample(in: folder), timeout: nil) { _ in } == .interrupted)
        }
    }

    @Test func outputThatIsNoProtocolIsLogHoweverLong() async throws {
        try await withPool(slots: 1) { pool, folder in
            let result = await pool.run(.sample(in: folder, trial: 17), timeout: nil) { _ in }
            #expect(result == .completed(metrics: ["validation_loss": 17]))
        }
    }

    @Test func aWorkerThatCannotStartIsAFailedAttempt() async throws {
        try await withScratchFolder { folder in
            let pool = WorkerPool(.init(executable: "/no/such/worker", slots: 1))
            let result = await pool.run(.sample(in: folder), timeout: nil) { _ in }
            #expect(result.reason?.contains("/no/such/worker") == true)
            await pool.shutDown()
        }
    }
}
