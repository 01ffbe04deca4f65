internal import Engine
internal import Foundation
internal import Methods

/// A run of a round method in the engine's loop: a step is a round, tokens are the rows whose gradients it asked for.
///
/// `batch_size_tokens` is `workers * rows a worker`; at all rows gradients are exact. Metrics of communication are totals
/// per worker since the start, the set-up included: `bits` and `floats` up to the server, `bits_down` and `floats_down`
/// from it; a float has 32 bits.
///
/// Rounds take their steps from the method, which holds them constant: no schedule. A checkpoint is the number of rounds;
/// taking it up replays them, with the same bits.
struct RoundSession: TrainingSession {
    private let problem: WorkerProblem.Instance
    private let fresh: DistributedRun
    private let startNorm: Double
    let trainingTokens: Int?
    let kind: String
    private var run: DistributedRun
    private var loss: Double
    private var totals = Totals()

    /// What has been sent, per worker.
    private struct Totals {
        var bits = 0.0
        var floats = 0.0
        var bitsDown = 0.0
        var floatsDown = 0.0
    }

    init(_ job: TrainingJob, problem kind: WorkerProblem, method plugin: MethodPlugin) throws {
        guard job.schedule.shape == .constant, job.schedule.warmupFraction == 0 else {
            throw EngineError(
                code: "bad-option",
                message:
                    "schedule '\(job.schedule.shape.rawValue)' with optimizer '\(plugin.descriptor.name)'",
                why: "a method of rounds keeps its step",
                help: "leave 'schedule' out, or write 'schedule: constant'")
        }
        guard job.batchGrowth == nil else {
            throw EngineError(
                code: "bad-option", message: "batch_growth with optimizer '\(plugin.descriptor.name)'",
                why: "a method of rounds takes the same rows from every worker in every round",
                help: "leave 'batch_growth' out")
        }
        let options = try WorkloadOptions(job.workloadOptions, for: kind.descriptor)
        let rows = try Self.rows(job, kind, options)
        problem = try kind.instance(options, seed: job.seed, rows: rows)
        trainingTokens = options.integer("workers") * (kind.hasRows ? try kind.rowsPerWorker(options) : 1)
        self.kind = "rounds of \(plugin.descriptor.name)"
        let method = try RoundMethodSettings(plugin: plugin)
            .method(job.hyperparameters, for: problem.constants)
        do {
            fresh = try DistributedRun(method, pool: problem.pool, start: problem.start)
        } catch {
            throw EngineError(
                code: "optimizer-not-supported",
                message: "optimizer '\(plugin.descriptor.name)' cannot train workload '\(kind.rawValue)'",
                why: error.description)
        }
        run = fresh
        startNorm = problem.start.norm
        loss = problem.pool.loss(at: problem.start)
        totals = Self.setUp(of: fresh)
    }

    /// Rows a worker draws for a gradient; `nil` for all.
    private static func rows(_ job: TrainingJob, _ kind: WorkerProblem, _ options: WorkloadOptions) throws
        -> Int?
    {
        let workers = options.integer("workers")
        let most = kind.hasRows ? try kind.rowsPerWorker(options) : 1
        let (rows, rest) = job.batchSizeTokens.quotientAndRemainder(dividingBy: workers)
        guard rest == 0, rows >= 1, rows <= most else {
            throw EngineError(
                code: "bad-option",
                message: "batch_size_tokens \(job.batchSizeTokens) for \(workers) workers of \(most) rows",
                why: "a round takes the same number of rows from every worker",
                help: "use a multiple of \(workers) up to \(workers * most), which is all rows")
        }
        return rows == most || kind == .personal ? nil : rows
    }

    private static func setUp(of run: DistributedRun) -> Totals {
        let workers = Double(run.pool.count)
        let cost = run.pool.ledger.setUp
        return Totals(bits: Double(cost.bits()) / workers, floats: Double(cost.floats) / workers)
    }

    var modelSize: Int { problem.start.count }
    var lossFloor: Double? { problem.lowestLoss }

    mutating func step(_ step: Int, factor: Double) -> Double? {
        let before = loss
        let report = run.advance()
        loss = report.loss
        totals.bits += report.bitsUpPerWorker
        totals.floats += report.floatsUpPerWorker
        totals.bitsDown += report.bitsDownPerWorker
        totals.floatsDown += report.floatsDownPerWorker
        let norm = run.iterate.norm
        return loss.isFinite && norm.isFinite && norm < 1e6 * (1 + startNorm) ? before : nil
    }

    func evaluate(step: Int, full: Bool) -> [String: Double] {
        let x = run.iterate
        return [
            "validation_loss": loss, "gradient_norm": problem.pool.exactGradient(at: x).norm,
            "bits": totals.bits, "floats": totals.floats, "bits_down": totals.bitsDown,
            "floats_down": totals.floatsDown,
        ].merging(problem.extra(x)) { own, _ in own }
    }

    var buffers: [String: Data] { ["rounds": Data("\(run.rounds)".utf8)] }

    mutating func restore(_ buffers: [String: Data]) -> Bool {
        guard let data = buffers["rounds"], let rounds = Int(String(decoding: data, as: UTF8.self)),
            rounds >= 0
        else { return false }
        run = fresh
        totals = Self.setUp(of: fresh)
        for k in 0..<rounds { _ = step(k, factor: 1) }
        return true
    }
}
