import Engine
import Foundation
import Testing

@testable import Tuner

@Suite struct SamplerStreamTests {
    private static let methods: [SweepDefinition.SearchMethod] = [
        .random, .sobol, .halton, .tpe, .gp, .cmaes, .nsga2,
    ]

    private func definition(
        _ method: SweepDefinition.SearchMethod, cap: Int, replicates: Int = 1,
        parameters: [SweepDefinition.SearchParameter]? = nil
    ) -> SweepDefinition {
        var definition = SweepDefinition.sample()
        definition.subject = .askTell(lease: 60)
        definition.method = method
        definition.runCap = cap
        definition.replicates = replicates
        definition.parameters =
            parameters ?? [
                .init(
                    name: "learning_rate",
                    domain: .range(min: 1e-3, max: 1, scale: .log, step: nil, integer: false)),
                .init(
                    name: "batch_size_tokens",
                    domain: .range(min: 16, max: 512, scale: .log, step: nil, integer: true)),
            ]
        return definition
    }

    private func loss(_ proposal: TrialProposal) -> Double {
        let rate = proposal.hyperparameters["learning_rate"]?.number ?? 1
        return 1 + pow(log(rate / 0.05), 2) + 100 / Double(proposal.tokenBudget)
    }

    /// Asks and tells at random, up to four trials under way; `interrupt` says after how many asks the stream is made
    /// anew from the table.
    private func run(_ definition: SweepDefinition, seed: UInt64, interrupt: Int?) throws -> [Trial] {
        var random = TestRandom(state: seed)
        var stream = try SamplerStream(definition, sampler: definition.method.rawValue)
        var table: [Trial] = []
        while true {
            if table.count == interrupt {
                stream = try SamplerStream(definition, sampler: definition.method.rawValue)
                for trial in table {
                    try stream.begin(trial)
                    if trial.state.isFinished { try stream.tell(trial) }
                }
            }
            let open = table.indices.filter { !table[$0].state.isFinished }
            if open.count < 4, open.isEmpty || Bool.random(using: &random) {
                guard let proposal = try stream.ask(table.count + 1) else {
                    if open.isEmpty { return table }
                    try end(open[0], &table, &stream, &random)
                    continue
                }
                table.append(Trial(number: table.count + 1, proposal: proposal, state: .running, seed: 1))
            } else {
                try end(open[Int.random(in: 0..<open.count, using: &random)], &table, &stream, &random)
            }
        }
    }

    private func end(
        _ index: Int, _ table: inout [Trial], _ stream: inout SamplerStream, _ random: inout TestRandom
    ) throws {
        let diverges = Int.random(in: 0..<8, using: &random) == 0
        table[index].state = diverges ? .diverged : .completed
        table[index].metrics = ["validation_loss": diverges ? .nan : loss(table[index].proposal)]
        try stream.tell(table[index])
    }

    @Test(arguments: methods) func aStreamMadeAnewFromTheTableGoesOnWithTheSameTrials(
        method: SweepDefinition.SearchMethod
    ) throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        let definition = definition(method, cap: 36)
        let whole = try run(definition, seed: seed, interrupt: nil)
        #expect(whole.count == 36, "seed \(seed)")
        let cut = Int(seed % 30) + 3
        let resumed = try run(definition, seed: seed, interrupt: cut)
        #expect(resumed.map(\.proposal) == whole.map(\.proposal), "seed \(seed), cut at \(cut)")
        // Budgets in turn.
        #expect(whole.prefix(4).map(\.proposal.tokenBudget) == [1000, 2000, 1000, 2000])
    }

    @Test(arguments: methods) func noPointIsAskedTwiceWhereAllAreListed(
        method: SweepDefinition.SearchMethod
    ) throws {
        let listed: [SweepDefinition.SearchParameter] = [
            .init(name: "learning_rate", domain: .values([.real(0.01), .real(0.05), .real(0.2)])),
            .init(name: "shape", domain: .values([.text("a"), .text("b")])),
        ]
        let trials = try run(definition(method, cap: 40, parameters: listed), seed: 3, interrupt: 5)
        // Six points at either budget, and no more.
        #expect(trials.count == 12)
        #expect(Set(trials.map { "\($0.proposal)" }).count == 12)
    }

    @Test func replicatesStandTogetherAndThePointIsToldWithTheLast() throws {
        let trials = try run(definition(.tpe, cap: 13, replicates: 3), seed: 5, interrupt: 7)
        #expect(trials.map(\.proposal.replicate) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
        for start in stride(from: 0, to: 12, by: 3) {
            #expect(Set(trials[start..<start + 3].map(\.proposal.hyperparameters)).count == 1)
        }
    }

    @Test func resultsMoveTheAsksOfASamplerThatLearns() throws {
        let trials = try run(definition(.tpe, cap: 120), seed: 8, interrupt: nil)
        func distance(_ trials: ArraySlice<Trial>) -> Double {
            trials.reduce(0) { sum, trial in
                sum + abs(log((trial.proposal.hyperparameters["learning_rate"]?.number ?? 1) / 0.05))
            } / Double(trials.count)
        }
        #expect(distance(trials.suffix(40)) < 0.6 * distance(trials.prefix(16)))
    }

    @Test func aBatchSizeThatFitsNoBudgetLeavesNothing() throws {
        let wide: [SweepDefinition.SearchParameter] = [
            .init(name: "learning_rate", domain: .values([.real(0.01), .real(0.05)])),
            .init(name: "batch_size_tokens", domain: .value(.integer(1500))),
        ]
        let trials = try run(definition(.random, cap: 10, parameters: wide), seed: 1, interrupt: nil)
        #expect(trials.map(\.proposal.tokenBudget) == [2000, 2000])
    }
}
