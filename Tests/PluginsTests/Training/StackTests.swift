import Foundation
import Testing

@testable import Engine
@testable import Plugins

/// Runs that take turns on one thread, beside the same runs alone.
@Suite struct StackTests {
    /// What a run reported, and how it ended.
    private struct Record: Equatable {
        var observations: [TrainingObservation] = []
        var outcome: TrainingOutcome?
        var failure: String?
    }

    /// A problem with an optimizer, small enough for a test.
    struct Case: Sendable, CustomTestStringConvertible {
        var workload: String
        var options: [String: HyperparameterValue] = [:]
        var optimizer = "sgd"
        var batch = 32
        var rate = 0.05

        var testDescription: String { "\(workload) with \(optimizer), batch \(batch)" }

        /// A job of it.
        func job(rate: Double, momentum: Double, seed: UInt64 = 5, folder: URL? = nil) -> TrainingJob {
            var hyperparameters: [String: HyperparameterValue] = ["learning_rate": .real(rate)]
            if workload != "stream-least-squares" { hyperparameters["momentum"] = .real(momentum) }
            return TrainingJob(
                workload: workload, workloadOptions: options, hyperparameters: hyperparameters,
                batchSizeTokens: batch, tokenBudget: 40 * batch, seed: seed, checkpointDirectory: folder)
        }
    }

    static let cases: [Case] = [
        Case(workload: "stream-least-squares"),
        Case(workload: "quadratic", options: ["tail_index": .real(3)]),
        Case(workload: "quadratic", optimizer: "sign-sgd", rate: 0.01),
        Case(workload: "matrix-regression", optimizer: "muon"),
        Case(workload: "matrix-regression", batch: 300),
        Case(workload: "logistic-regression"),
        Case(workload: "logistic-regression", options: ["l2": .real(0.1)], batch: 300),
        Case(workload: "mlp", optimizer: "adamw", rate: 3e-3),
        Case(workload: "mlp", optimizer: "lion", batch: 600, rate: 1e-3),
        Case(workload: "mlp", options: ["task": .text("regression")]),
        Case(workload: "cnn", options: ["filters": .integer(4)], batch: 48),
        Case(
            workload: "char-gpt",
            options: ["width": .integer(16), "depth": .integer(1), "sequence_length": .integer(16)],
            optimizer: "muon", batch: 64, rate: 0.02),
        Case(workload: "logistic-regression", optimizer: "qc-sgd", batch: 16),
    ]

    private func alone(
        _ job: TrainingJob, _ optimizer: String, stopAt step: Int? = nil
    ) -> Record {
        var record = Record()
        do {
            record.outcome = try PluginCatalog.run(
                job, optimizer: optimizer,
                observe: { observation in
                    record.observations.append(observation)
                    return observation.step >= step ?? .max ? .stop : .proceed
                })
        } catch { record.failure = "\(error)" }
        return record
    }

    private func stacked(
        _ jobs: [TrainingJob], _ optimizer: String, stopAt steps: [Int: Int] = [:],
        shelf: WorkloadShelf? = nil
    ) -> [Record] {
        var records = jobs.map { _ in Record() }
        var ended: [Int: Int] = [:]
        PluginCatalog.run(
            stack: jobs, optimizer: optimizer, shelf: shelf,
            observe: { observations in
                #expect(observations.map(\.index) == observations.map(\.index).sorted())
                return observations.map { item in
                    records[item.index].observations.append(item.observation)
                    let isOver = steps[item.index].map { item.observation.step >= $0 } ?? false
                    return isOver ? .stop : .proceed
                }
            },
            ended: { outcomes in
                for end in outcomes {
                    ended[end.index, default: 0] += 1
                    switch end.outcome {
                    case .success(let outcome): records[end.index].outcome = outcome
                    case .failure(let error): records[end.index].failure = "\(error)"
                    }
                }
            })
        #expect(ended == Dictionary(uniqueKeysWithValues: jobs.indices.map { ($0, 1) }))
        return records
    }

    @Test("Same bits as alone, with the shorter runs inside them", arguments: cases)
    func sameShorterRunsAsAlone(_ example: Case) throws {
        for shape in [LearningRateSchedule.Shape.constant, .wsd] {
            let jobs = [example.rate, example.rate / 3, 1000].map { rate in
                var job = example.job(rate: rate, momentum: 0.5)
                job.schedule = LearningRateSchedule(shape: shape)
                job.shorterBudgets = [10 * example.batch, 20 * example.batch]
                return job
            }
            let together = stacked(jobs, example.optimizer)
            for (index, job) in jobs.enumerated() {
                #expect(together[index] == alone(job, example.optimizer))
            }
            // The same as two runs of their own, to the bit: no part of an optimizer is left behind at the parting.
            let told = together[0].observations.flatMap(\.shorterRuns)
            #expect(told.map(\.tokenBudget) == jobs[0].shorterBudgets)
            for run in told {
                var own = jobs[0]
                own.tokenBudget = run.tokenBudget
                own.shorterBudgets = []
                let end = alone(own, example.optimizer).observations.last?.metrics
                #expect(end?.filter { $0.key != "train_loss" } == run.metrics)
            }
        }
    }

