import Foundation
import Testing

@testable import Engine

@Suite("Growing batches") struct BatchGrowthTests {
    private func plan(_ batch: Int, _ budget: Int, _ start: Int, _ factor: Int = 2) -> BatchPlan {
        BatchPlan(
            batch: batch, budget: budget, growth: BatchGrowth(startTokens: start, factor: factor))
    }

    @Test func withoutGrowthAStepIsABatch() {
        for (batch, budget) in [(8, 100), (8, 96), (1, 1), (100, 8)] {
            let plan = BatchPlan(batch: batch, budget: budget, growth: nil)
            #expect(plan.steps == max(1, (budget + batch - 1) / batch))
            for step in 0..<plan.steps {
                #expect(plan.tokens(after: step) == step * batch)
                #expect(plan.stage(of: step).rateFactor == 1)
            }
        }
    }

    @Test func stagesCoverTheRunWithoutGapsAndGrow() {
        var generator = SplitMix64(41)
        for _ in 0..<200 {
            let batch = 1 + generator.index(64)
            let start = batch + generator.index(1000)
            let factor = 2 + generator.index(7)
            let budget = 1 + generator.index(2_000_000)
            let plan = plan(batch, budget, start, factor)
            var seen = 0
            for step in 0..<plan.steps {
                #expect(plan.tokens(after: step) == seen)
                seen += plan.stage(of: step).batch
            }
            #expect(plan.tokens(after: plan.steps) == seen)
            #expect(seen >= budget && seen - budget < plan.stages.last?.batch ?? 0)
            for (j, stage) in plan.stages.enumerated() {
                #expect(stage.batch == batch * Int(pow(Double(factor), Double(j))))
                #expect(abs(stage.rateFactor - pow(Double(factor), -0.5 * Double(j))) < 1e-12)
                // A stage begins where the last one's tokens are over, late by less than a batch.
                let end = Double(start) * pow(Double(factor), 1.5 * Double(j - 1))
                if j > 0 {
                    #expect(Double(stage.firstToken) >= end - 1e-6)
                    #expect(Double(stage.firstToken) < end + Double(stage.batch))
                }
            }
        }
    }

    @Test func aShorterRunIsTheBeginningOfALongerOne() {
        let long = plan(16, 1_000_000, 1024)
        for budget in [100, 1024, 1025, 8192, 65_536, 999_999] {
            let short = plan(16, budget, 1024)
            #expect(short.stages == Array(long.stages.prefix(short.stages.count)))
            #expect(short.tokens(after: short.steps) == long.tokens(after: short.steps))
        }
    }

    @Test func eachStepsRiskIsThatOfItsBatchAndRate() throws {
        var job = job(
            "stream-least-squares", rate: 0.2, batch: 16, budget: 8192, schedule: .init(shape: .constant))
        job.batchGrowth = BatchGrowth(startTokens: 1024)
        var problem = StreamLeastSquares(try WorkloadOptions([:], for: StreamLeastSquares.descriptor))
        // 64 steps of 16 up to 1024, 59 of 32 up to 2896 and over it to 2912, 83 of 64 to the end.
        for (steps, batch, rate) in [(64, 16, 0.2), (59, 32, 0.2 / 2.0.squareRoot()), (83, 64, 0.1)] {
            for _ in 0..<steps { _ = problem.step(rate: rate, batch: batch) }
        }
        #expect(job.steps == 64 + 59 + 83)
        let loss = try #require(try completed(job)["validation_loss"])
        #expect(abs(loss - problem.excessRisk) < 1e-12 * loss)
    }

    @Test func theScheduleRunsOverTokens() throws {
        // A linear decay with growing batches ends near zero, as without growth, in far fewer steps.
        var job = job(
            "mlp", ["width": .integer(8)], rate: 0.1, batch: 8, budget: 32_768,
            schedule: .init(shape: .linear))
        job.batchGrowth = BatchGrowth(startTokens: 1024)
        #expect(job.steps < 800)
        let metrics = try completed(job)
        #expect((metrics["tokens"] ?? 0) >= 32_768)
        #expect((metrics["validation_loss"] ?? 9) < 2.3)
    }

    @Test(arguments: ["mlp", "char-gpt", "stream-least-squares"])
    func aResumedRunEndsWithTheSameBits(workload: String) throws {
        let small: [String: HyperparameterValue] = [
            "width": .integer(16), "depth": .integer(1), "sequence_length": .integer(16),
        ]
        try withFolder { folder in
            func make(_ folder: URL?) -> TrainingJob {
                var job = job(
                    workload, workload == "char-gpt" ? small : [:], rate: 0.1, batch: 64, budget: 64 * 128,
                    folder: folder)
                job.batchGrowth = BatchGrowth(startTokens: 1024)
                return job
            }
            let whole = try completed(make(nil))
            let interrupted = try Trainer.run(
                make(folder), optimizer: TestSGDFactory(), observe: { $0.tokens >= 3000 ? .stop : .proceed })
            guard case .interrupted = interrupted else {
                Issue.record("ended as \(interrupted)")
                return
            }
            #expect(try completed(make(folder)) == whole)
        }
    }

    @Test func whatMakesNoStageIsRefused() {
        func code(_ growth: BatchGrowth) -> String? {
            var job = job("mlp", rate: 0.1, batch: 64, budget: 4096)
            job.batchGrowth = growth
            do {
                _ = try Trainer.run(job, optimizer: TestSGDFactory(), observe: { _ in .proceed })
                return nil
            } catch { return (error as? EngineError)?.code }
        }
        #expect(code(BatchGrowth(startTokens: 64)) == nil)
        #expect(code(BatchGrowth(startTokens: 63)) == "bad-option")
        #expect(code(BatchGrowth(startTokens: 64, factor: 1)) == "bad-option")
        #expect(code(BatchGrowth(startTokens: 64, factor: 9)) == "bad-option")
    }
}
