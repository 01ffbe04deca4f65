import Engine
import Foundation

/// Which columns of a table are which parts of a sweep's trials, and how a row is read by them.
struct ImportLayout {
    /// What a row is.
    enum Row {
        case trial(Trial)
        /// A trial without a result.
        case left(TrialState)
        /// Its problems were noted.
        case unreadable
    }

    /// Columns that nothing is read from.
    let ignored: [String]
    private let table: RunTable
    private let definition: SweepDefinition
    private let space: SearchSpace
    private let columns: [String: Int]
    private let metrics: [String: Int]
    /// The column of the batch size with what it is multiplied by.
    private let batch: (column: Int, factor: Int)?

    private static let budget = "token_budget"
    private static let batchName = "batch_size_tokens"
    private static let shorter = "shorter_runs"
    private static let own = [budget, "replicate", "state", shorter]
    /// States as other tuners write them; what they pruned was ended before its budget.
    private static let foreign: [String: TrialState] = [
        "complete": .completed, "completed": .completed, "fail": .failed,
        "failed": .failed, "crashed": .failed, "pruned": .stopped, "stopped": .stopped, "killed": .cancelled,
        "running": .running, "waiting": .waiting, "diverged": .diverged,
    ]
    /// Columns of an export that say nothing here.
    private static let counted = ["number", "attempt", "round", "seed"]

    init(_ table: RunTable, columns assignments: [String], definition: SweepDefinition) throws(TunerError) {
        let space = SearchSpace(definition)
        let batchNames = space.axes.contains { $0.name == Self.batchName } ? SweepKeys.batchSizes : []
        let names =
            Self.own + definition.parameters.map(\.name) + batchNames + [definition.metric.name]
        var columns = try Self.assigned(assignments, table)
        for name in names where columns[name] == nil && table.columns.contains(name) {
            columns[name] = try table.index(of: name, asked: "the sweep")
        }
        batch = try Self.batchColumn(columns, definition, isSearched: !batchNames.isEmpty, table)
        for name in space.axes.map(\.name) + [Self.budget, definition.metric.name]
        where columns[name] == nil && name != Self.batchName {
            throw Self.missing(name, definition, table)
        }
        let parts = Set(names)
        let used = Set(columns.values)
        var metrics = columns.filter { $0.key == definition.metric.name || !parts.contains($0.key) }
        var ignored: [String] = []
        for (index, column) in table.columns.enumerated()
        where !used.contains(index) && !Self.counted.contains(column) {
            let isNumbers = table.rows.indices.allSatisfy { row in
                let text = table.text(row, index)
                return FieldReader.isMissing(text) || table.numbers.reading(text, isCount: false) != .other
            }
            if isNumbers, metrics[column] == nil, SweepParser.isSnakeCase(column) {
                metrics[column] = index
            } else {
                ignored.append(column)
            }
        }
        self.table = table
        self.definition = definition
        self.space = space
        self.columns = columns
        self.metrics = metrics
        self.ignored = ignored
    }

    // MARK: Rows