    @Test("Same bits as alone, beside a run that diverges and one that is stopped", arguments: cases)
    func sameBitsAsAlone(_ example: Case) throws {
        let rates = [example.rate, example.rate / 3, 1000, example.rate / 10, example.rate * 1.5]
        let jobs = rates.enumerated().map { example.job(rate: $1, momentum: 0.2 * Double($0)) }
        let together = stacked(jobs, example.optimizer, stopAt: [3: 15])
        for (index, job) in jobs.enumerated() {
            #expect(together[index] == alone(job, example.optimizer, stopAt: index == 3 ? 15 : nil))
        }
        guard case .completed = together[0].outcome, case .completed = together[4].outcome else {
            Issue.record("\(together[0].outcome as Any), \(together[4].outcome as Any)")
            return
        }
        #expect(together[3].outcome == .interrupted(step: 15))
        #expect(together[0] != together[1])
        // Signs and orthogonal steps of any length may leave a loss finite; the others diverge.
        if ["sgd", "adamw"].contains(example.optimizer) {
            guard case .diverged = together[2].outcome else {
                Issue.record("\(together[2].outcome as Any)")
                return
            }
        }
    }

    @Test("Runs with seeds of their own share nothing and keep their bits")
    func otherSeeds() {
        let jobs = (1...3).map { Self.cases[5].job(rate: 0.1, momentum: 0, seed: UInt64($0)) }
        let together = stacked(jobs, "sgd")
        #expect(together == jobs.map { alone($0, "sgd") })
        #expect(together[0] != together[1])
    }

    @Test("Runs that were interrupted at different steps go on to the same bits", arguments: [0, 5, 7, 11])
    func resumedAtDifferentSteps(_ index: Int) throws {
        let example = Self.cases[index]
        let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: root) }
        let rates = [1.0, 0.5, 0.25].map { $0 * example.rate }
        let jobs = rates.enumerated().map {
            example.job(rate: $1, momentum: 0.5, folder: root.appending(path: "\($0)"))
        }
        let whole = rates.map { alone(example.job(rate: $0, momentum: 0.5), example.optimizer) }
        let first = stacked(jobs, example.optimizer, stopAt: [0: 5, 1: 20, 2: 10])
        #expect(first.map(\.outcome) == [5, 20, 10].map { .interrupted(step: $0) })
        let second = stacked(jobs, example.optimizer)
        for k in jobs.indices {
            #expect(second[k].outcome == whole[k].outcome)
            #expect(first[k].observations + second[k].observations == whole[k].observations)
            let file = Checkpoint.file(in: root.appending(path: "\(k)"))
            #expect(!FileManager.default.fileExists(atPath: file.path))
        }
    }

    @Test("A job that is refused fails alone")
    func refusedJob() {
        let example = Self.cases[7]
        var jobs = [0.01, 0.001].map { example.job(rate: $0, momentum: 0.9) }
        jobs[0].hyperparameters["no_such_option"] = .real(1)
        let together = stacked(jobs, "adamw")
        #expect(together[0].failure?.contains("no_such_option") == true)
        #expect(together[1] == alone(jobs[1], "adamw"))
    }

    @Test("What the observer throws ends all runs without checkpoints")
    func throwingObserver() {
        struct Lost: Error {}
        let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let jobs = (0..<2).map {
            Self.cases[5].job(rate: 0.1, momentum: 0, folder: root.appending(path: "\($0)"))
        }
        var failures = 0
        PluginCatalog.run(
            stack: jobs, optimizer: "sgd", observe: { _ in throw Lost() },
            ended: { for end in $0 { if case .failure(is Lost) = end.outcome { failures += 1 } } })
        #expect(failures == 2)
        #expect(!FileManager.default.fileExists(atPath: root.path))
    }

    @Test("A request to stop interrupts all runs")
    func stopRequest() {
        var jobs = [0.1, 0.2].map { Self.cases[5].job(rate: $0, momentum: 0) }
        for index in jobs.indices { jobs[index].tokenBudget = 1_000_000_000 }
        var interrupted = 0
        PluginCatalog.run(
            stack: jobs, optimizer: "sgd", observe: { $0.map { _ in .proceed } },
            ended: { for end in $0 { if case .success(.interrupted) = end.outcome { interrupted += 1 } } },
            shouldStop: { true })
        #expect(interrupted == 2)
    }

    @Test("A kept workload gives the bits of a new one, and is not taken for another", arguments: cases)
    func keptWorkload(_ example: Case) throws {
        let shelf = WorkloadShelf()
        func run(_ job: TrainingJob) throws -> TrainingOutcome {
            try PluginCatalog.run(job, optimizer: example.optimizer, shelf: shelf, observe: { _ in .proceed })
        }
        let job = example.job(rate: example.rate, momentum: 0.1)
        let fresh = alone(job, example.optimizer).outcome
        _ = try run(example.job(rate: example.rate / 2, momentum: 0.3, seed: 99))
        #expect(try run(job) == fresh)
        _ = try? PluginCatalog.run(
            Self.cases[0].job(rate: 0.1, momentum: 0), optimizer: "sgd", shelf: shelf,
            observe: { _ in .proceed })
        #expect(stacked([job, job], example.optimizer, shelf: shelf).map(\.outcome) == [fresh, fresh])
    }

    @Test("A file that has changed is read again")
    func changedFile() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        func write(_ sign: Double) throws {
            let rows = (0..<60).map { "\(Double($0 % 7) * sign),\(Double($0 % 5)),\($0 % 2)" }
            try Data(("a,b,label\n" + rows.joined(separator: "\n") + "\n").utf8).write(to: file)
        }
        let example = Case(workload: "mlp", options: ["path": .text(file.path)], batch: 8)
        let job = example.job(rate: 0.05, momentum: 0)
        let shelf = WorkloadShelf()
        func run() throws -> TrainingOutcome {
            try PluginCatalog.run(job, optimizer: "sgd", shelf: shelf, observe: { _ in .proceed })
        }
        try write(1)
        let first = try run()
        #expect(try run() == first)
        try write(-3)
        let second = try run()
        #expect(second != first)
        #expect(second == alone(job, "sgd").outcome)
    }
}
