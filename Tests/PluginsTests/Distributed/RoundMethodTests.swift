import Engine
import Foundation
import Methods
import Testing

@testable import Plugins

/// Methods of rounds in the engine's loop: what they report, what they refuse, and that an interruption changes nothing.
@Suite("Round methods as optimizers") struct RoundMethodTests {
    private func job(
        _ workload: String = "federated-logistic", _ options: [String: HyperparameterValue] = [:],
        hyperparameters: [String: HyperparameterValue] = ["learning_rate": .real(1)], batch: Int = 24,
        rounds: Int = 20, folder: URL? = nil
    ) -> TrainingJob {
        let sizes: [String: HyperparameterValue] = [
            "workers": .integer(4), "dimension": .integer(6), "rows": .integer(6),
        ]
        return TrainingJob(
            workload: workload, workloadOptions: sizes.merging(options) { _, new in new },
            hyperparameters: hyperparameters, schedule: LearningRateSchedule(shape: .constant),
            batchSizeTokens: batch, tokenBudget: batch * rounds, seed: 3, checkpointDirectory: folder)
    }

    private func metrics(_ job: TrainingJob, _ optimizer: String) throws -> [String: Double] {
        let outcome = try PluginCatalog.run(job, optimizer: optimizer, observe: { _ in .proceed })
        guard case .completed(let metrics) = outcome else {
            Issue.record("\(optimizer) ended as \(outcome)")
            return [:]
        }
        return metrics
    }