    func read(_ row: [DelimitedText.Field], _ problems: inout FieldReader.Problems) -> Row {
        let before = problems.count
        let written = columns["state"].map { row[$0].text.trimmingCharacters(in: .whitespaces) }
        var state: TrialState?
        if let written, let index = columns["state"] {
            guard let known = TrialState(rawValue: written) ?? Self.foreign[written.lowercased()] else {
                problems.append((row[index].place, .unknownState(written)))
                return .unreadable
            }
            guard known == .completed || known == .diverged else { return .left(known) }
            state = known
        }
        var values: [String: HyperparameterValue] = space.fixed
        for parameter in definition.parameters where parameter.name != Self.batchName || batch == nil {
            guard let index = columns[parameter.name] else { continue }
            if let value = value(row[index], of: parameter, &problems) { values[parameter.name] = value }
        }
        if let batch, let size = count(row[batch.column], Self.batchName, &problems) {
            values[Self.batchName] = .integer(size * batch.factor)
        }
        let budget = columns[Self.budget].flatMap { count(row[$0], Self.budget, &problems) }
        var replicate = 0
        if let index = columns["replicate"] {
            let text = row[index].text.trimmingCharacters(in: .whitespaces)
            if let number = Int(text), (0..<1_000_000).contains(number) {
                replicate = number
            } else {
                problems.append(
                    (row[index].place, .notAValue(text, of: "replicate", "a whole number from 0")))
            }
        }
        var measured: [String: Double] = [:]
        for (name, index) in metrics {
            let field = row[index]
            switch table.numbers.reading(field.text, isCount: false) {
            case .number(let number): if number.isFinite { measured[name] = number }
            case .unclear:
                problems.append((field.place, unclear(field, index)))
            case .other where !FieldReader.isMissing(field.text):
                problems.append((field.place, .notAValue(field.text, of: name, "a number, or empty")))
            case .other: break
            }
        }
        let metric = definition.metric.name
        let hasMetric = measured[metric] != nil
        if problems.count == before, state == .completed, !hasMetric, let index = columns[metric] {
            problems.append((row[index].place, .completedWithoutMetric(metric)))
        }
        var shorterRuns: [ShorterRun] = []
        if let index = columns[Self.shorter] {
            if let runs = ShorterRunText.runs(row[index].text, metric: metric) {
                shorterRuns = runs
            } else {
                problems.append(
                    (
                        row[index].place,
                        .notAValue(row[index].text, of: Self.shorter, "as exported: '256=0.3145 512=0.2814'")
                    ))
            }
        }
        guard problems.count == before, let budget else { return .unreadable }
        if measured["tokens"] == nil { measured["tokens"] = Double(budget) }
        let proposal = TrialProposal(
            hyperparameters: values, tokenBudget: budget, replicate: replicate, round: 0)
        return .trial(
            Trial(
                number: 0, proposal: proposal, state: state ?? (hasMetric ? .completed : .diverged),
                seed: TrialSeed.derive(sweepSeed: definition.seed, proposal: proposal), metrics: measured,
                shorterRuns: shorterRuns))
    }

    private func value(
        _ field: DelimitedText.Field, of parameter: SweepDefinition.SearchParameter,
        _ problems: inout FieldReader.Problems
    ) -> HyperparameterValue? {
        var text = field.text.trimmingCharacters(in: .whitespaces)
        func refuse(_ expected: String) -> HyperparameterValue? {
            problems.append((field.place, .notAValue(text, of: parameter.name, expected)))
            return nil
        }
        if parameter.domain.isNumeric {
            guard let plain = table.numbers.plain(text) else {
                problems.append((field.place, unclear(field, columns[parameter.name])))
                return nil
            }
            text = plain
        }
        switch parameter.domain {
        case .value(let fixed):
            let isSame =
                fixed.number.map { number in
                    FieldReader.number(text) == number
                        || (try? Scalars.count(text)).map { Double($0) } == number
                } ?? (fixed.description == text)
            return isSame ? fixed : refuse("\(fixed), which the sweep fixes")
        case .values(let list):
            if let same = list.first(where: { $0.description == text }) { return same }
            if list.allSatisfy({ if case .integer = $0 { true } else { false } }) {
                return (try? Scalars.integer(text)).map { .integer($0) } ?? refuse("a whole number")
            }
            if list.allSatisfy({ $0.number != nil }) {
                return (try? Scalars.real(text)).map { .real($0) } ?? refuse("a number")
            }
            return refuse("one of \(list.map(\.description).joined(separator: ", "))")
        case .range(_, _, let scale, _, let isInteger):
            if isInteger {
                return (try? Scalars.integer(text)).map { .integer($0) } ?? refuse("a whole number")
            }
            guard let number = try? Scalars.real(text) else { return refuse("a number") }
            switch scale {
            case .log where number <= 0: return refuse("above zero: its scale is a logarithm")
            case .complementLog where !(0..<1).contains(number):
                return refuse("from 0 to below 1; is it 1 - \(parameter.name)?")
            default: return .real(number)
            }
        }
    }

