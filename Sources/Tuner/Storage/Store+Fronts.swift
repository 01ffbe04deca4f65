import Foundation
import GRDB

/// A front as it was after one trial had finished.
struct FrontVersion: Sendable, Hashable {
    /// Counts the changes of the front, from 1.
    var version: Int
    /// The trial whose end made it.
    var trial: Int
    /// When.
    var at: Date
    /// The front.
    var front: ParetoFront
}

extension Store {
    /// The front over some objectives, kept up to date from the first time it is asked for.
    ///
    /// A set of objectives that is new gets its history as well, by replaying the finished trials in the order in
    /// which they finished. Beyond `mostFronts` sets of a sweep, a front is made and not kept.
    ///
    /// - Throws: `notFound` for a sweep that does not exist.
    func front(of sweep: String, objectives: [SweepDefinition.Objective], make: @escaping FrontMaker)
        async throws(TunerError) -> ParetoFront
    {
        let kept: ParetoFront? = try await read { db in
            _ = try Self.state(of: sweep, db)
            return try Self.keptFront(of: sweep, objectives, db)
        }
        if let kept { return kept }
        guard !isReadOnly else {
            let finished = try await trials(of: sweep).filter(\.state.isFinished)
            return make(objectives, finished)
        }
        return try await writer.perform { db in
            if let kept = try Self.keptFront(of: sweep, objectives, db) { return kept }
            guard
                let sweepID = try Int64.fetchOne(
                    db, sql: "SELECT id FROM sweep WHERE name = ?", arguments: [sweep])
            else { throw TunerError(.notFound, "there is no sweep '\(sweep)'") }
            let count =
                try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM pareto_front WHERE sweep_id = ?", arguments: [sweepID])
                ?? 0
            let finished = try Self.finishedTrials(sweepID, db)
            guard count < Self.mostFronts else { return make(objectives, finished) }
            let id = try Self.frontID(objectives, sweepID: sweepID, db)
            for (index, trial) in finished.enumerated() {
                try Self.updateFront(
                    try Self.liveFront(id, db), objectives, trial: trial, at: trial.finishedAt ?? Date(),
                    make: make, db
                ) { numbers in
                    let earlier = finished[...index]
                    guard let numbers else { return Array(earlier) }
                    return earlier.filter { numbers.contains($0.number) }
                }
            }
            return try Self.keptFront(of: sweep, objectives, db) ?? make(objectives, finished)
        }
    }

    /// How a kept front grew, oldest version first; empty when it is not kept.
    func frontHistory(of sweep: String, objectives: [SweepDefinition.Objective]) async throws(TunerError)
        -> [FrontVersion]
    {
        try await read { db in
            _ = try Self.state(of: sweep, db)
            guard let row = try Self.frontRow(of: sweep, objectives, db) else { return [] }
            let id: Int64 = row["id"]
            let versions = try Row.fetchAll(
                db, sql: "SELECT * FROM pareto_version WHERE front_id = ? ORDER BY version", arguments: [id])
            return try versions.map { version in
                FrontVersion(
                    version: version["version"], trial: version["trial"], at: Date(stored: version["at"]),
                    front: ParetoFront(
                        objectives: objectives, points: try Self.points(id, at: version["version"], db),
                        hypervolume: version["hypervolume"],
                        reference: try StoreJSON.decode([Double].self, from: version["reference"])))
            }
        }
    }

    /// Sets of objectives kept for one sweep.
    static let mostFronts = 16

    /// The id of the front of a set of objectives; made when it is new.
    static func frontID(_ objectives: [SweepDefinition.Objective], sweepID: Int64, _ db: Database) throws
        -> Int64
    {
        try db.execute(
            sql: "INSERT OR IGNORE INTO pareto_front (sweep_id, objectives) VALUES (?, ?)",
            arguments: [sweepID, try StoreJSON.encode(objectives)])
        let id = try Int64.fetchOne(
            db, sql: "SELECT id FROM pareto_front WHERE sweep_id = ? AND objectives = ?",
            arguments: [sweepID, try StoreJSON.encode(objectives)])
        return id ?? 0
    }

