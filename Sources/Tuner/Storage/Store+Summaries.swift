import Foundation
import GRDB

extension Store {
    /// One line per sweep, oldest first; only the named one when a name is given.
    func summaries(of name: String? = nil) async throws(TunerError) -> [SweepSummary] {
        try await read { db in
            let condition = name == nil ? "" : "WHERE sweep.name = ?"
            let arguments: StatementArguments = name.map { [$0] } ?? []
            let sweeps = try Row.fetchAll(
                db, sql: "SELECT * FROM sweep \(condition) ORDER BY id", arguments: arguments)
            return try sweeps.map { try Self.summary(of: $0, db) }
        }
    }

    private static func summary(of sweep: Row, _ db: Database) throws -> SweepSummary {
        let id: Int64 = sweep["id"]
        var counts: [TrialState: Int] = [:]
        var spent = 0
        let states = try Row.fetchAll(
            db,
            sql:
                """
                SELECT state, COUNT(*) AS trials,
                    SUM(CASE state WHEN 'stopped' THEN COALESCE(json_extract(metrics, '$.tokens'), token_budget)
                        ELSE token_budget END) AS tokens
                FROM trial WHERE sweep_id = ? GROUP BY state
                """,
            arguments: [id])
        for row in states {
            guard let state = TrialState(rawValue: row["state"]) else { continue }
            counts[state] = row["trials"]
            // A trial that was cancelled or failed spent an unknown part of its budget.
            if state == .completed || state == .diverged || state == .stopped {
                spent += Int(row["tokens"] as Double)
            }
        }
        let best = try Row.fetchOne(
            db,
            sql: """
                SELECT number, metric_value FROM trial
                WHERE sweep_id = ? AND state = 'completed' AND metric_value IS NOT NULL
                ORDER BY metric_value \(sweep["goal"] == "maximize" ? "DESC" : "ASC"), number LIMIT 1
                """, arguments: [id])
        let state = SweepState(rawValue: sweep["state"]) ?? .failed
        let planned = counts.values.reduce(0, +)
        // A sweep that has ended expects no more than it has.
        let isOver = state == .completed || state == .cancelled
        return SweepSummary(
            name: sweep["name"], state: state,
            message: sweep["message"],
            trials: counts,
            expectedTrials: isOver ? planned : max(sweep["expected_trials"], planned), tokensSpent: spent,
            best: best.map { .init(trial: $0["number"], metric: sweep["metric"], value: $0["metric_value"]) },
            createdAt: Date(stored: sweep["created_at"]), updatedAt: Date(stored: sweep["updated_at"]))
    }
}
