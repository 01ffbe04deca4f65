import Foundation

/// What a trial costs, in the unit the sweep file counts in.
///
/// Tokens, or `6 N T` FLOPs when model sizes differ (Kaplan et al. 2020, arXiv:2001.08361), are known beforehand.
/// Seconds are learnt: `seconds = overhead + rate * N * T`, both not negative, by least squares of relative errors over
/// the finished trials; before the first one every trial is taken to cost in proportion to `N T`. Trials that failed or
/// diverged are charged like the others: their time is gone, too. A trial that reports shorter runs under a decay is
/// charged for their decays.
struct TrialCost {
    private let definition: SweepDefinition
    private let overhead: Double
    private let rate: Double

    init(_ definition: SweepDefinition, history: [Trial] = []) {
        self.definition = definition
        switch definition.costUnit {
        case .tokens: (overhead, rate) = (0, 1)
        case .flops: (overhead, rate) = (0, 6)
        case .seconds: (overhead, rate) = Self.learnt(history, definition) ?? (0, 1)
        }
    }

    /// Cost of one trial.
    func cost(ofTrial tokenBudget: Int, modelSize: Double?) -> Double {
        cost(definition.trainedTokens(of: tokenBudget), modelSize)
    }

    /// Cost of one run that is nothing but itself: the user's, at the target.
    func cost(ofTarget tokenBudget: Int, modelSize: Double?) -> Double {
        cost(Double(tokenBudget), modelSize)
    }

    private func cost(_ tokens: Double, _ modelSize: Double?) -> Double {
        overhead + rate * Self.size(tokens, definition.costUnit == .tokens ? nil : modelSize)
    }

    /// What all trials of a sweep have cost or will have.
    func spent(on trials: [Trial]) -> Double {
        trials.reduce(0) { sum, trial in
            if definition.costUnit == .seconds, let seconds = Self.seconds(trial) { return sum + seconds }
            return sum
                + cost(ofTrial: trial.proposal.tokenBudget, modelSize: trial.proposal.modelSize)
        }
    }

    private static func size(_ tokens: Double, _ modelSize: Double?) -> Double { tokens * (modelSize ?? 1) }

    private static func seconds(_ trial: Trial) -> Double? {
        guard let start = trial.startedAt, let end = trial.finishedAt else { return nil }
        return max(end.timeIntervalSince(start), 1e-3)
    }

    /// Least squares of `1 = overhead / s + rate x / s`, without negative coefficients.
    private static func learnt(
        _ history: [Trial], _ definition: SweepDefinition
    ) -> (overhead: Double, rate: Double)? {
        let points = history.compactMap { trial -> (x: Double, s: Double)? in
            guard trial.state == .completed, let s = seconds(trial) else { return nil }
            return (
                size(definition.trainedTokens(of: trial.proposal.tokenBudget), trial.proposal.modelSize), s
            )
        }
        guard !points.isEmpty else { return nil }
        var (oo, ox, xx, o1, x1) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (x, s) in points {
            oo += 1 / (s * s)
            ox += x / (s * s)
            xx += x * x / (s * s)
            o1 += 1 / s
            x1 += x / s
        }
        let determinant: Double = oo * xx - ox * ox
        if determinant > 1e-9 * oo * xx {
            let overhead: Double = (o1 * xx - x1 * ox) / determinant
            let rate: Double = (x1 * oo - o1 * ox) / determinant
            if overhead >= 0, rate >= 0 { return (overhead, rate) }
            if overhead > 0 { return (o1 / oo, 0) }
        }
        return (0, x1 / xx)
    }
}

extension TrialProposal {
    /// Trained parameters, where the sweep varies them.
    var modelSize: Double? { hyperparameters["model_size"]?.number }
}

extension SweepDefinition {
    /// What one trial costs in the sweep's unit; `nil` in seconds, which are learnt from trials.
    ///
    /// - Parameters:
    ///   - tokenBudget: of the trial.
    ///   - modelSize: where the sweep varies it.
    /// - Returns: tokens or FLOPs.
    public func cost(ofTrial tokenBudget: Int, modelSize: Int?) -> Double? {
        guard costUnit != .seconds else { return nil }
        return TrialCost(self).cost(ofTrial: tokenBudget, modelSize: modelSize.map(Double.init))
    }
}
