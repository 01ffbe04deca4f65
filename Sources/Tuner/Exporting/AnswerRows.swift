import Engine
import ScalingLaws

/// A recommendation in the order every table shows it, with the run that would be reused without a law beside it.
struct AnswerRows {
    private let answer: Recommendation

    init(_ answer: Recommendation) { self.answer = answer }

    /// Hyperparameters in the order of the law's axes, then by name.
    var names: [String] {
        let order = LawAxis.allCases.map(\.rawValue)
        return answer.hyperparameters.keys.sorted {
            (order.firstIndex(of: $0) ?? order.count, $0) < (order.firstIndex(of: $1) ?? order.count, $1)
        }
    }

    /// What the best run of the largest budget has for a hyperparameter; `nil` where nothing would be reused.
    func reused(_ name: String) -> HyperparameterValue? {
        guard let axis = LawAxis(rawValue: name), let value = answer.carryOver?.values[axis] else {
            return nil
        }
        // Batch sizes are counts; the law has them as numbers.
        return axis == .batchSize && value.isFinite ? .integer(Int(value.rounded())) : .real(value)
    }

    /// Which run would be reused: `best run of 4Ki tokens`.
    var reusedRun: String? {
        guard let run = answer.carryOver else { return nil }
        let size = run.modelSize.map { " and \(LawText.count($0)) parameters" } ?? ""
        return "best run of \(LawText.budget(Int(run.tokenBudget.rounded()))) tokens\(size)"
    }

    /// What the answer is expected to lose, and what the reused run would, in parts of the loss.
    var regrets: (own: Double, reused: Double?)? {
        answer.expectedRegret.map { ($0, answer.carryOver?.expectedRegret) }
    }
}