    /// Brings all kept fronts of a sweep up to date with a trial that has just finished.
    static func updateFronts(
        sweepID: Int64, trial: Trial, at: Date, make: FrontMaker, _ db: Database
    ) throws {
        let fronts = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM pareto_front WHERE sweep_id = ?"), arguments: [sweepID])
        for row in fronts {
            let objectives = try StoreJSON.decode([SweepDefinition.Objective].self, from: row["objectives"])
            try updateFront(try LiveFront(row: row), objectives, trial: trial, at: at, make: make, db) {
                numbers in
                guard let numbers else { return try finishedTrials(sweepID, db) }
                return try trials(numbers, sweepID: sweepID, db)
            }
        }
    }

    /// The newest version of a front.
    private struct LiveFront {
        var id: Int64
        var version: Int
        var reference: [Double]
        /// Trials with the worst value of an objective each, which make the reference corner; `nil`: not known.
        var corner: [Int]?

        init(row: Row) throws {
            id = row["id"]
            version = row["version"]
            reference = try StoreJSON.numbers(row["reference"])
            corner = try (row["corner"] as String?).map { try StoreJSON.numbers($0).map { Int($0) } }
        }
    }

    private static func liveFront(_ id: Int64, _ db: Database) throws -> LiveFront {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM pareto_front WHERE id = ?", arguments: [id])
        else { throw TunerError(.internalError, "there is no front \(id)") }
        return try LiveFront(row: row)
    }

    /// Brings one front up to date.
    ///
    /// Most trials are beaten by the front and lie inside its reference corner; they change nothing. For the others the
    /// front is made anew out of the trials on it, those that hold the corner, and the new one: no other trial
    /// can be on it or move its corner, so the cost does not grow with the trials there are. `finished` reads the trials of
    /// some numbers, or all finished ones for `nil`.
    private static func updateFront(
        _ front: LiveFront, _ objectives: [SweepDefinition.Objective], trial: Trial, at: Date,
        make: FrontMaker, _ db: Database, finished: (Set<Int>?) throws -> [Trial]
    ) throws {
        guard let values = make(objectives, [trial]).points.first?.values else { return }
        let before = try livePoints(front.id, db)
        let isInside =
            front.reference.count == values.count
            && zip(objectives, zip(values, front.reference)).allSatisfy { objective, pair in
                objective.goal == .minimize ? pair.0 <= pair.1 : pair.0 >= pair.1
            }
        if isInside, before.contains(where: { beats($0.values, values, objectives) }) { return }

        // Before the first point there is nothing else to read; an older store may not know its corner.
        let isKnown = front.corner != nil || front.version == 0
        let needed = Set((front.corner ?? []) + before.map(\.trial) + [trial.number])
        let trials = try finished(isKnown ? needed : nil)
        let after = make(objectives, trials)
        // Equal to a point of the front, say: there is nothing new to keep.
        if Set(after.points) == Set(before), after.reference == front.reference { return }
        let next = front.version + 1
        let hypervolume = after.hypervolume.flatMap { $0.isFinite ? $0 : nil }
        let reference = try StoreJSON.encode(after.reference)
        let corner = try StoreJSON.encode(corner(of: trials, objectives, make))
        try db.execute(
            sql: """
                UPDATE pareto_front SET version = ?, reference = ?, hypervolume = ?, corner = ? WHERE id = ?
                """, arguments: [next, reference, hypervolume, corner, front.id])
        try db.execute(
            sql: """
                INSERT INTO pareto_version (front_id, version, trial, reference, hypervolume, at)
                VALUES (?, ?, ?, ?, ?, ?)
                """, arguments: [front.id, next, trial.number, reference, hypervolume, at.stored])
        let kept = Set(after.points), known = Set(before)
        for point in before where !kept.contains(point) {
            try db.execute(
                sql:
                    "UPDATE pareto_point SET left_at = ? WHERE front_id = ? AND trial = ? AND left_at IS NULL",
                arguments: [next, front.id, point.trial])
        }
        for point in after.points where !known.contains(point) {
            try db.execute(
                sql: "INSERT INTO pareto_point (front_id, trial, value, entered) VALUES (?, ?, ?, ?)",
                arguments: [front.id, point.trial, try StoreJSON.encode(point.values), next])
        }
    }

