import Foundation
public import ScalingLaws

/// One run of a table.
public struct TableRun: Sendable, Hashable {
    /// Index of its row.
    public var row: Int
    /// Line of the file it begins on.
    public var line: Int
    /// Value of the group column; `nil` without one.
    public var group: String?
    /// Optimizer; `nil` without such a column.
    public var optimizer: String?
    /// Trained parameters; `nil` when not given.
    public var modelSize: Double?
    /// Tokens.
    public var tokenBudget: Double
    /// Hyperparameters that are given.
    public var values: [LawAxis: Double]
    /// The loss; `nil` for a diverged run.
    public var loss: Double?
}

/// Reads the runs of a table by a mapping.
///
/// A loss that is empty, `nan` or infinite (also `NA`, `None`, `null`) is that of a diverged run. Everything else must
/// be there and in its range; all offending fields are reported at once.
struct RunReader {
    private let table: RunTable
    private let columns: [TableQuantity: Int]
    private let group: Int?
    private typealias Found = [(place: SourcePlace, message: DiagnosticMessage)]

    /// - Parameters:
    ///   - table: the table.
    ///   - mapping: what its columns are.
    ///   - group: the column that says which runs belong together.
    /// - Throws: `usage` when a named column is not there.
    init(_ table: RunTable, mapping: ColumnMapping, group: String?) throws(TunerError) {
        self.table = table
        columns = try mapping.indices(in: table)
        self.group =
            if let group { try table.index(of: group, asked: "--group") } else { nil }
    }

    /// The quantities that are read.
    var quantities: Set<TableQuantity> { Set(columns.keys) }

    /// The columns nothing is read from.
    var unread: [Int] {
        let read = Set(columns.values)
        return table.columns.indices.filter { !read.contains($0) && $0 != group }
    }

    /// Reads rows.
    ///
    /// - Parameter indices: rows of the table.
    /// - Returns: a run for each.
    /// - Throws: `invalidTable` with every field that is missing, no number or out of range.
    func runs(_ indices: [Int]) throws(TunerError) -> [TableRun] {
        var problems: Found = []
        let runs = indices.compactMap { run($0, &problems) }
        guard problems.isEmpty else { throw table.error(problems) }
        return runs
    }

    private func run(_ number: Int, _ problems: inout Found) -> TableRun? {
        let row = table.rows[number]
        var numbers: [TableQuantity: Double] = [:]
        let before = problems.count
        for quantity in TableQuantity.allCases where quantity != .optimizer {
            guard let index = columns[quantity] else { continue }
            let field = row[index]
            let column = table.columns[index]
            if let value = Self.number(field.text), quantity.allows(value) {
                numbers[quantity] = value
            } else if quantity == .validationLoss, Self.isDiverged(field.text) {
                continue
            } else if Self.isMissing(field.text) {
                problems.append((field.place, .cellEmpty(column: column, quantity: quantity)))
            } else if Self.number(field.text) == nil {
                problems.append((field.place, .cellNotNumber(field.text, column: column, quantity: quantity)))
            } else {
                problems.append(
                    (field.place, .cellOutOfRange(field.text, column: column, quantity: quantity)))
            }
        }
        guard problems.count == before, let tokens = Self.tokens(numbers) else { return nil }
        var values: [LawAxis: Double] = [:]
        for axis in LawAxis.allCases { values[axis] = numbers[axis.quantity] }
        if values[.batchSize] == nil, let steps = numbers[.steps] { values[.batchSize] = tokens / steps }
        guard TableQuantity.tokenBudget.allows(tokens),
            values[.batchSize].map(TableQuantity.batchSize.allows) ?? true
        else {
            problems.append((row[0].place, .derivedOutOfRange(tokens: tokens)))
            return nil
        }
        func text(_ index: Int) -> String { row[index].text.trimmingCharacters(in: .whitespaces) }
        return TableRun(
            row: number, line: row[0].place.line, group: group.map(text),
            optimizer: columns[.optimizer].map(text),
            modelSize: numbers[.modelSize], tokenBudget: tokens, values: values,
            loss: numbers[.validationLoss])
    }

    /// Tokens as given, else steps times batch size, else `C / (6 N)`: training costs about six operations for each
    /// parameter and token.
    private static func tokens(_ numbers: [TableQuantity: Double]) -> Double? {
        if let tokens = numbers[.tokenBudget] { return tokens }
        if let steps = numbers[.steps], let batch = numbers[.batchSize] { return steps * batch }
        if let compute = numbers[.compute], let size = numbers[.modelSize] { return compute / (6 * size) }
        return nil
    }

    /// A decimal number; `nil` for anything else, hexadecimal digits included.
    static func number(_ text: String) -> Double? {
        let text = text.trimmingCharacters(in: .whitespaces)
        guard !text.contains(where: { "xXpP".contains($0) }) else { return nil }
        return Double(text)
    }

    /// Whether a field says that there is no value.
    static func isMissing(_ text: String) -> Bool {
        ["", "na", "n/a", "nan", "none", "null"].contains(
            text.trimmingCharacters(in: .whitespaces).lowercased())
    }

    private static func isDiverged(_ text: String) -> Bool {
        isMissing(text) || number(text).map { !$0.isFinite } ?? false
    }
}