    private func count(
        _ field: DelimitedText.Field, _ name: String, _ problems: inout FieldReader.Problems
    ) -> Int? {
        let text = field.text.trimmingCharacters(in: .whitespaces)
        guard let plain = table.numbers.plain(text) else {
            problems.append((field.place, unclear(field, columns[name])))
            return nil
        }
        if let number = try? Scalars.count(plain), number > 0, number <= Scalars.largestCount / 1_000_000 {
            return number
        }
        problems.append((field.place, .notAValue(text, of: name, "a positive count such as 8000000 or 8M")))
        return nil
    }

    private func unclear(_ field: DelimitedText.Field, _ column: Int?) -> DiagnosticMessage {
        .cellUnclear(
            field.text, column: column.map { table.columns[$0] } ?? "", separator: table.separator)
    }

    // MARK: Columns

    private static func assigned(_ texts: [String], _ table: RunTable) throws(TunerError) -> [String: Int] {
        var columns: [String: Int] = [:]
        for text in texts {
            let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else {
                throw TunerError(
                    .usage, "--column \(DiagnosticMessage.quoted(text)) is not NAME=COLUMN",
                    help: "write for example --column learning_rate=lr")
            }
            let index = try table.index(of: sides[1], asked: "--column \(sides[0])")
            guard columns.updateValue(index, forKey: sides[0]) == nil,
                Set(columns.values).count == columns.count
            else {
                throw TunerError(
                    .usage, "--column \(DiagnosticMessage.quoted(text)) names something a second time",
                    help: "give every name and every column once")
            }
        }
        return columns
    }

    private static func batchColumn(
        _ columns: [String: Int], _ definition: SweepDefinition, isSearched: Bool, _ table: RunTable
    ) throws(TunerError) -> (column: Int, factor: Int)? {
        guard isSearched else { return nil }
        let given = SweepKeys.batchSizes.filter { columns[$0] != nil }
        guard let name = given.first, let index = columns[name] else {
            throw missing(batchName, definition, table)
        }
        guard given.count == 1 else {
            throw TunerError(
                .usage, "table '\(table.file)' has both '\(given[0])' and '\(given[1])'",
                help: "keep one column with the batch size")
        }
        return (index, name == "batch_size_sequences" ? max(1, definition.batchSizeGranularity) : 1)
    }

    private static func missing(
        _ name: String, _ definition: SweepDefinition, _ table: RunTable
    ) -> TunerError {
        let why =
            name == definition.metric.name
            ? "it is the metric of sweep '\(definition.name)'"
            : name == budget
                ? "a law says how optima move with tokens" : "sweep '\(definition.name)' searches it"
        return TunerError(
            .usage, "table '\(table.file)' has no column '\(name)'", why: why,
            help: "name it with --column \(name)=COLUMN; its columns are "
                + DiagnosticMessage.list(table.columns.map(DiagnosticMessage.shown)))
    }
}

extension SweepDefinition.SearchParameter.Domain {
    /// Whether every value is a number.
    fileprivate var isNumeric: Bool {
        switch self {
        case .value(let fixed): fixed.number != nil
        case .values(let list): list.allSatisfy { $0.number != nil }
        case .range: true
        }
    }
}

extension DiagnosticMessage {
    static func notAValue(_ text: String, of name: String, _ expected: String) -> Self {
        Self("invalid-value", "\(quoted(text)) cannot be '\(name)'", why: "it is \(expected)")
    }

    static func unknownState(_ text: String) -> Self {
        Self(
            "unknown-choice", "\(quoted(text)) is not a state of a trial",
            why: "known are \(list(TrialState.allCases.map(\.rawValue)))")
    }

    static func completedWithoutMetric(_ metric: String) -> Self {
        Self(
            "missing-value", "a completed run has no '\(metric)'", why: "it is what the sweep is about",
            help: "write 'diverged' as its state, or give the number")
    }
}
