internal import Engine
internal import Foundation
internal import Methods
internal import Synchronization

extension WorkerProblem {
    /// Rows of a worker: those of its part of the file, or the option.
    func rowsPerWorker(_ options: WorkloadOptions) throws -> Int {
        guard self == .logistic, options.text("path") != nil else { return options.integer("rows") }
        return try Self.logistic(options).workers[0].examples
    }

    /// The problem of `federated-logistic`: drawn, or the rows of a LIBSVM file.
    static func logistic(_ options: WorkloadOptions) throws -> LogisticRegression {
        guard let path = options.text("path") else {
            return LogisticRegression(
                workers: options.integer("workers"), rows: options.integer("rows"),
                dimension: options.integer("dimension"), regularization: options.real("l2"),
                concentration: options.real("heterogeneity"), seed: options.seed("problem_seed"))
        }
        let key = FileKey(path, options)
        if let known = latest.withLock({ $0 }), known.key == key { return known.problem }
        let problem = try read(path, options)
        latest.withLock { $0 = (key, problem) }
        return problem
    }

    /// The last problem of a file: a warm worker trains many trials of one sweep, and its minimum takes seconds to find.
    private static let latest = Mutex<(key: FileKey, problem: LogisticRegression)?>(nil)

    /// What decides a problem.
    private struct FileKey: Hashable {
        var path: String
        var size: Int
        var changed: Date
        var wholes: [Int]
        var reals: [Double]

        init(_ path: String, _ options: WorkloadOptions) {
            let facts = (try? FileManager.default.attributesOfItem(atPath: path)) ?? [:]
            self.path = path
            size = facts[.size] as? Int ?? 0
            changed = facts[.modificationDate] as? Date ?? .distantPast
            wholes = ["workers", "most_rows", "problem_seed"].map { options.integer($0) }
            reals = ["heterogeneity", "l2"].map { options.real($0) }
        }
    }

    private static func read(_ path: String, _ options: WorkloadOptions) throws -> LogisticRegression {
        let table = try LIBSVMFile.read(path)
        let labels = Set(table.labels).sorted()
        func refuse(_ message: String, _ why: String) -> EngineError {
            EngineError(code: "bad-data-file", message: "\(path): \(message)", why: why)
        }
        guard labels.count == 2 else {
            throw refuse(
                "has \(labels.count) different labels", "logistic regression needs exactly two")
        }
        guard table.columns <= 1000 else {
            throw refuse(
                "has \(table.columns) features", "at most 1000 are taken: some methods keep whole Hessians")
        }
        let workers = options.integer("workers")
        guard table.rows >= workers else {
            throw refuse("has \(table.rows) rows for \(workers) workers", "everyone needs a row")
        }
        return LogisticRegression(
            design: Matrix(
                rows: table.rows, columns: table.columns, table.features.map { Double($0) }),
            labels: Vector(table.labels.map { $0 == labels[1] ? 1 : -1 }), workers: workers,
            most: options.integer("most_rows"), regularization: options.real("l2"),
            concentration: options.real("heterogeneity"), seed: options.seed("problem_seed"))
    }
}
