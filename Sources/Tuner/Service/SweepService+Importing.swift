import Foundation

/// What an import did.
public struct ImportAnswer: Sendable, Hashable, Codable {
    /// Sweep.
    public var sweep: String
    /// Where it stands now.
    public var state: SweepState
    /// Trials that were stored.
    public var imported: Int
    /// Those of them that diverged.
    public var diverged: Int
    /// Rows of trials without a result, by state.
    public var leftOut: [TrialState: Int]
    /// Columns that nothing was read from.
    public var ignoredColumns: [String]

    enum CodingKeys: String, CodingKey {
        case sweep, state, imported, diverged
        case leftOut = "left_out"
        case ignoredColumns = "ignored_columns"
    }
}

extension SweepService {
    /// Takes trials that were run elsewhere into a sweep, so that its law is fitted to them.
    ///
    /// A sweep that is not there is made and stays paused: nothing is trained until it is resumed, and `law_guided` then
    /// goes on from what was imported. Call it on a service that was not started.
    ///
    /// - Parameters:
    ///   - table: the runs.
    ///   - columns: `NAME=COLUMN`, for columns that are not named as in the sweep.
    ///   - source: the sweep file.
    /// - Returns: what was stored.
    /// - Throws: `invalidTable` with the line of every bad or repeated row, `usage` for missing columns, `conflict` when
    ///   the sweep has another text or unfinished trials. Then nothing was stored.
    public func importTrials(
        _ table: RunTable, columns: [String], source: SweepSource
    ) async throws(TunerError) -> ImportAnswer {
        let definition = try await read(source)
        let runs = try ImportedTrials(table, columns: columns, definition: definition)
        if try await store.storedSweep(named: definition.name) != nil {
            try runs.check(against: try await store.trials(of: definition.name), in: table)
        }
        _ = try await store.importTrials(
            runs.trials, of: definition, source: source, at: dependencies.now(),
            front: dependencies.paretoFront)
        return ImportAnswer(
            sweep: definition.name, state: try await summary(of: definition.name).state,
            imported: runs.trials.count, diverged: runs.trials.count { $0.state == .diverged },
            leftOut: runs.leftOut, ignoredColumns: runs.ignoredColumns)
    }
}
