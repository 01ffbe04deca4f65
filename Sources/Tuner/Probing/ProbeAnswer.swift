/// A probe's prediction beside what the sweep then found.
public struct ProbeAnswer: Sendable, Hashable, Codable {
    /// One line for each trained budget, ascending.
    public var cells: [Cell]
    /// Tokens the probe took.
    public var tokens: Int
    /// Seconds it took.
    public var seconds: Double

    /// Predicted and tuned at one budget.
    public struct Cell: Sendable, Hashable, Codable {
        /// T.
        public var tokenBudget: Int
        /// Predicted best peak at the probe's batch size.
        public var predicted: Double
        /// 80 % interval.
        public var interval: [Double]
        /// Learning rate of the best finished trial there, of the probe's batch size; `nil` before there is one.
        public var tuned: Double?
        /// predicted / tuned.
        public var ratio: Double?

        enum CodingKeys: String, CodingKey {
            case tokenBudget = "token_budget"
            case predicted = "predicted_learning_rate"
            case interval
            case tuned = "best_trial_learning_rate"
            case ratio = "predicted_over_best"
        }
    }

    /// The answer about a sweep.
    init(_ record: ProbeRecord, definition: SweepDefinition, trials: [Trial]) {
        tokens = record.report.tokens
        seconds = record.report.seconds
        let batch = Double(record.report.request.batchSizeTokens)
        let board = TrialBoard(
            definition: definition,
            history: trials.filter { $0.proposal.hyperparameters["batch_size_tokens"]?.number == batch })
        cells = record.predictions.filter { definition.tokenBudgets.contains($0.tokenBudget) }.map {
            prediction in
            let best = board.bestTrial(at: prediction.tokenBudget)?.proposal.hyperparameters["learning_rate"]?
                .number
            return Cell(
                tokenBudget: prediction.tokenBudget, predicted: prediction.learningRate,
                interval: prediction.interval, tuned: best,
                ratio: best.map { tuned in prediction.learningRate / tuned })
        }
    }
}
