public import ScalingLaws

/// The critical batch size of a table's runs: steps to a target loss over batch sizes, for each model size or budget.
///
///     steps = a (1 + Bc/B)  for every scale,     Bc ~ scale^p
///
/// The scale is the model size, or the token budget when no model size is given. Batch sizes may count tokens or
/// sequences; Bc has their unit. A run without steps did not reach the target and is left out.
public struct CriticalBatchTableFit: Sendable {
    /// How a table is read and fitted.
    public struct Options: Sendable {
        /// What the columns are.
        public var mapping: ColumnMapping
        /// The rows that are fitted.
        public var filter: RowFilter?
        /// Belief about the exponent; `nil` leaves it to the rows.
        public var prior: CriticalBatchPrior? = .horizon
        /// Resamples.
        public var replicates = 1000
        /// Seed of the resamples.
        public var seed: UInt64 = 0

        /// Options.
        public init(mapping: ColumnMapping, filter: RowFilter? = nil) {
            self.mapping = mapping
            self.filter = filter
        }
    }

    /// The table.
    public let table: RunTable
    /// What the critical batch size grows with.
    public let scale: TableQuantity
    /// The law.
    public let fit: CriticalBatchFit

    /// What the law cannot know.
    public var warnings: [TableWarning] { fit.warnings.map { TableWarning($0) } }

    /// Reads and fits.
    ///
    /// - Parameters:
    ///   - table: the runs.
    ///   - options: what is what.
    /// - Throws: `usage` for columns that are not there or do not suffice, `invalidTable` for fields that cannot be
    ///   used, `notEnoughData` when a scale has fewer than three batch sizes.
    public init(_ table: RunTable, _ options: Options) throws(TunerError) {
        self.table = table
        let found = try options.mapping.found(in: table)
        let kind: TableQuantity = found[.modelSize] == nil ? .tokenBudget : .modelSize
        scale = kind
        for (quantity, why) in [
            (TableQuantity.steps, "it is what a larger batch saves"), (.batchSize, "steps are a law in it"),
        ] where found[quantity] == nil {
            throw ColumnMapping.missing(
                quantity.rawValue, why, "--column \(quantity.rawValue)=COLUMN", table)
        }
        guard found[kind] != nil else {
            throw ColumnMapping.missing(
                "model_size or token_budget", "runs of one of them share a target loss",
                "--column model_size=COLUMN", table)
        }
        let fields = FieldReader(
            table, found.filter { [kind, .batchSize, .steps].contains($0.key) }, optional: .steps)
        let rows = try table.rows(options.filter)
        var problems: FieldReader.Problems = []
        let points = rows.compactMap { row -> CriticalBatchPoint? in
            guard let numbers = fields.numbers(row, &problems), let size = numbers[kind],
                let batch = numbers[.batchSize]
            else { return nil }
            return CriticalBatchPoint(scale: size, batchSize: batch, steps: numbers[.steps])
        }
        guard problems.isEmpty else { throw table.error(problems) }
        do {
            fit = try CriticalBatchFit.fit(
                CriticalBatchRequest(
                    points: points, prior: options.prior, replicates: options.replicates, seed: options.seed))
        } catch {
            throw fields.error(error, rows: rows)
        }
    }

    /// The critical batch size of a scale.
    public struct Prediction: Sendable, Hashable, Encodable {
        /// What the scale is.
        public var quantity: TableQuantity
        /// The model size or token budget.
        public var scale: Double
        /// Bc, in the unit of the table's batch sizes.
        public var criticalBatch: IntervalEstimate
        /// How far outside the fitted scales it is; 1 inside.
        public var extrapolationFactor: Double

        enum CodingKeys: String, CodingKey {
            case modelSize = "model_size"
            case tokenBudget = "token_budget"
            case criticalBatch = "critical_batch"
            case extrapolationFactor = "extrapolation_factor"
        }

        /// Writes the scale under its own name.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(scale, forKey: quantity == .modelSize ? .modelSize : .tokenBudget)
            try container.encode(criticalBatch, forKey: .criticalBatch)
            try container.encode(extrapolationFactor, forKey: .extrapolationFactor)
        }
    }

    /// Answers a question as typed: `model_size=1.2e9`.
    ///
    /// - Parameter text: the scale.
    /// - Returns: the critical batch size there.
    /// - Throws: `usage` for what cannot be understood, and for another scale than the only one.
    public func answer(_ text: String) throws(TunerError) -> Prediction {
        let typed = try TypedAssignments(text, known: [scale], example: "\(scale.rawValue)=1e9")
        guard let asked = typed.numbers[scale] else {
            throw TunerError(.usage, "--predict names no \(scale.rawValue)")
        }
        guard let found = fit.criticalBatch(scale: asked) else {
            throw TunerError(
                .usage, "the critical batch size is known at one \(scale.rawValue) only",
                help: "add runs of another \(scale.rawValue)")
        }
        let known = fit.scales.map(\.scale)
        let reach = max(asked / (known.max() ?? asked), (known.min() ?? asked) / asked, 1)
        return Prediction(
            quantity: scale, scale: asked, criticalBatch: found, extrapolationFactor: reach)
    }
}
