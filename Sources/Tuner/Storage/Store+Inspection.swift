import GRDB

extension Store {
    /// Runs SQL on the writing connection, outside a transaction, for looking at a store and for simulating trouble.
    ///
    /// - Parameter sql: one or more statements; the rows of the last one are answered.
    /// - Returns: the columns of all rows as text, row after row; `NULL` for a missing value.
    /// - Throws: what SQLite says.
    func inspect(_ sql: String) async throws(TunerError) -> [String] {
        do {
            return try await pool.writeWithoutTransaction { db in
                try Row.fetchAll(db, sql: sql).flatMap { row in
                    row.databaseValues.map { String.fromDatabaseValue($0) ?? "\($0)" }
                }
            }
        } catch {
            throw StoreFailure.error(error, doing: "inspect the store")
        }
    }
}
