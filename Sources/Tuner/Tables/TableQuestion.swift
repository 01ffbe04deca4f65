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
        let typed = try TypedAssignments(
            text, known: Self.askable, example: "model_size=1e9,token_budget=1e11")
        var numbers = typed.numbers
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
        optimizer = typed.optimizer
        modelSize = numbers[.modelSize]
        tokenBudget = tokens
        held = [:]
        for axis in LawAxis.allCases { held[axis] = numbers[axis.quantity] }
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
        let rows = try fit.table.rows(filter, option: "--predict-cells")
        return TableCell.cells(of: try fit.reader.runs(rows)).cells.map(TableQuestion.init)
    }
}
