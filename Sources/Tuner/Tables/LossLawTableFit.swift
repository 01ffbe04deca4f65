import Foundation
public import ScalingLaws

/// The loss law of a table's runs: what the loss of a run will be from its model size, tokens or compute.
///
///     let table = try RunTable(contentsOf: "runs.csv")
///     let mapping = try ColumnMapping(["model_size=N", "token_budget=D", "loss=loss"])
///     let fit = try LossLawTableFit(table, .init(mapping: mapping))
///     try fit.answer(LossLawQuestion("model_size=1e9,token_budget=1e11"))
///
/// Rows should be runs at hyperparameters good enough for their size; hyperparameters themselves are no part of the law,
/// and their columns are not read. Needed are a loss and the sizes of the form; two of model size, tokens and compute
/// give the third by `C = 6 N D`, steps with batch size give tokens.
public struct LossLawTableFit: Sendable {
    /// How a table is read and fitted.
    public struct Options: Sendable {
        /// What the columns are.
        public var mapping: ColumnMapping
        /// The column whose equal values mark runs that share errors; they are resampled together.
        public var cluster: String?
        /// The rows that are fitted.
        public var filter: RowFilter?
        /// The form; `nil`: the richest the sizes can tell.
        public var form: LossLawForm?
        /// Whether an irreducible loss is fitted.
        public var hasFloor = true
        /// Resamples.
        public var replicates = 1000
        /// Seed of the resamples.
        public var seed: UInt64 = 0

        /// Options.
        public init(mapping: ColumnMapping, cluster: String? = nil, filter: RowFilter? = nil) {
            self.mapping = mapping
            self.cluster = cluster
            self.filter = filter
        }
    }

    /// The table.
    public let table: RunTable
    /// The law.
    public let fit: ChinchillaFit
    /// What the law cannot know, and what was not read.
    public let warnings: [TableWarning]
    private let fields: FieldReader

    /// What a loss law can read.
    static let readable: Set<TableQuantity> = [
        .modelSize, .tokenBudget, .compute, .steps, .batchSize, .validationLoss, .epochs,
    ]

    /// Reads and fits.
    ///
    /// - Parameters:
    ///   - table: the runs.
    ///   - options: what is what.
    /// - Throws: `usage` for columns that are not there or do not suffice, `invalidTable` for fields that cannot be
    ///   used, `notEnoughData` when the rows are too few or too alike.
    public init(_ table: RunTable, _ options: Options) throws(TunerError) {
        self.table = table
        let found = try options.mapping.found(in: table)
        try Self.check(found, form: options.form, table)
        fields = FieldReader(
            table, found.filter { Self.readable.contains($0.key) }, optional: .validationLoss)
        let cluster = try options.cluster.map { name throws(TunerError) in
            try table.index(of: name, asked: "--group")
        }
        let repeats = RowRepeats(try table.rows(options.filter), of: table)
        var rows = repeats.kept
        let points = try Self.points(fields, rows, cluster: cluster)
        var request = LossLawRequest(points: points, form: options.form, hasFloor: options.hasFloor)
        request.replicates = options.replicates
        request.seed = options.seed
        var fit: ChinchillaFit
        let screen: LossScreening
        do {
            fit = try ChinchillaFit.fit(request)
            let wrong = LossScreen.offTheLaw(points.map { Self.miss($0, fit) })
            screen = LossScreening(
                leftOut: wrong.map { (table.line(rows[$0]), points[$0].loss ?? .nan) },
                column: found[.validationLoss].map { table.columns[$0] } ?? "loss")
            if !wrong.isEmpty {
                for index in wrong.reversed() {
                    rows.remove(at: index)
                    request.points.remove(at: index)
                }
                fit = try ChinchillaFit.fit(request)
            }
        } catch {
            throw fields.error(error, rows: rows)
        }
        self.fit = fit
        let unread = LawAxis.allCases.filter {
            // Steps and batch size together may be where the tokens come from.
            found[$0.quantity] != nil && !($0 == .batchSize && found[.steps] != nil)
        }
        warnings =
            repeats.warnings + screen.warnings
            + fit.warnings.map { TableWarning($0) }
            + [Self.influential(fit, rows, table), Self.reused(fields, rows)].compactMap { $0 }
            + (unread.isEmpty ? [] : [Self.ignored(unread)])
    }

    /// By how much a law misses a run, in log loss.
    private static func miss(_ point: LossLawPoint, _ fit: ChinchillaFit) -> Double? {
        guard let loss = point.loss, loss > 0,
            let law = fit.loss(modelSize: point.modelSize, tokens: point.tokens, compute: point.compute)
        else { return nil }
        return Foundation.log(loss / law)
    }

    /// A few rows decide the exponents.
    private static func influential(_ fit: ChinchillaFit, _ rows: [Int], _ table: RunTable) -> TableWarning? {
        guard let influence = fit.influence else { return nil }
        let count = influence.rows.count
        let changes = influence.exponents.sorted { $0.key < $1.key }.map { name, value in
            String(format: "%@ %.3f in place of %.3f", name, value, fit.value(name) ?? .nan)
        }
        return TableWarning(
            "influential-rows",
            "\(table.lines(influence.rows.map { rows[$0] })) \(count == 1 ? "decides" : "decide") the exponents: "
                + "without \(count == 1 ? "it" : "them") \(changes.joined(separator: ", ")); look at "
                + "\(count == 1 ? "it" : "them"), and leave out with --where what is not like the others")
    }

