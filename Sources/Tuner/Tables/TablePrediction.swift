import Foundation
import ScalingLaws

/// The answer of a table's law to one question.
public struct TablePrediction: Sendable, Encodable {
    /// The cell it stands for; absent when it was typed.
    public var cell: String?
    /// Whose law answers; absent when the table has no optimizers.
    public var optimizer: String?
    /// The answer. Its warnings are those of the question; what holds for the law is said once for the table.
    public var recommendation: Recommendation
    /// What the answer costs in the cell's own runs; absent when it was typed, or nothing was measured.
    public var measured: Cost?

    /// What an answer costs by runs that were made.
    public struct Cost: Sendable, Hashable, Codable {
        /// Interpolated loss at the answer above the lowest measured loss (`SweepRegret`).
        public var regret: Double
        /// The lowest measured loss.
        public var bestLoss: Double
        /// Whether the closest run is within 0.25 % of the best.
        public var near: Bool
        /// Whether the answer lies outside of what was measured.
        public var clamped: Bool

        enum CodingKeys: String, CodingKey {
            case regret
            case bestLoss = "best_loss"
            case near, clamped
        }
    }

    private enum CodingKeys: String, CodingKey {
        case cell, optimizer, measured
    }

    /// Writes one object: the fields of the recommendation, and those of its own that are there.
    public func encode(to encoder: any Encoder) throws {
        try recommendation.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(cell, forKey: .cell)
        try container.encodeIfPresent(optimizer, forKey: .optimizer)
        try container.encodeIfPresent(measured, forKey: .measured)
    }
}

extension TableFit {
    /// Answers a question by the law it names, or by every law.
    ///
    /// - Parameter question: a budget.
    /// - Returns: an answer for each law that is asked, in their order; none for a cell whose optimizer has no law.
    /// - Throws: `usage` for an optimizer or a model size the laws cannot be asked for.
    public func predict(_ question: TableQuestion) throws(TunerError) -> [TablePrediction] {
        let asked = laws.filter { question.optimizer == nil || $0.optimizer == question.optimizer }
        if asked.isEmpty, question.measured.isEmpty, let name = question.optimizer {
            let known = laws.compactMap(\.optimizer)
            throw TunerError(
                .usage, "there is no law for optimizer \(DiagnosticMessage.quoted(name))",
                why: known.isEmpty
                    ? "the table is read without an optimizer"
                    : "there are laws for \(DiagnosticMessage.list(known))",
                help: known.isEmpty
                    ? "add --column optimizer=COLUMN" : DiagnosticMessage.didYouMean(name, known))
        }
        var answers: [TablePrediction] = []
        for law in asked { answers.append(try predict(question, by: law)) }
        return answers
    }

    private func predict(_ question: TableQuestion, by law: TableLaw) throws(TunerError) -> TablePrediction {
        if law.needsModelSize, question.modelSize == nil {
            throw TunerError(
                .usage, "--predict names no model_size",
                why: "the table's runs have several, and the law depends on it",
                help: "add model_size=")
        }
        var query = RecommendationQuery(tokenBudget: question.tokenBudget, modelSize: question.modelSize)
        // What a question of a cell holds is what the law was given; a typed one holds what it says.
        query.held = question.held.filter { axis, _ in
            question.measured.isEmpty || !law.searched.contains(axis)
        }
        for relation in law.held where query.held[relation.axis] == nil {
            query.held[relation.axis] = relation.value(
                tokenBudget: question.tokenBudget, modelSize: question.modelSize)
        }
        let answer = law.law.recommend(query)
        var values: [String: Recommendation.Value] = [:]
        for axis in LawAxis.allCases {
            let held = query.held[axis].map { RecommendedValue(value: $0, source: .fixed) }
            guard let found = held ?? answer.values[axis], found.value.isFinite else { continue }
            values[axis.rawValue] = Recommendation.Value(
                value: axis == .batchSize ? .integer(Self.whole(found.value)) : .real(found.value),
                interval: found.interval, interval95: found.interval95, exponent: found.exponent,
                source: found.source)
        }
        let batch = values[LawAxis.batchSize.rawValue]?.value.number
        let warnings = answer.warnings.dropFirst(law.law.warnings.count) + fixedModelSize(question, law)
        return TablePrediction(
            cell: question.cell, optimizer: law.optimizer,
            recommendation: Recommendation(
                sweep: nil, tokenBudget: Self.whole(question.tokenBudget), modelSize: question.modelSize,
                extrapolationFactor: answer.extrapolationFactor,
                steps: batch.map { Int((question.tokenBudget / $0).rounded(.up)) }, hyperparameters: values,
                predicted: answer.loss.map { ["validation_loss": $0] } ?? [:], lawVersion: 1,
                warnings: Array(warnings), expectedRegret: answer.expectedRegret, carryOver: answer.carryOver),
            measured: cost(values, question))
    }

    /// A count as a whole number; relations can lead anywhere.
    private static func whole(_ value: Double) -> Int {
        Int(min(max(value.rounded(), 1), Double(Scalars.largestCount)))
    }

    /// What to know about questions of cells that no law answers: their optimizer was not among the fitted runs.
    ///
    /// - Parameter questions: any questions.
    /// - Returns: a warning for each optimizer that is not warned of already.
    public func unanswered(_ questions: [TableQuestion]) -> [TableWarning] {
        let known = Set(laws.map(\.optimizer)).union(warnings.filter { $0.code == "no-law" }.map(\.optimizer))
        var seen: Set<String> = []
        return questions.compactMap { question in
            guard let name = question.optimizer, !known.contains(name), seen.insert(name).inserted else {
                return nil
            }
            let count = questions.count { $0.optimizer == name }
            return TableWarning(
                "no-law",
                "none of its runs were fitted: \(count) cell\(count == 1 ? " is" : "s are") left out",
                optimizer: name)
        }
    }

    /// A law of one model size knows nothing of others.
    private func fixedModelSize(_ question: TableQuestion, _ law: TableLaw) -> [LawWarning] {
        guard !law.needsModelSize, let asked = question.modelSize else { return [] }
        let known = law.cells.first?.modelSize
        if let known, abs(log(asked / known)) <= log(TableCell.sameWithin) { return [] }
        let size = CountFormat.approximate(asked)
        return [
            LawWarning(
                code: .wideExtrapolation,
                text: (known.map { "all runs have \(CountFormat.approximate($0)) parameters: " }
                    ?? "the runs' model sizes are not given: ")
                    + "the answer for \(size) parameters does not depend on the model size")
        ]
    }

    /// The regret of an answer in the cell it stands for; nothing where no learning rate was measured.
    private func cost(
        _ values: [String: Recommendation.Value], _ question: TableQuestion
    ) -> TablePrediction.Cost? {
        func value(_ axis: LawAxis) -> Double? { values[axis.rawValue]?.value.number }
        guard let rate = value(.learningRate) else { return nil }
        let batch = value(.batchSize) ?? 1
        let runs = question.measured.compactMap { run -> SweepRegret.Run? in
            guard let rate = run.values[.learningRate], let loss = run.loss else { return nil }
            return SweepRegret.Run(learningRate: rate, batchSize: run.values[.batchSize] ?? 1, loss: loss)
        }
        guard let cell = SweepRegret(runs: runs) else { return nil }
        return TablePrediction.Cost(
            regret: cell.regret(learningRate: rate, batchSize: batch), bestLoss: cell.best,
            near: cell.isNear(learningRate: rate, batchSize: batch),
            clamped: cell.isClamped(learningRate: rate, batchSize: batch))
    }
}
