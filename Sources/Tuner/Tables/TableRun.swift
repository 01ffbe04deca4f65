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
    /// How often the average training token was seen; 1 when not given.
    public var epochs = 1.0
}

/// Reads the runs of a table by a mapping.
///
/// A loss that is empty, `nan` or infinite (also `NA`, `None`, `null`) is that of a diverged run. Everything else must
/// be there and in its range; all offending fields are reported at once.
struct RunReader {
    private let fields: FieldReader
    private let group: Int?

    private var table: RunTable { fields.table }

    /// - Parameters:
    ///   - table: the table.
    ///   - mapping: what its columns are.
    ///   - group: the column that says which runs belong together.
    /// - Throws: `usage` when a named column is not there.
    init(_ table: RunTable, mapping: ColumnMapping, group: String?) throws(TunerError) {
        fields = FieldReader(table, try mapping.indices(in: table), optional: .validationLoss)
        self.group =
            if let group { try table.index(of: group, asked: "--group") } else { nil }
    }

    /// The quantities that are read.
    var quantities: Set<TableQuantity> { Set(fields.columns.keys) }

    /// The name of the column of the loss.
    var lossColumn: String { fields.columns[.validationLoss].map { table.columns[$0] } ?? "loss" }

    /// The columns nothing is read from.
    var unread: [Int] {
        let read = Set(fields.columns.values)
        return table.columns.indices.filter { !read.contains($0) && $0 != group }
    }

    /// Reads rows.
    ///
    /// - Parameter indices: rows of the table.
    /// - Returns: a run for each.
    /// - Throws: `invalidTable` with every field that is missing, no number or out of range.
    func runs(_ indices: [Int]) throws(TunerError) -> [TableRun] {
        var problems: FieldReader.Problems = []
        let runs = indices.compactMap { run($0, &problems) }
        guard problems.isEmpty else { throw table.error(problems) }
        return runs
    }

    private func run(_ number: Int, _ problems: inout FieldReader.Problems) -> TableRun? {
        guard let numbers = fields.numbers(number, &problems), let tokens = FieldReader.tokens(numbers) else {
            return nil
        }
        var values: [LawAxis: Double] = [:]
        for axis in LawAxis.allCases { values[axis] = numbers[axis.quantity] }
        if values[.batchSize] == nil, let steps = numbers[.steps] { values[.batchSize] = tokens / steps }
        guard TableQuantity.tokenBudget.allows(tokens),
            values[.batchSize].map(TableQuantity.batchSize.allows) ?? true
        else {
            problems.append((table.rows[number][0].place, .derivedOutOfRange(tokens: tokens)))
            return nil
        }
        return TableRun(
            row: number, line: table.line(number), group: group.map { fields.text(number, column: $0) },
            optimizer: fields.columns[.optimizer].map { fields.text(number, column: $0) },
            modelSize: numbers[.modelSize], tokenBudget: tokens, values: values,
            loss: numbers[.validationLoss], epochs: numbers[.epochs] ?? 1)
    }
}
