import Foundation
public import ScalingLaws

/// A budget a law of a table is asked for.
public struct TableQuestion: Sendable {
    /// The cell it stands for; `nil` when it was typed.
    public var cell: String?
    /// Whose law is asked; `nil`: every one.
    public var optimizer: String?
    /// Trained parameters.
    public var modelSize: Double?
    /// Tokens.
    public var tokenBudget: Double
    /// Hyperparameters that are kept at a value.
    public var held: [LawAxis: Double]
    /// What the cell measured, for the regret of the answer.
    var measured: [TableRun] = []

    /// What can stand in a question; the loss is what is answered.
    private static let askable: [TableQuantity] = [
        .modelSize, .tokenBudget, .compute, .learningRate, .batchSize, .momentum, .optimizer,
    ]

    /// A question as typed: `model_size=1e9,token_budget=1e11,batch_size_tokens=4Mi`.
    ///
    /// Numbers may have the endings of counts. A learning rate, batch size or momentum is held at its value. Tokens
    /// may be left out where compute and model size give them.
    ///
    /// - Parameter text: assignments, comma-separated.
    /// - Throws: `usage` for what cannot be understood.
    public init(_ text: String) throws(TunerError) {
        var numbers: [TableQuantity: Double] = [:]
        var name: String?
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard sides.count == 2 else {
                throw TunerError(
                    .usage,
                    "--predict \(DiagnosticMessage.quoted(text)) has a part that is not QUANTITY=VALUE",
                    help: "write for example --predict model_size=1e9,token_budget=1e11")
            }
            guard let quantity = TableQuantity(name: sides[0]), Self.askable.contains(quantity) else {
                throw ColumnMapping.unknown(sides[0], option: "--predict", known: Self.askable)
            }
            if numbers[quantity] != nil || (quantity == .optimizer && name != nil) {
                throw TunerError(
                    .usage, "--predict gives '\(quantity.rawValue)' twice", help: "keep one of them")
            }
            if quantity == .optimizer {
                name = sides[1]
            } else {
                numbers[quantity] = try Self.number(sides[1], quantity)
            }
        }
        if numbers[.tokenBudget] == nil, let compute = numbers[.compute], let size = numbers[.modelSize] {
            numbers[.tokenBudget] = compute / (6 * size)
        }
        guard let tokens = numbers[.tokenBudget] else {
            throw TunerError(
                .usage, "--predict \(DiagnosticMessage.quoted(text)) names no token_budget",
                help: "add token_budget=1e11, or compute= with model_size=")
        }
        guard tokens >= 1, tokens <= Double(Scalars.largestCount) else {
            throw TunerError(
                .usage, "--predict asks for \(tokens) tokens", why: "budgets lie between 1 and 10^18 tokens")
        }
        optimizer = name
        modelSize = numbers[.modelSize]
        tokenBudget = tokens
        held = [:]
        for axis in LawAxis.allCases { held[axis] = numbers[axis.quantity] }
    }

    private static func number(_ text: String, _ quantity: TableQuantity) throws(TunerError) -> Double {
        let value = RunReader.number(text) ?? (try? Scalars.count(text)).map(Double.init)
        guard let value else {
            throw TunerError(
                .usage, "--predict \(quantity.rawValue): \(DiagnosticMessage.quoted(text)) is not a number",
                help: "write for example 1e9, 4Mi or 0.002")
        }
        guard quantity.allows(value) else {
            throw TunerError(
                .usage, "--predict \(quantity.rawValue) cannot be \(DiagnosticMessage.quoted(text))",
                why: "it must be \(quantity.range)")
        }
        return value
    }

    private init(_ cell: TableCell) {
        self.cell = cell.name
        optimizer = cell.optimizer
        modelSize = cell.modelSize
        tokenBudget = cell.tokenBudget
        held = [:]
        // A condition of the cell: known before its runs are compared.
        for axis in LawAxis.allCases {
            let values = cell.values(of: axis)
            if values.count == 1 { held[axis] = values.first }
        }
        measured = cell.runs
    }

    /// The cells among the rows a filter keeps, each as a question; in the order of the table.
    ///
    /// - Parameters:
    ///   - filter: which rows; they need not be those that were fitted.
    ///   - fit: the fit that will be asked; its mapping reads the rows.
    /// - Returns: a question for each distinct cell.
    /// - Throws: `notEnoughData` when no row is kept, `invalidTable` for fields that cannot be read.
    public static func cells(_ filter: RowFilter, of fit: TableFit) throws(TunerError) -> [TableQuestion] {
        let rows = try filter.rows(of: fit.table)
        guard !rows.isEmpty else {
            throw TunerError(
                .notEnoughData, "table '\(fit.table.file)' has no rows that --predict-cells keeps",
                why: filter.seen(in: fit.table))
        }
        return TableCell.cells(of: try fit.reader.runs(rows)).cells.map(TableQuestion.init)
    }
}
