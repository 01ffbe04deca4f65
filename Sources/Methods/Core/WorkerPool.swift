public import Engine

/// The workers of a run: their functions, their random streams, and the books.
///
/// Everything a method learns about the problem and everything it sends goes through here, so costs and draws are
/// the same for all methods. Stream 0 of the seed is the server's, stream i + 1 is worker i's. Within a round a worker
/// draws its minibatch first, then what its compressor needs, then noise; workers go in order.
public struct WorkerPool: Sendable {
    /// f_i.
    public let oracles: [any Oracle]
    /// x*, when the problem knows it.
    public let solution: Vector?
    /// How workers answer `gradient`.
    public var sampling: GradientSampling
    /// Stream 0.
    public var server: SplitMix64
    /// Stream i + 1 for worker i.
    public var streams: [SplitMix64]
    /// Colluding workers beside the honest ones.
    public var byzantine = 0
    /// What they send; needed when there are any.
    public var attack: (any Attack)?
    /// Costs of the round under way.
    public var ledger = Ledger()

    /// A pool.
    public init(
        _ oracles: [any Oracle], seed: UInt64 = 0, sampling: GradientSampling = .full, solution: Vector? = nil
    ) {
        self.oracles = oracles
        self.sampling = sampling
        self.solution = solution
        server = .stream(seed, 0)
        streams = oracles.indices.map { .stream(seed, $0 + 1) }
    }

    /// n.
    public var count: Int { oracles.count }
    /// 0..<n.
    public var indices: Range<Int> { oracles.indices }
    /// d.
    public var dimension: Int { oracles.first?.dimension ?? 0 }

    /// What every worker can answer.
    public var capabilities: Set<Capability> {
        var found = oracles.first?.capabilities ?? []
        for oracle in oracles { found.formIntersection(oracle.capabilities) }
        if solution != nil { found.insert(.knownSolution) }
        return found
    }

    /// f = mean f_i.
    public func loss(at x: Vector) -> Double {
        oracles.reduce(0) { $0 + $1.loss(at: x) } / Double(count)
    }

    /// grad f, exactly.
    public func exactGradient(at x: Vector) -> Vector { Vector.mean(oracles.map { $0.gradient(at: x) }) }

    /// Worker i's gradient under the pool's sampling; draws from its stream.
    public mutating func gradient(_ i: Int, at x: Vector) -> Vector {
        switch sampling {
        case .full: return oracles[i].gradient(at: x)
        case .rows(let size):
            let m = oracles[i].examples
            let rows = size == 1 ? [streams[i].index(m)] : streams[i].sample(m, size)
            return oracles[i].gradient(at: x, batch: .rows(rows))
        }
    }

    /// Worker i's gradient over rows that a sampler draws from its stream, `sum_r v_r grad f_r`; zero when it draws none.
    public mutating func gradient(_ i: Int, at x: Vector, drawnBy sampler: inout RowSampler) -> Vector {
        sampler.draw(using: &streams[i]).reduce(.zero(dimension)) { sum, draw in
            sum + draw.weight * oracles[i].gradient(at: x, batch: .rows([draw.row]))
        }
    }

    /// Worker i's Hessian; precondition: the problem has Hessians.
    public func hessian(_ i: Int, at x: Vector) -> Matrix {
        require(i, (any HessianOracle).self).hessian(at: x)
    }

    /// Worker i's oracle with a capability; precondition: it has it (a run checks this before it starts).
    public func require<T>(_ i: Int, _ kind: T.Type) -> T {
        guard let oracle = oracles[i] as? T else { preconditionFailure("worker \(i) is no \(kind)") }
        return oracle
    }

    /// Every worker's gradient, in order.
    public mutating func gradients(at x: Vector) -> [Vector] { indices.map { gradient($0, at: x) } }

    /// Worker i draws `sigma` times a standard normal vector; draws nothing for `sigma = 0`.
    public mutating func noise(_ i: Int, deviation sigma: Double) -> Vector {
        sigma > 0 ? sigma * Vector(streams[i].normals(dimension)) : .zero(dimension)
    }

    /// Compresses with worker i's stream and pays for the message.
    public mutating func send(_ i: Int, _ x: Vector, through compressor: any Compressor) -> Vector {
        let message = compressor.compress(x, using: &streams[i])
        ledger.send(message.cost)
        return message.value
    }

    /// What the server receives: the honest messages, then the colluding ones.
    public func received(_ honest: [Vector]) -> [Vector] {
        guard byzantine > 0, let attack else { return honest }
        let crafted = attack.craft(honest: honest, total: honest.count + byzantine, byzantine: byzantine)
        return honest + Array(repeating: crafted, count: byzantine)
    }

    /// Every worker sends one message of this cost.
    public mutating func sendFromAll(_ cost: Cost) { ledger.send(count * cost) }

    /// The server sends the same message to every worker.
    public mutating func broadcast(_ cost: Cost) { ledger.deliver(count * cost) }

    /// The server sends the new model in full to every worker.
    public mutating func broadcastModel() { broadcast(.dense(dimension)) }

    /// Participants drawn one by one with probability `p` from the server's stream; all, without a draw, for `p >= 1`.
    public mutating func participants(probability p: Double) -> [Int] {
        p >= 1 ? Array(indices) : indices.filter { _ in server.bernoulli(p) }
    }

    /// `tau` participants drawn without replacement from the server's stream; all, without a draw, for `nil`.
    public mutating func participants(count tau: Int?) -> [Int] {
        guard let tau else { return Array(indices) }
        return server.sample(count, tau)
    }
}

/// How many rows a stochastic gradient sees.
public enum GradientSampling: Sendable, Hashable {
    /// All.
    case full
    /// This many different rows, drawn uniformly; one row is `index(m)`.
    case rows(Int)
}
