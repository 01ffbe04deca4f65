import Engine
import Foundation
public import Plugins
import ScalingLaws

/// What a probe says about a sweep: the constants it measured and the learning rate they predict.
public struct ProbeRecord: Sendable, Hashable, Codable {
    /// Name of the sweep.
    public var sweep: String
    /// Predictions for the budgets of the sweep and its targets, ascending.
    public var predictions: [Prediction]
    /// What was measured.
    public var report: ProbeReport

    /// A predicted learning rate.
    public struct Prediction: Sendable, Hashable, Codable {
        /// T.
        public var tokenBudget: Int
        /// B.
        public var batchSizeTokens: Int
        /// The best peak learning rate.
        public var learningRate: Double
        /// 80 % interval.
        public var interval: [Double]
        /// What the convergence bound says with measured constants, a lower guess.
        public var boundLearningRate: Double?
        /// Largest batch size worth using at this budget, from the bound.
        public var largestBatch: Double

        enum CodingKeys: String, CodingKey {
            case tokenBudget = "token_budget"
            case batchSizeTokens = "batch_size_tokens"
            case learningRate = "learning_rate"
            case interval
            case boundLearningRate = "bound_learning_rate"
            case largestBatch = "largest_batch_size_tokens"
        }
    }
}

extension ProbeRecord {
    /// Where planners begin: the prediction at the smallest budget.
    var centre: ProbeCentre? {
        guard let first = predictions.first, first.interval.count == 2 else { return nil }
        return ProbeCentre(
            learningRate: first.learningRate,
            decades: log10(first.interval[1] / first.learningRate) / Self.eightyPercent,
            tokenBudget: first.tokenBudget, batchSizeTokens: first.batchSizeTokens)
    }

    /// Half-width of an 80 % interval of a normal, in standard deviations.
    static let eightyPercent = 1.281_552
}

extension ProbeRecord {
    /// What the measured constants predict for the run of a recommendation: its budget and its batch size.
    ///
    /// - Parameter answer: the recommendation.
    /// - Returns: the prediction; `nil` when the answer has no batch size or the constants allow none.
    func prediction(like answer: Recommendation) -> Prediction? {
        guard let batch = answer.hyperparameters["batch_size_tokens"]?.value.number, batch >= 1 else {
            return nil
        }
        return LearningRateForecast(report).prediction(
            batchSize: Int(batch), tokenBudget: answer.tokenBudget)
    }
}

extension SweepDefinition {
    /// What a probe of this sweep measures: the middle of every searched axis, the learning rate left out.
    ///
    /// - Throws: `failed` for a sweep of a program, whose gradients nobody can ask for.
    public func probeRequest() throws(TunerError) -> ProbeRequest {
        guard case .workload(let name, let options) = subject, let optimizer else {
            throw TunerError(
                .failed, "sweep '\(self.name)' cannot be probed", why: "a program gives no gradients",
                help: "probes are for built-in workloads")
        }
        let board = TrialBoard(definition: self, history: [])
        var values = optimizer.options
        values.merge(board.space.fixed.merging(board.middle) { $1 }) { $1 }
        values["learning_rate"] = nil
        guard let batch = values.removeValue(forKey: "batch_size_tokens")?.number else {
            throw TunerError(.failed, "sweep '\(self.name)' has no batch size to probe")
        }
        return ProbeRequest(
            workload: name, workloadOptions: options, optimizer: optimizer.name, hyperparameters: values,
            batchSizeTokens: Int(batch), seed: seed, lossFloor: probe?.lossFloor,
            schedule: optimizer.schedule, pilotSteps: pilotSteps(batch: Int(batch)))
    }

    /// Short runs are no longer than those of the smallest budget.
    private func pilotSteps(batch: Int) -> Int {
        let steps = (tokenBudgets.first ?? .max) / batch
        return max(2, min(ProbeRequest.standardPilotSteps, steps))
    }

    /// The record of a report on this sweep.
    func probeRecord(_ report: ProbeReport) -> ProbeRecord {
        let forecast = LearningRateForecast(report)
        let batch = report.request.batchSizeTokens
        let predictions = Set(tokenBudgets + targetTokenBudgets).sorted().compactMap { budget in
            forecast.prediction(batchSize: batch, tokenBudget: budget)
        }
        return ProbeRecord(sweep: name, predictions: predictions, report: report)
    }
}

extension LearningRateForecast {
    /// The prediction at one budget; `nil` where the constants allow none.
    func prediction(batchSize: Int, tokenBudget: Int) -> ProbeRecord.Prediction? {
        guard
            let rate = learningRate(batchSize: Double(batchSize), tokenBudget: Double(tokenBudget)),
            rate.value.isFinite, let constants = report.constants
        else { return nil }
        let spread = pow(10, ProbeRecord.eightyPercent * rate.decades)
        return ProbeRecord.Prediction(
            tokenBudget: tokenBudget, batchSizeTokens: batchSize, learningRate: rate.value,
            interval: [rate.value / spread, rate.value * spread],
            boundLearningRate: bound(batchSize: Double(batchSize), tokenBudget: Double(tokenBudget)),
            largestBatch: constants.criticalBatch(tokenBudget: Double(tokenBudget)))
    }
}

extension ProbeProcess {
    /// Probes the workload of a sweep.
    ///
    /// - Parameter definition: the sweep.
    /// - Returns: constants and predictions.
    /// - Throws: as `run`.
    public func record(of definition: SweepDefinition) async throws(TunerError) -> ProbeRecord {
        definition.probeRecord(try await run(try definition.probeRequest()))
    }
}
