import Engine

/// The trials that are compared with one another: comparable ones only.
///
/// A loss on the way means the same only for runs of the same token budget (under a decaying schedule half of a long
/// run is not a short run) and of the same model size. With `law_guided` a cell also has one batch size and one
/// momentum: the law needs the best learning rate of each of them, and at few tokens a small batch leads however the
/// runs end, so comparing across them would stop what the law is about.
struct StoppingCell: Sendable, Hashable {
    /// Tokens of the run.
    var tokenBudget: Int
    /// What else must agree, by name.
    var condition: [String: HyperparameterValue]

    /// The cell of a proposal.
    init(_ proposal: TrialProposal, definition: SweepDefinition) {
        tokenBudget = proposal.tokenBudget
        var names = ["model_size"]
        if definition.method == .lawGuided { names += ["batch_size_tokens", "momentum"] }
        condition = proposal.hyperparameters.filter { names.contains($0.key) }
    }

    /// A cell.
    init(tokenBudget: Int, condition: [String: HyperparameterValue] = [:]) {
        self.tokenBudget = tokenBudget
        self.condition = condition
    }
}
