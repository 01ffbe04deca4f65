import CAllocationCount
import Testing

@testable import Engine
@testable import Plugins

/// A step of training takes its memory from what was made at the start.
@Suite struct AllocationTests {
    private static let workloads: [(name: String, options: [String: HyperparameterValue], batch: Int)] = [
        ("char-gpt", ["sequence_length": .integer(32)], 512), ("mlp", [:], 300), ("cnn", [:], 40),
        ("logistic-regression", [:], 300),
    ]
    private static let optimizers = ["sgd", "adamw", "muon", "lion", "sign-sgd"]

    private func run(_ workload: Int, _ optimizer: String) throws -> TrainingRun<GradientSession> {
        let (name, options, batch) = Self.workloads[workload]
        let job = TrainingJob(
            workload: name, workloadOptions: options, hyperparameters: ["learning_rate": .real(1e-3)],
            batchSizeTokens: batch, tokenBudget: batch * 1000, seed: 3)
        let plugin = try #require(OptimizerRegistry.builtIn.plugin(named: optimizer))
        let problem = try WorkloadRegistry.builtIn.makeWorkload(name, options: options, Float.self)
        return TrainingRun(job, try GradientSession(job, workload: problem, factory: plugin))
    }

    @Test("No allocation in a step", arguments: workloads.indices, optimizers)
    func stepsDoNotAllocate(workload: Int, optimizer: String) throws {
        var run = try run(workload, optimizer)
        for _ in 0..<5 { _ = try run.advance() }
        let before = allocation_count()
        for _ in 0..<20 { _ = try run.advance() }
        #expect(allocation_count() - before == 0)
    }

    @Test("The count sees what is allocated and freed again")
    func theCountCounts() throws {
        let before = allocation_count()
        var sum = 0
        for n in 1...10 { sum += [Int](repeating: n, count: 100 * n).reduce(0, +) }
        #expect(sum > 0)
        #expect(allocation_count() - before >= 10)
    }
}
