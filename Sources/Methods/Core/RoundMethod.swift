/// Numbers a method reports about itself: error-feedback gap, clipped messages, delays.
public typealias Diagnostics = [String: Double]

/// A method of n workers and a server (or of n nodes without one), one round at a time.
///
/// A method is a value: a copy is a checkpoint, and a copied run continues exactly like the original. It reaches
/// functions, randomness and the books through the pool only.
public protocol RoundMethod: Sendable {
    /// What it asks of the problem.
    var needs: Set<Capability> { get }
    /// The server's model, or the average of the nodes.
    var iterate: Vector { get }
    /// Sets all state for a start at `x`; may pay a set-up.
    mutating func start(at x: Vector, in pool: inout WorkerPool)
    /// One round.
    mutating func round(in pool: inout WorkerPool) -> Diagnostics
}

extension RoundMethod {
    /// Gradients suffice.
    public var needs: Set<Capability> { [] }
}

/// What one round did.
public struct RoundReport: Sendable, Hashable {
    /// Rounds done, this one included.
    public var round: Int
    /// f at the new iterate; NaN or infinite when the run has diverged.
    public var loss: Double
    /// Sums over workers, this round.
    public var up: Cost
    /// Sums over workers, this round.
    public var down: Cost
    /// Workers.
    public var workers: Int
    /// What the method said.
    public var diagnostics: Diagnostics

    /// Numbers up per worker.
    public var floatsUpPerWorker: Double { Double(up.floats) / Double(workers) }
    /// Bits up per worker.
    public var bitsUpPerWorker: Double { Double(up.bits()) / Double(workers) }
    /// Numbers down per worker.
    public var floatsDownPerWorker: Double { Double(down.floats) / Double(workers) }
    /// Bits down per worker.
    public var bitsDownPerWorker: Double { Double(down.bits()) / Double(workers) }
}

/// A method on a problem, with its books: the loss against the bits that bought it.
public struct DistributedRun: Sendable {
    /// The method and its state.
    public private(set) var method: any RoundMethod
    /// The workers.
    public private(set) var pool: WorkerPool
    /// Rounds done.
    public private(set) var rounds = 0
    /// Bits up per worker since the start, without the set-up.
    public private(set) var totalBitsUpPerWorker = 0.0

    /// Starts.
    ///
    /// Throws when the problem cannot answer what the method asks, or dimensions differ.
    public init(_ method: any RoundMethod, pool: WorkerPool, start x: Vector) throws(MethodError) {
        guard pool.count > 0 else { throw .noWorkers }
        guard x.count == pool.dimension else {
            throw .wrongDimension(start: x.count, problem: pool.dimension)
        }
        let missing = method.needs.subtracting(pool.capabilities)
        guard missing.isEmpty else {
            throw .missingCapabilities(missing.sorted { $0.rawValue < $1.rawValue })
        }
        self.method = method
        self.pool = pool
        self.method.start(at: x, in: &self.pool)
    }

    /// The model now.
    public var iterate: Vector { method.iterate }

    /// One round.
    @discardableResult
    public mutating func advance() -> RoundReport {
        pool.ledger.clear()
        let diagnostics = method.round(in: &pool)
        rounds += 1
        let report = RoundReport(
            round: rounds, loss: pool.loss(at: method.iterate), up: pool.ledger.up, down: pool.ledger.down,
            workers: pool.count, diagnostics: diagnostics)
        totalBitsUpPerWorker += report.bitsUpPerWorker
        return report
    }

    /// Several rounds.
    @discardableResult
    public mutating func advance(_ count: Int) -> [RoundReport] { (0..<count).map { _ in advance() } }
}
