import Engine
import Foundation
import Testing

@testable import Tuner

@Suite struct AttemptPlanTests {
    private let attempt = StoredAttempt(
        id: 1, trialID: 40, sweepID: 1, sweep: "sample", trial: 3, number: 2, name: "td-0123abcd-40-2",
        token: "t",
        directory: AttemptPlan.directory(
            root: URL(filePath: "/runs"), sweep: "sample", attemptName: "td-0123abcd-40-2", attempt: 2),
        state: .intended)

    private func spec(_ definition: SweepDefinition, _ proposal: TrialProposal) throws -> AttemptSpec {
        try AttemptPlan(definition: definition, expandCommand: SweepService.Dependencies.expandMacros)
            .spec(for: Trial(number: 3, proposal: proposal, attempt: 2, seed: 9), attempt: attempt)
    }

    @Test func anEngineAttemptHasItsStepsFolderAndCheckpoint() throws {
        let spec = try spec(.sample(), .sample(0.1, budget: 1050))
        #expect(spec.batchSizeTokens == 100)
        #expect(spec.steps == 11)
        #expect(spec.directory == "/runs/sample/td-0123abcd-40/2")
        #expect(spec.checkpointDirectory == "/runs/sample/td-0123abcd-40/checkpoint")
        #expect(spec.optimizer?.name == "sgd")
        #expect(spec.command == nil)
        #expect(spec.seed == 9)
    }

    @Test func fixedParametersAreHandedOverWithTheSearchedOnes() throws {
        var definition = SweepDefinition.sample()
        definition.parameters.append(.init(name: "batch_size_tokens", domain: .value(.integer(50))))
        definition.parameters.append(.init(name: "momentum", domain: .value(.real(0.9))))
        let proposal = TrialProposal(
            hyperparameters: ["learning_rate": .real(0.2)], tokenBudget: 1000, replicate: 0, round: 0)
        let spec = try spec(definition, proposal)
        #expect(spec.steps == 20)
        #expect(spec.hyperparameters["momentum"] == .real(0.9))
    }

    @Test func theMacrosOfACommandAreReplaced() throws {
        var definition = SweepDefinition.sample()
        definition.subject = .command([
            "train", "--lr=${learning_rate}", "${steps}", "${seed}", "${trial_number}", "${trial_directory}",
        ])
        definition.observations = .pattern("(?<validation_loss>x)")
        let command = try spec(definition, .sample(1)).command
        #expect(
            command?.arguments == ["train", "--lr=1.0", "10", "9", "3", "/runs/sample/td-0123abcd-40/2"])
        #expect(command?.pattern == "(?<validation_loss>x)")
        #expect(command?.metric == "validation_loss")
    }

    @Test func aSpecSurvivesTheWire() throws {
        let spec = try spec(.sample(), .sample(0.1))
        #expect(try TrialProtocol.spec(Array(TrialProtocol.line(spec))) == spec)
    }
}
