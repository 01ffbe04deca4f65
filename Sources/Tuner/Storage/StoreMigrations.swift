import Foundation
import GRDB

/// The schema. Migrations are only ever appended: a published one is never edited, renamed or removed.
///
/// Conventions: singular snake-case names; times are seconds since 1970; `metrics`, `hyperparameters` and the like
/// are JSON objects with sorted keys, in which a value that is not finite is the text `nan`, `inf` or `-inf`.
enum StoreMigrations {
    /// All migrations, oldest first.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1-sweeps-trials-attempts", migrate: first)
        migrator.registerMigration("v2-optimizer-from-outside") { db in
            // JSON of what the library said about itself when the sweep was submitted, with its path and hash.
            try db.execute(sql: "ALTER TABLE sweep ADD COLUMN external_optimizer TEXT")
        }
        migrator.registerMigration("v2-leases", migrate: leases)
        migrator.registerMigration("v2-probes", migrate: probes)
        migrator.registerMigration("v3-shorter-runs") { db in
            // What a trial showed of the runs of fewer tokens that it contains.
            try db.execute(
                sql: """
                    CREATE TABLE shorter_run (
                        trial_id INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
                        token_budget INTEGER NOT NULL,
                        metrics TEXT NOT NULL,
                        PRIMARY KEY (trial_id, token_budget)
                    ) WITHOUT ROWID;
                    """)
        }
        return migrator
    }

    /// Checks that a database that is only read is up to date.
    ///
    /// - Throws: `badConfiguration` when its schema is newer or older than this program's.
    static func check(_ database: DatabasePool, path: String) throws {
        try refuseNewer(database, path: path)
        let migrator = migrator
        guard try database.read({ db in try migrator.hasCompletedMigrations(db) }) else {
            throw TunerError(
                .badConfiguration, "the store '\(path)' has an older schema",
                help: "start the daemon once: it brings the store up to date")
        }
    }

    /// Brings a database up to date.
    ///
    /// - Throws: `badConfiguration` when a newer program has migrated it further than this one knows.
    static func apply(to database: DatabasePool, path: String) throws {
        try refuseNewer(database, path: path)
        try migrator.migrate(database)
    }

    private static func refuseNewer(_ database: DatabasePool, path: String) throws {
        let migrator = migrator
        let known = Set(migrator.migrations)
        let unknown = try database.read { db in try migrator.appliedIdentifiers(db).subtracting(known).max() }
        if let unknown {
            throw TunerError(
                .badConfiguration, "the store '\(path)' has the newer schema '\(unknown)'",
                why: "this program knows schemas up to '\(migrator.migrations.last ?? "none")'",
                help: "use the program version that wrote it, or a newer one")
        }
    }

    /// Leases of trials in outside hands, and what keeps a front up to date without reading all trials.
    private static func leases(_ db: Database) throws {
        try db.execute(
            sql: """
                -- Seconds since 1970; NULL for attempts the daemon runs itself.
                ALTER TABLE attempt ADD COLUMN lease_expires_at REAL;
                -- Trials that hold the worst value of an objective each, as a JSON array; NULL: not known yet.
                ALTER TABLE pareto_front ADD COLUMN corner TEXT;
                CREATE INDEX pareto_point_live ON pareto_point (front_id) WHERE left_at IS NULL;
                """)
    }

    private static func probes(_ db: Database) throws {
        try db.execute(
            sql: """
                -- What was measured before the first trial of a sweep, and what it predicted.
                CREATE TABLE probe (
                    sweep_id INTEGER PRIMARY KEY REFERENCES sweep ON DELETE CASCADE,
                    record TEXT NOT NULL,
                    measured_at REAL NOT NULL
                );
                """)
    }

    private static func first(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE store (
                    uuid TEXT NOT NULL,
                    created_at REAL NOT NULL
                );

                CREATE TABLE sweep (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    name TEXT NOT NULL UNIQUE,
                    state TEXT NOT NULL,
                    message TEXT,
                    source_text TEXT NOT NULL,
                    source_file TEXT NOT NULL,
                    source_directory TEXT NOT NULL,
                    metric TEXT NOT NULL,
                    goal TEXT NOT NULL,
                    expected_trials INTEGER NOT NULL,
                    created_at REAL NOT NULL,
                    updated_at REAL NOT NULL
                );

                -- id: names attempts, never reused. number: within the sweep, from 1.
                CREATE TABLE trial (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    sweep_id INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
                    number INTEGER NOT NULL,
                    round INTEGER NOT NULL,
                    ordinal INTEGER NOT NULL,
                    hyperparameters TEXT NOT NULL,
                    token_budget INTEGER NOT NULL,
                    replicate INTEGER NOT NULL,
                    seed INTEGER NOT NULL,
                    state TEXT NOT NULL,
                    attempt INTEGER NOT NULL DEFAULT 0,
                    metrics TEXT NOT NULL DEFAULT '{}',
                    metric_value REAL,
                    failure TEXT,
                    started_at REAL,
                    finished_at REAL,
                    UNIQUE (sweep_id, number),
                    UNIQUE (sweep_id, round, ordinal)
                );
                CREATE INDEX trial_by_state ON trial (sweep_id, state, metric_value);

                CREATE TABLE attempt (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    trial_id INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
                    number INTEGER NOT NULL,
                    name TEXT NOT NULL UNIQUE,
                    token TEXT NOT NULL,
                    directory TEXT NOT NULL,
                    state TEXT NOT NULL,
                    reason TEXT,
                    metrics TEXT,
                    intended_at REAL NOT NULL,
                    started_at REAL,
                    finished_at REAL,
                    UNIQUE (trial_id, number)
                );
                -- The first complete result of a trial wins.
                CREATE UNIQUE INDEX attempt_result ON attempt (trial_id) WHERE state IN ('completed', 'diverged', 'stopped');
                CREATE INDEX attempt_open ON attempt (state) WHERE state IN ('intended', 'running');

                CREATE TABLE observation (
                    attempt_id INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
                    sequence INTEGER NOT NULL,
                    step INTEGER NOT NULL,
                    tokens INTEGER NOT NULL,
                    metrics TEXT NOT NULL,
                    elapsed_seconds REAL NOT NULL,
                    PRIMARY KEY (attempt_id, sequence)
                ) WITHOUT ROWID;

                -- One row per sweep and set of objectives; version counts the changes.
                CREATE TABLE pareto_front (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    sweep_id INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
                    objectives TEXT NOT NULL,
                    version INTEGER NOT NULL DEFAULT 0,
                    reference TEXT NOT NULL DEFAULT '[]',
                    hypervolume REAL,
                    UNIQUE (sweep_id, objectives)
                );
                -- The trial whose end made a version of a front, and how large the front was then.
                CREATE TABLE pareto_version (
                    front_id INTEGER NOT NULL REFERENCES pareto_front ON DELETE CASCADE,
                    version INTEGER NOT NULL,
                    trial INTEGER NOT NULL,
                    reference TEXT NOT NULL,
                    hypervolume REAL,
                    at REAL NOT NULL,
                    PRIMARY KEY (front_id, version)
                ) WITHOUT ROWID;
                -- A point is on the versions entered <= v < left.
                CREATE TABLE pareto_point (
                    front_id INTEGER NOT NULL REFERENCES pareto_front ON DELETE CASCADE,
                    trial INTEGER NOT NULL,
                    value TEXT NOT NULL,
                    entered INTEGER NOT NULL,
                    left_at INTEGER,
                    PRIMARY KEY (front_id, trial, entered)
                ) WITHOUT ROWID;

                CREATE TABLE law (
                    sweep_id INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
                    version INTEGER NOT NULL,
                    finished_trials INTEGER NOT NULL,
                    law TEXT NOT NULL,
                    fitted_at REAL NOT NULL,
                    PRIMARY KEY (sweep_id, version)
                ) WITHOUT ROWID;

                -- The name, not the id, of the sweep: the event of its removal outlives it.
                CREATE TABLE event (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    at REAL NOT NULL,
                    sweep TEXT NOT NULL,
                    trial INTEGER,
                    kind TEXT NOT NULL,
                    text TEXT NOT NULL
                );
                """)
        try db.execute(
            sql: "INSERT INTO store (uuid, created_at) VALUES (?, ?)",
            arguments: [UUID().uuidString.lowercased(), Date().timeIntervalSince1970])
    }
}
