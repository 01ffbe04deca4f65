/// The stopping rules, by name: what the sweep file may say, and how a rule is made.
enum StoppingRegistry {
    /// Keys of `early_terminate` beside `type`.
    static func keys(of rule: EarlyTermination.Rule) -> [String] {
        switch rule {
        case .successiveHalving, .hyperband: ["min_tokens", "eta", "mode"]
        case .median: ["min_tokens", "warmup_trials"]
        case .curve: ["min_tokens", "warmup_trials", "confidence"]
        }
    }

    /// A rule without any trials.
    ///
    /// - Parameters:
    ///   - choice: which, and its settings.
    ///   - objectiveCount: objectives of a report.
    ///   - replicates: of a point; they share a bracket.
    ///   - seed: of the sweep.
    /// - Returns: the rule.
    static func make(
        _ choice: EarlyTermination, objectiveCount: Int, replicates: Int = 1, seed: UInt64 = 0
    ) -> any StoppingRule {
        switch choice.rule {
        case .successiveHalving: SuccessiveHalvingRule(choice: choice, objectiveCount: objectiveCount)
        case .hyperband:
            SuccessiveHalvingRule(
                choice: choice, objectiveCount: objectiveCount,
                brackets: HyperbandBrackets(eta: choice.eta, replicates: replicates, seed: seed))
        case .median: MedianRule(choice: choice, objectiveCount: objectiveCount)
        case .curve: CurveRule(choice: choice, objectiveCount: objectiveCount)
        }
    }
}
