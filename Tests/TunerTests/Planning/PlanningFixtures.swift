import Engine
import Foundation
import ScalingLaws

@testable import Tuner

/// A definition for planner tests: four budgets, a learning rate over three decades, and what the test adds.
func plannedSweep(
    method: SweepDefinition.SearchMethod, extra: [SweepDefinition.SearchParameter] = [],
    budgets: [Int] = [1000, 2000, 4000, 8000], runCap: Int? = nil, replicates: Int = 1, seed: UInt64 = 1
) -> SweepDefinition {
    let rate = SweepDefinition.SearchParameter(
        name: "learning_rate", domain: .range(min: 1e-4, max: 1e-1, scale: .log, step: nil, integer: false))
    return SweepDefinition(
        name: "planned", summary: nil, subject: .command(["true"]), optimizer: nil,
        metric: .init(name: "validation_loss"),
        objectives: [.init(name: "validation_loss"), .init(name: "tokens")], parameters: [rate] + extra,
        tokenBudgets: budgets, targetTokenBudgets: [1_000_000],
        law: .init(prior: .lmo, regime: [.learningRate, .batchSize]), method: method, runCap: runCap,
        replicates: replicates, seed: seed, parallel: nil, retries: 0, trialTimeout: nil, memoryLimit: nil,
        sequenceLength: nil, batchSizeGranularity: 1, observations: .protocolLines,
        workingDirectory: URL(fileURLWithPath: "/"),
        environment: [:])
}

/// A listed batch size.
func batchSizes(_ values: [Int]) -> SweepDefinition.SearchParameter {
    .init(name: "batch_size_tokens", domain: .values(values.map { .integer($0) }))
}

/// Plays a sweep to its end on a made-up loss and returns all trials.
///
/// - Parameters:
///   - planner: the planner.
///   - restartAt: forget nothing, but ask the planner twice for that round: the answers must agree.
///   - loss: loss of a proposal; `nil` diverges.
/// - Returns: all trials; none when the planner gave two answers to the same history.
/// - Throws: what the planner throws.
func play(
    _ planner: any Planner, restartAt: Int? = nil, loss: (TrialProposal) -> Double?
) throws -> [Trial] {
    var trials: [Trial] = []
    while true {
        let round = try planner.nextRound(history: trials)
        if round.isEmpty { return trials }
        if let restartAt, round[0].round == restartAt, try planner.nextRound(history: trials) != round {
            return []
        }
        for proposal in round {
            let value = loss(proposal)
            trials.append(
                Trial(
                    number: trials.count + 1, proposal: proposal,
                    state: value == nil ? .diverged : .completed,
                    seed: 1, metrics: value.map { ["validation_loss": $0] } ?? [:]))
        }
        if trials.count > 5000 { return trials }
    }
}

/// A valley whose best learning rate falls as `T^-0.5` and rises with the square root of the batch size.
func valleyLoss(_ proposal: TrialProposal) -> Double? {
    let rate = proposal.hyperparameters["learning_rate"]?.number ?? 0
    let batch = proposal.hyperparameters["batch_size_tokens"]?.number ?? 100
    let best = 0.01 * pow(Double(proposal.tokenBudget) / 1000, -0.5) * pow(batch / 100, 0.5)
    let distance = log(rate / best)
    if distance > 3 { return nil }
    return 2 + pow(Double(proposal.tokenBudget) / 1000, -0.3) + 0.05 * distance * distance
}

/// What a sweep begins with.
///
/// - Parameter definition: the sweep.
/// - Returns: its planner's first round.
/// - Throws: what the planner throws.
func firstRound(_ definition: SweepDefinition) throws -> [TrialProposal] {
    try PlannerFactory.planner(for: definition) { _ in nil }.nextRound(history: [])
}
