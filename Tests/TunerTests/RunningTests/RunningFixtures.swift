import Engine
import Foundation
import Synchronization

@testable import Tuner

extension AttemptSpec {
    /// An attempt in a scratch folder; a command when arguments are given, else an engine trial.
    static func sample(
        in folder: ScratchFolder, _ arguments: [String]? = nil, trial: Int = 1, pattern: String? = nil,
        memoryLimit: Int? = nil, environment: [String: String] = [:]
    ) -> AttemptSpec {
        var spec = AttemptSpec(
            sweep: "sample", trial: trial, attempt: 1, name: "td-00000000-\(trial)-1", token: "secret",
            hyperparameters: ["learning_rate": .real(0.1)], tokenBudget: 1000, batchSizeTokens: 100,
            steps: 10, seed: 7,
            directory: folder.url.appending(path: "attempts/\(trial)/1").path)
        if let arguments {
            spec.command = CommandSpec(
                arguments: arguments, workingDirectory: folder.url.path, environment: environment,
                pattern: pattern,
                memoryLimit: memoryLimit)
        } else {
            spec.workload = NamedOptions(name: "fake", options: [:])
            spec.optimizer = NamedOptions(name: "sgd", options: ["momentum": .real(0.5)])
        }
        return spec
    }

    /// A shell script as a command.
    static func script(
        in folder: ScratchFolder, _ text: String, pattern: String? = nil, memoryLimit: Int? = nil
    ) -> AttemptSpec {
        sample(in: folder, ["/bin/sh", "-c", text], pattern: pattern, memoryLimit: memoryLimit)
    }
}

/// A worker loop in this process, talked to through pipes.
final class InProcessWorker: Sendable {
    private let input: Int32
    private let output: Int32
    private let splitter = Mutex((splitter: LineSplitter(), lines: [TrialProtocol.Line]()))
    private let loop: Task<Int32, Never>

    init(train: @escaping WorkerLoop.Training = { _, _, _, _ in throw TunerError(.failed, "no engine here") })
    {
        var toWorker: [Int32] = [-1, -1], fromWorker: [Int32] = [-1, -1]
        pipe(&toWorker)
        pipe(&fromWorker)
        input = toWorker[1]
        output = fromWorker[0]
        let (reads, writes) = (toWorker[0], fromWorker[1])
        loop = Task {
            let worker = WorkerLoop(input: reads, output: writes, isWholeProcess: false, train: train)
            let status = await worker.run()
            Foundation.close(reads)
            Foundation.close(writes)
            return status
        }
    }

    func send(_ spec: AttemptSpec) throws {
        let line = Array(try TrialProtocol.line(spec))
        write(input, line, line.count)
    }

    func send(stack specs: [AttemptSpec]) throws {
        let line = Array(try TrialProtocol.line(stack: specs))
        write(input, line, line.count)
    }

    func send(_ answer: TrialAnswer) throws {
        let line = Array(try TrialProtocol.line(answer))
        write(input, line, line.count)
    }

    /// Ends the worker's input, as the end of a daemon does.
    func hangUp() { Foundation.close(input) }

    /// Reads lines until an attempt is finished.
    ///
    /// - Parameter answer: what the trial is told in answer to an observation, if anything.
    /// - Returns: what it said.
    func untilFinished(
        answer: @escaping @Sendable (Observation) throws -> TrialAnswer? = { _ in nil }
    ) async -> (observations: [Observation], result: AttemptResult?) {
        await DedicatedThread.run("test-reader") { [self] in
            var observations: [Observation] = []
            while let line = nextLine() {
                switch line {
                case .observation(let observation):
                    observations.append(observation)
                    if let reply = try? answer(observation) { try? send(reply) }
                case .finished(let result): return (observations, result)
                case .started, .stacked, .log: break
                }
            }
            return (observations, nil)
        }
    }

    /// Reads lines until all attempts of a stack are finished.
    ///
    /// - Parameters:
    ///   - names: of the attempts.
    ///   - answer: what an attempt is told in answer to an observation, if anything.
    /// - Returns: what each said, and how many observations came in each line.
    func untilStackFinished(
        _ names: [String],
        answer: @escaping @Sendable (String, Observation) throws -> TrialAnswer? = { _, _ in nil }
    ) async -> (observations: [String: [Observation]], results: [String: AttemptResult], together: [Int]) {
        await DedicatedThread.run("test-reader") { [self] in
            var observations: [String: [Observation]] = [:]
            var results: [String: AttemptResult] = [:]
            var together: [Int] = []
            while results.count < names.count, let line = nextLine() {
                guard case .stacked(let reports) = line else { continue }
                let seen = reports.compactMap { report -> (String, Observation)? in
                    if case .observation(let observation) = report.content {
                        return (report.attempt, observation)
                    }
                    return nil
                }
                if !seen.isEmpty { together.append(seen.count) }
                for (name, observation) in seen {
                    observations[name, default: []].append(observation)
                    if let reply = try? answer(name, observation) { try? send(reply) }
                }
                for report in reports {
                    if case .finished(let result) = report.content { results[report.attempt] = result }
                }
            }
            return (observations, results, together)
        }
    }

    /// Waits for the end of the loop and frees what is held.
    func close() async -> Int32 {
        let status = await loop.value
        Foundation.close(output)
        return status
    }

    private func nextLine() -> TrialProtocol.Line? {
        while true {
            if let line = splitter.withLock({ $0.lines.isEmpty ? nil : $0.lines.removeFirst() }) {
                return line
            }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(output, &bytes, bytes.count)
            guard count > 0 else { return nil }
            splitter.withLock { state in
                var lines: [TrialProtocol.Line] = []
                bytes.withUnsafeBufferPointer { all in
                    state.splitter.add(UnsafeBufferPointer(rebasing: all[..<count])) {
                        lines.append(TrialProtocol.parse($0))
                    }
                }
                state.lines += lines
            }
        }
    }
}

/// Runs one command attempt in an in-process worker.
func runCommand(_ spec: AttemptSpec) async throws -> (observations: [Observation], result: AttemptResult?) {
    let worker = InProcessWorker()
    try worker.send(spec)
    let outcome = await worker.untilFinished()
    worker.hangUp()
    _ = await worker.close()
    return outcome
}

/// Gathers observations.
final class Observations: Sendable {
    private let list = Mutex([Observation]())
    var all: [Observation] { list.withLock { $0 } }
    func add(_ observation: Observation) { list.withLock { $0.append(observation) } }
}

/// Whether a process exists and is no zombie.
func isRunning(_ pid: Int) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return status.split(separator: ")").last?.split(separator: " ").first != "Z"
}

extension AttemptResult {
    /// The reason of a failure.
    var reason: String? {
        if case .failed(let reason, _) = self { return reason }
        return nil
    }
    var isPermanentFailure: Bool {
        if case .failed(_, true) = self { return true }
        return false
    }
}