    /// Training data were used several times.
    private static func reused(_ fields: FieldReader, _ rows: [Int]) -> TableWarning? {
        guard fields.columns[.epochs] != nil else { return nil }
        var ignored: FieldReader.Problems = []
        let most = rows.compactMap { fields.numbers($0, &ignored)?[.epochs] }.max() ?? 1
        guard most > 1 else { return nil }
        return TableWarning(
            "data-reused",
            "data were used up to \(String(format: "%.1f", most)) times; a loss law is of fresh data, and beyond "
                + "\(String(format: "%.0f", DataReuse.freshPasses)) passes its tokens are worth ever less")
    }

    private static func ignored(_ axes: [LawAxis]) -> TableWarning {
        TableWarning(
            "ignored-column",
            "\(axes.map(\.rawValue).joined(separator: ", ")) \(axes.count == 1 ? "is" : "are") no part of a loss law and "
                + "not read: rows should be runs at good hyperparameters, others pull the law up")
    }

    private static func check(
        _ found: [TableQuantity: Int], form: LossLawForm?, _ table: RunTable
    ) throws(TunerError) {
        guard found[.validationLoss] != nil else {
            throw ColumnMapping.missing(
                "validation_loss", "it is what the law predicts", "--column loss=COLUMN", table)
        }
        let size = found[.modelSize] != nil
        let tokens = found[.tokenBudget] != nil || (found[.steps] != nil && found[.batchSize] != nil)
        let compute = found[.compute] != nil
        let pairs = [size, tokens, compute].count { $0 } >= 2
        let enough =
            switch form {
            case nil: size || tokens || compute
            case .modelSizeAndTokens: pairs
            case .modelSize: size || pairs
            case .tokens: tokens || pairs
            case .compute: compute || pairs
            }
        guard enough else {
            let needed: [LossLawForm: String] = [
                .modelSizeAndTokens: "model_size and token_budget", .modelSize: "model_size",
                .tokens: "token_budget", .compute: "compute",
            ]
            throw ColumnMapping.missing(
                form.flatMap { needed[$0] } ?? "model_size, token_budget or compute",
                "the law is in the sizes of runs; two of the three give the third by C = 6 N D",
                "--column model_size=COLUMN --column token_budget=COLUMN", table)
        }
    }

    private static func points(
        _ fields: FieldReader, _ rows: [Int], cluster: Int?
    ) throws(TunerError) -> [LossLawPoint] {
        var problems: FieldReader.Problems = []
        let points = rows.compactMap { row -> LossLawPoint? in
            guard let numbers = fields.numbers(row, &problems) else { return nil }
            return LossLawPoint(
                modelSize: numbers[.modelSize], tokens: Self.tokens(numbers), compute: numbers[.compute],
                loss: numbers[.validationLoss], cluster: cluster.map { fields.text(row, column: $0) })
        }
        guard problems.isEmpty else { throw fields.table.error(problems) }
        return points
    }

    /// Tokens as given or trained step by step; from compute the law derives them itself.
    private static func tokens(_ numbers: [TableQuantity: Double]) -> Double? {
        numbers[.tokenBudget] ?? numbers[.steps].flatMap { steps in numbers[.batchSize].map { steps * $0 } }
    }

    // MARK: - Answers

    /// Answers a question.
    ///
    /// - Parameter question: the sizes of a run, or a compute to split.
    /// - Returns: the loss, or the best split of the compute.
    /// - Throws: `usage` when the law needs a size that is not given, or has no best split.
    public func answer(_ question: LossLawQuestion) throws(TunerError) -> LossLawAnswer {
        if let prediction = fit.prediction(
            modelSize: question.modelSize, tokens: question.tokens, compute: question.compute)
        {
            return .loss(RunPrediction(question, prediction))
        }
        if let compute = question.compute, question.modelSize == nil, question.tokens == nil,
            let allocation = fit.allocation(compute: compute)
        {
            return .split(allocation)
        }
        let needed: [LossLawForm: String] = [
            .modelSizeAndTokens: "model_size and token_budget, or compute for its best split",
            .modelSize: "model_size", .tokens: "token_budget", .compute: "compute",
        ]
        throw TunerError(
            .usage, "the law cannot be asked at '\(question.described)'",
            why: "its form is '\(fit.form.rawValue)'", help: needed[fit.form].map { "give \($0)" })
    }

    /// The loss at every row a filter keeps, beside what was measured there.
    ///
    /// - Parameter filter: which rows; they need not be those that were fitted.
    /// - Returns: a prediction for each.
    /// - Throws: `notEnoughData` when no row is kept, `invalidTable` for fields that cannot be read.
    public func predictions(_ filter: RowFilter) throws(TunerError) -> [RunPrediction] {
        let rows = try table.rows(filter, option: "--predict-cells")
        let points = try Self.points(fields, rows, cluster: nil)
        return zip(rows, points).compactMap { row, point in
            let question = LossLawQuestion(
                modelSize: point.modelSize, tokens: point.tokens, compute: point.compute)
            guard
                let prediction = fit.prediction(
                    modelSize: point.modelSize, tokens: point.tokens, compute: point.compute)
            else { return nil }
            var answer = RunPrediction(question, prediction)
            answer.line = table.line(row)
            if let loss = point.loss {
                answer.measured = .init(loss: loss, relativeError: prediction.loss.value / loss - 1)
            }
            return answer
        }
    }
}