    /// For each objective a trial with its worst value.
    private static func corner(
        of trials: [Trial], _ objectives: [SweepDefinition.Objective], _ make: FrontMaker
    ) -> [Int] {
        let points = trials.compactMap { make(objectives, [$0]).points.first }
        let worst = objectives.enumerated().compactMap { axis, objective in
            objective.goal == .minimize
                ? points.max { $0.values[axis] < $1.values[axis] }
                : points.min { $0.values[axis] < $1.values[axis] }
        }
        return Set(worst.map(\.trial)).sorted()
    }

    /// Whether `left` is at least as good as `right` everywhere and better somewhere.
    private static func beats(_ left: [Double], _ right: [Double], _ objectives: [SweepDefinition.Objective])
        -> Bool
    {
        var isBetterSomewhere = false
        for (objective, pair) in zip(objectives, zip(left, right)) where pair.0 != pair.1 {
            guard (pair.0 < pair.1) == (objective.goal == .minimize) else { return false }
            isBetterSomewhere = true
        }
        return isBetterSomewhere
    }

    private static func keptFront(of sweep: String, _ objectives: [SweepDefinition.Objective], _ db: Database)
        throws
        -> ParetoFront?
    {
        guard let row = try frontRow(of: sweep, objectives, db) else { return nil }
        return ParetoFront(
            objectives: objectives, points: try points(row["id"], at: row["version"], db),
            hypervolume: row["hypervolume"],
            reference: try StoreJSON.decode([Double].self, from: row["reference"]))
    }

    private static func frontRow(of sweep: String, _ objectives: [SweepDefinition.Objective], _ db: Database)
        throws
        -> Row?
    {
        try Row.fetchOne(
            db,
            sql: """
                SELECT pareto_front.* FROM pareto_front JOIN sweep ON sweep.id = pareto_front.sweep_id
                WHERE sweep.name = ? AND objectives = ?
                """, arguments: [sweep, try StoreJSON.encode(objectives)])
    }

    /// Points of a version, sorted by the first objective.
    private static func points(_ id: Int64, at version: Int, _ db: Database) throws -> [ParetoFront.Point] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT trial, value FROM pareto_point
                WHERE front_id = ? AND entered <= ? AND (left_at IS NULL OR left_at > ?)
                """, arguments: [id, version, version]
        ).map { row in
            ParetoFront.Point(
                trial: row["trial"], values: try StoreJSON.numbers(row["value"]))
        }.sorted { ($0.values.first ?? 0, $0.trial) < ($1.values.first ?? 0, $1.trial) }
    }

    /// Points of the newest version.
    private static func livePoints(_ id: Int64, _ db: Database) throws -> [ParetoFront.Point] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT trial, value FROM pareto_point WHERE front_id = ? AND left_at IS NULL"),
            arguments: [id]
        ).map { ParetoFront.Point(trial: $0["trial"], values: try StoreJSON.numbers($0["value"])) }
    }

    /// Some trials by number.
    private static func trials(_ numbers: Set<Int>, sweepID: Int64, _ db: Database) throws -> [Trial] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(Trial.columns) FROM trial WHERE sweep_id = ? AND number = ?")
        return try numbers.sorted().compactMap { number in
            try Row.fetchOne(statement, arguments: [sweepID, number]).map(Trial.init)
        }
    }

    private static func finishedTrials(_ sweepID: Int64, _ db: Database) throws -> [Trial] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(Trial.columns) FROM trial
                WHERE sweep_id = ? AND state IN ('completed', 'diverged', 'stopped', 'failed', 'cancelled')
                ORDER BY finished_at, number
                """, arguments: [sweepID]
        ).map(Trial.init)
    }
}
