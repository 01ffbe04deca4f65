import GRDB

/// Lets changes that are asked for while a commit is under way share the next one.
///
/// A durable commit waits for the disk (some 4 ms) however little it holds, so eight trials that finish together
/// cost one wait instead of eight. Each change runs in a savepoint of its own: one that throws is undone alone, the
/// others are committed. Nobody gets an answer before the commit is done.
actor GroupCommit {
    private let pool: DatabasePool
    private let path: String
    private var waiting: [Change] = []
    private var isCommitting = false

    /// Runs a change and answers what to do once the commit's own outcome is known.
    private typealias Change = @Sendable (Attempted) throws -> Answer
    private typealias Answer = @Sendable ((any Error)?) -> Void

    /// What a change gets: the open transaction, or the reason why there is none.
    private enum Attempted: Sendable {
        case transaction(Handle)
        case failed(any Error)
    }

    /// The database of the running transaction; used only inside the writer's closure that made it.
    private struct Handle: @unchecked Sendable {
        // Unchecked: never leaves the synchronous writer closure it is created in.
        let database: Database
    }

    init(pool: DatabasePool, path: String) {
        self.pool = pool
        self.path = path
    }

    /// Makes one change.
    ///
    /// - Parameter body: the change; everything it did is undone when it throws.
    /// - Returns: what `body` returned, once it is on the disk.
    /// - Throws: what `body` threw, or the failure of the commit.
    func perform<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value)
        async throws(TunerError) -> Value
    {
        let outcome: Result<Value, any Error> = await withCheckedContinuation { continuation in
            waiting.append { attempted in
                guard case .transaction(let handle) = attempted else {
                    guard case .failed(let error) = attempted else { return { _ in } }
                    continuation.resume(returning: .failure(error))
                    return { _ in }
                }
                let result = try Self.inSavepoint(handle.database, body)
                return { error in
                    if let error, case .success = result {
                        continuation.resume(returning: .failure(error))
                    } else {
                        continuation.resume(returning: result)
                    }
                }
            }
            if !isCommitting {
                isCommitting = true
                Task { await self.commitAll() }
            }
        }
        do { return try outcome.get() } catch {
            throw StoreFailure.error(error, doing: "write the store '\(path)'")
        }
    }

    /// The outcome of one change; throws only when the whole commit is spoilt.
    private static func inSavepoint<Value: Sendable>(
        _ db: Database, _ body: (Database) throws -> Value
    ) throws -> Result<Value, any Error> {
        var value: Value?
        do {
            try db.inSavepoint {
                value = try body(db)
                return .commit
            }
        } catch {
            if StoreFailure.spoilsCommit(error) { throw error }
            return .failure(error)
        }
        guard let value else {
            return .failure(TunerError(.internalError, "a change of the store gave nothing"))
        }
        return .success(value)
    }

    private func commitAll() async {
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            let answers = AnswerBox()
            do {
                try await pool.write { db in
                    for change in batch { answers.append(try change(.transaction(Handle(database: db)))) }
                }
                answers.all.forEach { $0(nil) }
            } catch {
                let failure = error
                answers.all.forEach { $0(failure) }
                // Changes that were not reached have no answer yet.
                for change in batch.dropFirst(answers.all.count) { _ = try? change(.failed(failure)) }
            }
        }
        isCommitting = false
    }

    /// Carries the answers out of the writer's closure.
    private final class AnswerBox: @unchecked Sendable {
        // Unchecked: filled on the writer's queue, read after `write` has returned; never both at once.
        private(set) var all: [Answer] = []
        func append(_ answer: @escaping Answer) { all.append(answer) }
    }
}
