import Engine
import Foundation

/// Runs that something else made, read from a table as trials of a sweep.
///
///     let table = try RunTable(contentsOf: "runs.csv")
///     let runs = try ImportedTrials(table, columns: ["learning_rate=lr"], definition: definition)
///     runs.trials.count
///
/// | column | what it is |
/// |---|---|
/// | every searched parameter | its value; counts may have endings (`8Ki`) |
/// | `batch_size_sequences`, `batch_size_examples` | in place of `batch_size_tokens`, multiplied by the sequence length |
/// | `token_budget` | tokens of the run |
/// | the sweep's metric | empty, `nan` or infinite: the run diverged |
/// | a parameter the sweep fixes | may be there, and must be its value |
/// | `replicate` | which repetition of the same point, from 0 |
/// | `shorter_runs` | as exported: what shorter runs inside it end with |
/// | `state` | as exported: other states than `completed` and `diverged` leave the row out |
///
/// Any other column of numbers whose name a metric can have is a metric. All rows are read, or none.
public struct ImportedTrials: Sendable {
    /// Finished trials in the order of the table; their numbers are those of the lines.
    public let trials: [Trial]
    /// Rows of trials that have no result, by state.
    public let leftOut: [TrialState: Int]
    /// Columns that nothing was read from.
    public let ignoredColumns: [String]

    /// Reads a table.
    ///
    /// - Parameters:
    ///   - table: the runs.
    ///   - columns: `NAME=COLUMN`, for columns that are not named as in the sweep.
    ///   - definition: the sweep.
    /// - Throws: `usage` for columns that are missing or named twice, `invalidTable` with every offending field and its
    ///   line.
    public init(_ table: RunTable, columns: [String], definition: SweepDefinition) throws(TunerError) {
        let layout = try ImportLayout(table, columns: columns, definition: definition)
        var problems: FieldReader.Problems = []
        var trials: [Trial] = []
        var leftOut: [TrialState: Int] = [:]
        var lines: [Point: Int] = [:]
        for row in table.rows {
            let line = row.line
            switch layout.read(row.all, &problems) {
            case .left(let state): leftOut[state, default: 0] += 1
            case .unreadable: break
            case .trial(var trial):
                trial.number = line
                if let first = lines.updateValue(line, forKey: Point(trial.proposal)) {
                    let place = SourcePlace(line: line, column: 1, length: 1)
                    problems.append((place, .rowRepeated(line: first)))
                }
                trials.append(trial)
            }
        }
        guard problems.isEmpty else { throw table.error(problems) }
        guard !trials.isEmpty else {
            throw TunerError(
                .notEnoughData, "table '\(table.file)' has no finished run",
                why: leftOut.isEmpty ? "it has a header and nothing below" : "no row is completed or diverged"
            )
        }
        self.trials = trials
        self.leftOut = leftOut
        ignoredColumns = layout.ignored
    }

    /// Refuses trials the sweep has already.
    ///
    /// - Parameters:
    ///   - known: trials of the sweep.
    ///   - table: for the lines of the message.
    /// - Throws: `invalidTable` with the line of each.
    public func check(against known: [Trial], in table: RunTable) throws(TunerError) {
        let numbers = Dictionary(
            known.map { (Point($0.proposal, like: trials.first?.proposal), $0.number) },
            uniquingKeysWith: { first, _ in first })
        var problems: FieldReader.Problems = []
        for trial in trials {
            guard let number = numbers[Point(trial.proposal)] else { continue }
            let place = SourcePlace(line: trial.number, column: 1, length: 1)
            problems.append((place, .rowKnown(trial: number)))
        }
        guard problems.isEmpty else { throw table.error(problems) }
    }

    /// What makes two runs the same one.
    private struct Point: Hashable {
        var values: [String: Double]
        var texts: [String: String]
        var tokenBudget: Int
        var replicate: Int

        /// - Parameters:
        ///   - proposal: the run.
        ///   - other: only its names count, where the runs were written by two hands.
        init(_ proposal: TrialProposal, like other: TrialProposal? = nil) {
            let names = Set((other ?? proposal).hyperparameters.keys)
            let given = proposal.hyperparameters.filter { names.contains($0.key) }
            values = given.compactMapValues(\.number)
            texts = given.filter { $0.value.number == nil }.mapValues(\.description)
            (tokenBudget, replicate) = (proposal.tokenBudget, proposal.replicate)
        }
    }
}

extension DiagnosticMessage {
    static func rowRepeated(line: Int) -> Self {
        Self(
            "repeated-run", "this run is that of line \(line)",
            why: "it has the same hyperparameters, budget and replicate",
            help: "remove one of them, or tell repetitions apart with a column 'replicate': 0, 1, ...")
    }

    static func rowKnown(trial: Int) -> Self {
        Self(
            "repeated-run", "this run is trial \(trial) of the sweep",
            why: "it has the same hyperparameters, budget and replicate",
            help: "remove it from the table, or give it another 'replicate'")
    }
}
