import Engine
import Foundation

@testable import Tuner

/// A folder below the system's temporary one, removed with `remove`.
struct ScratchFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(
            path: "tuner-\(UUID().uuidString.prefix(8).lowercased())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
    var database: URL { url.appending(path: "store/tunerd.sqlite") }
}

/// Runs a body in a scratch folder.
func withScratchFolder<Value>(_ body: (ScratchFolder) async throws -> Value) async throws -> Value {
    let folder = try ScratchFolder()
    defer { folder.remove() }
    return try await body(folder)
}

extension SweepDefinition {
    /// A small sweep for tests.
    static func sample(_ name: String = "sample") -> SweepDefinition {
        SweepDefinition(
            name: name, summary: nil, subject: .workload(name: "quadratic", options: [:]),
            optimizer: .init(name: "sgd", options: [:], schedule: .init()),
            metric: .init(name: "validation_loss"),
            objectives: [.init(name: "validation_loss"), .init(name: "tokens")],
            parameters: [.init(name: "learning_rate", domain: .values([.real(0.1), .real(0.01)]))],
            tokenBudgets: [1000, 2000], targetTokenBudgets: [], law: .init(prior: .none, regime: []),
            method: .grid,
            runCap: nil, replicates: 1, seed: 7, parallel: nil, retries: 0, trialTimeout: nil,
            memoryLimit: nil,
            sequenceLength: nil, batchSizeGranularity: 1,
            observations: .protocolLines, workingDirectory: URL(filePath: "/"),
            environment: [:])
    }
}

extension TrialProposal {
    static func sample(_ learningRate: Double, budget: Int = 1000, round: Int = 0) -> TrialProposal {
        TrialProposal(
            hyperparameters: ["learning_rate": .real(learningRate), "batch_size_tokens": .integer(100)],
            tokenBudget: budget, replicate: 0, round: round)
    }
}

/// Trials with every objective as a metric (`tokens`: the budget), completed only; the worst corner as reference.
@Sendable func simpleFront(_ objectives: [SweepDefinition.Objective], _ trials: [Trial]) -> ParetoFront {
    let points: [ParetoFront.Point] = trials.filter { $0.state == .completed }.compactMap { trial in
        let values = objectives.compactMap { objective in
            trial.metrics[objective.name]
                ?? (objective.name == "tokens" ? Double(trial.proposal.tokenBudget) : nil)
        }
        return values.count == objectives.count ? ParetoFront.Point(trial: trial.number, values: values) : nil
    }
    func cost(_ point: ParetoFront.Point) -> [Double] {
        zip(objectives, point.values).map { $0.goal == .minimize ? $1 : -$1 }
    }
    let front = points.filter { point in
        !points.contains { other in
            let pairs = zip(cost(other), cost(point))
            return pairs.allSatisfy { $0 <= $1 } && pairs.contains { $0 < $1 }
        }
    }.sorted { ($0.values[0], $0.trial) < ($1.values[0], $1.trial) }
    let reference = objectives.indices.map { axis in
        let values = points.map { $0.values[axis] }
        return (objectives[axis].goal == .minimize ? values.max() : values.min()) ?? 0
    }
    return ParetoFront(
        objectives: objectives, points: front, hypervolume: front.isEmpty ? nil : Double(front.count),
        reference: reference)
}

extension Store {
    /// A store with a running sweep and one planned round.
    static func withRound(at path: URL, _ proposals: [TrialProposal]) async throws -> (Store, sweepID: Int64)
    {
        let store = try Store(at: path)
        let source = SweepSource(text: "name: sample", file: "sample.yaml", directory: URL(filePath: "/"))
        let id = try await store.insertSweep(.sample(), source: source, expectedTrials: 4, at: Date())
        _ = try await store.planRound(
            sweepID: id, proposals: proposals.map { ($0, 1) }, expectedTrials: 4, at: Date())
        return (store, id)
    }

    func intendSample(_ sweepID: Int64, trial: Int) async throws -> StoredAttempt {
        try await intend(sweepID: sweepID, trial: trial, directory: { "/nowhere/\($0)/\($1)" }, at: Date())
    }

    func complete(_ sweepID: Int64, trial: Int, loss: Double) async throws -> Trial {
        let attempt = try await intendSample(sweepID, trial: trial)
        return try await finish(
            attempt, .completed(metrics: ["validation_loss": loss]), at: Date(), front: simpleFront)
    }
}
