import Engine
import Tuner

/// `tunerd plan`.
struct PlanView: Presentable {
    /// The JSON.
    struct Record: Encodable {
        var sweep: String
        var method: String
        var expectedTrials: Int
        var expectedTokens: Int
        var firstRound: [TrialProposalRecord]
        var theory: TheoryRecord

        enum CodingKeys: String, CodingKey {
            case sweep, method
            case expectedTrials = "expected_trials"
            case expectedTokens = "expected_tokens"
            case firstRound = "first_round"
            case theory
        }
    }

    /// A trial that is not numbered yet.
    struct TrialProposalRecord: Encodable {
        var hyperparameters: [String: HyperparameterValue]
        var tokenBudget: Int
        var replicate: Int

        enum CodingKeys: String, CodingKey {
            case hyperparameters
            case tokenBudget = "token_budget"
            case replicate
        }
    }

    var definition: SweepDefinition
    var firstRound: [TrialProposal]
    var expectedTrials: Int
    var theory: TheoryRecord

    /// The first round as it is; later ones as if their trials were spread evenly over the budgets.
    var expectedTokens: Int {
        let first = firstRound.reduce(0.0) { $0 + Double($1.tokenBudget) }
        let budgets = definition.tokenBudgets
        guard expectedTrials > firstRound.count, !budgets.isEmpty else { return Int(first) }
        let mean = budgets.reduce(0.0) { $0 + Double($1) } / Double(budgets.count)
        return Int(min(9e18, first + mean * Double(expectedTrials - firstRound.count)))
    }

    var record: Record {
        Record(
            sweep: definition.name, method: definition.method.rawValue, expectedTrials: expectedTrials,
            expectedTokens: expectedTokens,
            firstRound: firstRound.map {
                .init(
                    hyperparameters: $0.hyperparameters, tokenBudget: $0.tokenBudget, replicate: $0.replicate)
            }, theory: theory)
    }

    func text(_ style: TextStyle) -> String {
        let trials = firstRound.enumerated().map { index, proposal in
            TrialRecord(Trial(number: index + 1, proposal: proposal, seed: 0))
        }
        let names = Set(trials.flatMap { $0.hyperparameters.keys }).sorted()
        var table = TextTable([.number("trial"), .number("tokens")] + names.map { .number($0) })
        for trial in trials {
            table.rows.append(
                ["\(trial.number)", .init(NumberText.count(trial.tokenBudget))]
                    + names.map { .init(trial.hyperparameters[$0].map(NumberText.value) ?? "-") })
        }
        let head =
            "sweep '\(definition.name)' (\(definition.method.rawValue)): about \(expectedTrials) trials, "
            + "\(NumberText.count(expectedTokens)) tokens; the first round:"
        return ([head, ""] + table.lines(style) + ["", TheoryView(theory: theory).text(style)])
            .joined(separator: "\n")
    }
}
