import Engine
import Foundation
import ScalingLaws

extension SweepAnalyst {
    /// Answers for a budget: every hyperparameter of the sweep, from the law where it follows it.
    ///
    /// The batch size is rounded to whole sequences first; the learning rate and momentum are those for the rounded
    /// batch.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - law: its fitted law.
    ///   - trials: its trials; they decide what the law does not follow.
    ///   - question: budget, model size, and what the user holds.
    /// - Returns: the answer.
    /// - Throws: `usage` for a budget below one token, a held value out of its domain, or a model size where the sweep
    ///   has one only; `notEnoughData` for a model size while only one was run.
    public func recommendation(
        definition: SweepDefinition, law: FittedLaw, trials: [Trial], question: BudgetQuestion
    ) throws(TunerError) -> Recommendation {
        try question.check()
        let (tokenBudget, held) = (question.tokenBudget, question.held)
        let searched = definition.searchedLawAxes
        let modelSize = try question.size(of: definition, law: law.law)
        var query = RecommendationQuery(
            tokenBudget: Double(tokenBudget), modelSize: modelSize,
            held: held.filter { searched.contains($0.key) })
        let free = law.law.recommend(query)
        var answer = free
        if let batch = free.values[.batchSize]?.value, query.held[.batchSize] == nil {
            let quantum = Double(max(1, definition.batchSizeGranularity))
            query.held[.batchSize] = max(
                quantum, (min(batch, Double(tokenBudget)) / quantum).rounded() * quantum)
            answer = law.law.recommend(query)
        }

        var values = constants(definition, trials: trials)
        for axis in searched {
            guard var found = answer.values[axis] else { continue }
            if held[axis] == nil, axis == .batchSize {
                // The interval and exponent are those of the law, not of the value held after rounding.
                found = free.values[axis] ?? found
                found.value = query.held[axis] ?? found.value
            }
            let value: HyperparameterValue =
                axis == .batchSize ? .integer(Int(found.value.rounded())) : .real(found.value)
            values[axis.rawValue] = Recommendation.Value(
                value: value, interval: found.interval, interval95: found.interval95,
                exponent: found.exponent,
                source: held[axis] == nil ? found.source : .fixed)
        }
        let batch = values["batch_size_tokens"]?.value.number
        var predicted: [String: PredictedMetric] = [:]
        if let loss = answer.loss {
            let maximised = definition.metric.goal == .maximize
            predicted[definition.metric.name] =
                maximised
                ? PredictedMetric(value: -loss.value, interval: loss.interval.map { -$0 }.reversed()) : loss
        }
        let steps = batch.map { batch in
            definition.optimizer?.batchGrowth.map {
                $0.steps(batchSizeTokens: Int(batch), tokenBudget: tokenBudget)
            } ?? Int((Double(tokenBudget) / batch).rounded(.up))
        }
        return Recommendation(
            sweep: definition.name, tokenBudget: tokenBudget, modelSize: modelSize,
            extrapolationFactor: answer.extrapolationFactor, steps: steps, hyperparameters: values,
            predicted: predicted, lawVersion: law.version, warnings: answer.warnings,
            expectedRegret: free.expectedRegret, carryOver: free.carryOver)
    }

    /// What the law does not follow: the sweep's fixed values, and the best tried value of searched ones.
    private func constants(
        _ definition: SweepDefinition, trials: [Trial]
    ) -> [String: Recommendation.Value] {
        let space = SearchSpace(definition)
        var values: [String: Recommendation.Value] = [:]
        for (name, value) in definition.optimizer?.options ?? [:] {
            values[name] = Recommendation.Value(value: value, source: .fixed)
        }
        for (name, value) in space.fixed { values[name] = Recommendation.Value(value: value, source: .fixed) }
        let board = TrialBoard(definition: definition, history: trials)
        // The largest budget where an axis was really varied knows it best.
        for axis in board.sideAxes {
            let varied = Dictionary(
                grouping: trials.filter { board.loss(of: $0) != nil }, by: \.proposal.tokenBudget
            )
            .filter { Set($0.value.map { $0.proposal.hyperparameters[axis.name] }).count > 1 }
            let budget = varied.keys.max() ?? board.currentBudget ?? 0
            guard let value = board.bestTrial(at: budget)?.proposal.hyperparameters[axis.name] else {
                continue
            }
            values[axis.name] = Recommendation.Value(value: value, source: .best)
        }
        return values
    }
}