    /// The small workload a method belongs to, with all rows a round.
    private func workload(of method: String) throws -> TrainingJob {
        let found = try #require(
            PluginCatalog.workloads.first { $0.supportedOptimizers?.contains(method) ?? false })
        let rate = PluginCatalog.optimizer(named: method)?.hyperparameters.first?.name == "learning_rate"
        let hasRows = found.options.contains { $0.name == "rows" }
        var job = job(
            found.name, hyperparameters: rate ? ["learning_rate": .real(0.5)] : [:], batch: hasRows ? 24 : 4)
        job.workloadOptions = job.workloadOptions.filter { option in
            found.options.contains { $0.name == option.key }
        }
        return job
    }

    @Test(arguments: MethodRegistry.all.map(\.descriptor.name))
    func everyMethodRunsFromASweepAndCountsItsMessages(_ name: String) throws {
        let metrics = try metrics(try workload(of: name), name)
        #expect(metrics["validation_loss"]?.isFinite == true)
        #expect(metrics["gradient_norm"]?.isFinite == true)
        for books in ["bits", "floats", "bits_down", "floats_down"] { #expect((metrics[books] ?? -1) >= 0) }
        // Graphs have no server: what a node sends is not "up".
        #expect(name == "adom" || name == "extragradient" || (metrics["bits"] ?? 0) > 0, "\(metrics)")
    }

    @Test(arguments: MethodRegistry.all.map(\.descriptor.name))
    func everyMethodTellsWhatAShorterRunEndsWith(_ name: String) throws {
        var long = try workload(of: name)
        long.shorterBudgets = [long.tokenBudget / 2]
        var told: [ShorterRun] = []
        _ = try PluginCatalog.run(
            long, optimizer: name,
            observe: { observation in
                told += observation.shorterRuns
                return .proceed
            })
        var short = long
        short.tokenBudget /= 2
        short.shorterBudgets = []
        let own = try metrics(short, name).filter { $0.key != "train_loss" }
        #expect(told.map(\.metrics) == [own])
    }

    /// A file of 50 rows with two labels, and what is done with it.
    private func withFile<Value>(_ text: String? = nil, _ body: (String) throws -> Value) throws -> Value {
        let file = FileManager.default.temporaryDirectory.appending(path: "rows-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        var generator = SplitMix64(5)
        let lines = (0..<50).map { row in
            "\(row % 5 < 2 ? "+1" : "-1") 1:\(generator.uniform()) 3:\(row % 5 < 2 ? 1 : -1)"
        }
        try Data((text ?? lines.joined(separator: "\n")).utf8).write(to: file)
        return try body(file.path)
    }

    @Test(arguments: [0.01, 100]) func rowsOfAFileAreDealtOutOverWorkers(heterogeneity: Double) throws {
        try withFile { path in
            // 50 rows for 4 workers are 12 each; two are left over.
            var job = job(
                "federated-logistic", ["path": .text(path), "heterogeneity": .real(heterogeneity)],
                batch: 48, rounds: 300)
            let found = try metrics(job, "ef21")
            #expect(found["model_size"] == 3)
            #expect(abs((found["epochs"] ?? 0) - 300) < 1e-9)
            #expect((found["loss_gap"] ?? 1) < 1e-3 && (found["loss_gap"] ?? -1) > -1e-12, "\(found)")
            job.workloadOptions["most_rows"] = .integer(5)
            job.batchSizeTokens = 20
            #expect(try metrics(job, "ef21")["loss_gap"] != found["loss_gap"])
        }
    }

    @Test func filesThatCannotBeDealtOutAreRefused() throws {
        func failure(_ text: String) -> String {
            do {
                return try withFile(text) { path in
                    _ = try metrics(job("federated-logistic", ["path": .text(path)], batch: 4), "ef21")
                    return "no error"
                }
            } catch { return "\(error)" }
        }
        #expect(failure("1 1:1\n2 1:1\n3 1:1\n1 1:2\n").contains("has 3 different labels"))
        #expect(failure("1 1:1\n-1 1:1\n").contains("has 2 rows for 4 workers"))
        #expect(failure("1 1:1\n-1 2000:1\n1 1:2\n-1 1:3\n").contains("has 2000 features"))
        #expect(failure("1 one:1\n").contains(":1: 'one:1' is not 'index:value'"))
    }

    @Test func theLearningRateIsInUnitsOfTheTheorysStep() throws {
        let job = job()
        let problem = LogisticRegression(
            workers: 4, rows: 6, dimension: 6, regularization: 0.01, concentration: 0.5, seed: 1)
        let ef21 = try MethodRegistry.plugin("ef21")
        let step = try ef21.values(["kept": 2], for: problem.constants)["step"]
        let method = try ef21.method(["kept": 2, "step": 3 * step], for: problem.constants)
        var run = try DistributedRun(method, pool: problem.pool(seed: 3), start: problem.start)
        run.advance(20)
        var tuned = job
        tuned.hyperparameters = ["learning_rate": .real(3), "kept": .integer(2)]
        let metrics = try metrics(tuned, "ef21")
        #expect(metrics["validation_loss"] == run.pool.loss(at: run.iterate))
        // The first full gradients, then two entries with their places (3 bits of 6) a round.
        #expect(metrics["bits"] == Double(32 * 6 + 20 * 2 * (32 + 3)))
    }

    @Test func momentumIsTheFractionKept() throws {
        let descriptor = try #require(PluginCatalog.optimizer(named: "ef21-sgdm"))
        let momentum = try #require(descriptor.hyperparameters.first { $0.name == "momentum" })
        #expect(momentum.defaultValue == .real(0.7) && momentum.scale == .complementLog)
        let given: [String: HyperparameterValue] = ["learning_rate": .real(1), "momentum": .real(0.7)]
        #expect(
            try metrics(job(hyperparameters: given, batch: 8), "ef21-sgdm")
                == metrics(job(hyperparameters: ["learning_rate": .real(1)], batch: 8), "ef21-sgdm"))
    }

    @Test func compressorsAndRulesAreChosenByName() throws {
        var losses: Set<Double> = []
        for part in CompressorRegistry.contractive {
            let given: [String: HyperparameterValue] = [
                "learning_rate": .real(1), "compressor": .text(part.descriptor.name), "kept": .integer(2),
            ]
            losses.insert(try metrics(job(hyperparameters: given), "ef21")["bits"] ?? 0)
        }
        #expect(losses.count >= 4, "compressors cost differently: \(losses)")
        for part in AggregatorRegistry.all {
            for attack in AttackRegistry.all {
                let given: [String: HyperparameterValue] = [
                    "learning_rate": .real(1), "aggregator": .text(part.descriptor.name),
                ]
                let job = job(
                    "federated-logistic",
                    [
                        "workers": .integer(6), "byzantine": .integer(2),
                        "attack": .text(attack.descriptor.name),
                    ], hyperparameters: given, batch: 36)
                #expect(try metrics(job, "byz-clip-sgd")["validation_loss"]?.isFinite == true)
            }
        }
    }

    @Test func robustRulesSurviveWhatTheMeanDoesNot() throws {
        func loss(_ rule: String) throws -> Double {
            let options: [String: HyperparameterValue] = [
                "workers": .integer(8), "byzantine": .integer(2), "attack": .text("ipm"),
                "heterogeneity": .real(100),
            ]
            let given: [String: HyperparameterValue] = [
                "learning_rate": .real(1), "aggregator": .text(rule), "threshold": .real(10),
            ]
            return try metrics(
                job("federated-logistic", options, hyperparameters: given, batch: 48, rounds: 60),
                "byz-clip-sgd"
            )["loss_gap"] ?? .nan
        }
        #expect(try loss("mean") > 10 * loss("nnm-median"))
    }

    @Test func unevenLabelsDriveTheWorkersApart() {
        func spread(_ concentration: Double) -> Double {
            let problem = LogisticRegression(
                workers: 10, rows: 40, dimension: 5, concentration: concentration, seed: 11)
            let shares = problem.workers.map { worker in
                Double(worker.labels.values.count { $0 > 0 }) / 40
            }
            let mean = shares.reduce(0, +) / 10
            return shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 10
        }
        #expect(spread(0.1) > 5 * spread(1000))
    }

    @Test func anInterruptedRunEndsWithTheSameBits() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rounds-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["diana", "clip21-sgd2m", "ef21-sgdm", "asgrad-random"] {
            let whole = try metrics(job(batch: 8), name)
            var seen = 0
            let first = try PluginCatalog.run(
                job(batch: 8, folder: folder), optimizer: name,
                observe: { _ in
                    seen += 1
                    return seen == 3 ? .stop : .proceed
                })
            guard case .interrupted(let step) = first else {
                Issue.record("\(name): \(first)")
                continue
            }
            #expect(step > 0 && step < 20)
            let resumed = try metrics(job(batch: 8, folder: folder), name)
            #expect(
                resumed.filter { $0.key != "train_loss" } == whole.filter { $0.key != "train_loss" },
                "\(name)")
        }
    }

    @Test func whatDoesNotFitIsRefusedWithAReason() {
        func code(_ job: TrainingJob, _ optimizer: String) -> String? {
            do {
                _ = try PluginCatalog.run(job, optimizer: optimizer, observe: { _ in .proceed })
                return nil
            } catch { return (error as? EngineError)?.code }
        }
        #expect(code(job(), "sgd") == "optimizer-not-supported")
        #expect(code(job("quadratic"), "ef21") == "optimizer-not-supported")
        #expect(code(job(hyperparameters: [:]), "adom") == "optimizer-not-supported")
        #expect(code(job(), "ef-21") == "unknown-optimizer")
        #expect(code(job(batch: 25), "ef21") == "bad-option")
        #expect(code(job(batch: 28), "ef21") == "bad-option")
        #expect(code(job(hyperparameters: ["kepd": .integer(2)]), "ef21") == "bad-option")
        #expect(code(job(hyperparameters: ["compressor": .text("top-l")]), "ef21") == "bad-option")
        #expect(code(job(hyperparameters: ["learning_rate": .real(1)]), "newton") == "bad-option")
        var decaying = job()
        decaying.schedule = LearningRateSchedule(shape: .cosine)
        #expect(code(decaying, "ef21") == "bad-option")
    }

    @Test func aStepFarTooLongDivergesInsteadOfFailing() throws {
        let job = job(
            "federated-quadratic", hyperparameters: ["learning_rate": .real(1000)], rounds: 200)
        let outcome = try PluginCatalog.run(job, optimizer: "dgd", observe: { _ in .proceed })
        guard case .diverged = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func everyNameIsOneThing() {
        let names = PluginCatalog.optimizers.map(\.name)
        #expect(Set(names).count == names.count)
        let parts =
            (CompressorRegistry.contractive + CompressorRegistry.unbiased).map(\.descriptor.name)
            + AggregatorRegistry.all.map(\.descriptor.name) + AttackRegistry.all.map(\.descriptor.name)
        #expect(Set(parts).count == parts.count)
        let listed = Set(PluginCatalog.workloads.flatMap { $0.supportedOptimizers ?? [] })
        for method in MethodRegistry.all { #expect(listed.contains(method.descriptor.name)) }
    }
}
