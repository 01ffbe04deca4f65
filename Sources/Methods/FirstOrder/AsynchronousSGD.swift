/// AsGrad: asynchronous SGD in simulated time.
///
/// Every worker gets a job at x0. A round takes the `b` jobs that finish first, each a gradient at the model of its
/// issue, `x -= gamma mean`, and issues b new ones:
///
/// | assignment | new jobs go to |
/// |---|---|
/// | pure | the same workers |
/// | random | a uniformly drawn worker each |
/// | shuffled | the next of a permutation, redrawn after n |
///
/// Pure visits worker i in proportion to its speed and finds the minimiser of the *speed-weighted* objective; shuffled
/// assigns all workers equally often and finds the true one. `b > 1` waits. Jobs under way stay n. Delays need
/// `gamma <~ 1/(L sqrt(tau_max tau_mean))`.
///
/// A problem with a private block answers with the gradient at the best private part, so partially personalised
/// training runs asynchronously too. Cost: b dense vectors up, the model down. Maturity: established.
///
/// Source: R. Islamov, M. Safaryan, D. Alistarh, "AsGrad", 2023, arXiv 2310.20452.
public struct AsynchronousMethod: RoundMethod {
    /// Who gets new jobs.
    public enum Assignment: String, Sendable, Hashable, CaseIterable {
        /// Who finished.
        case pure
        /// Anybody.
        case random
        /// Everybody once a permutation.
        case shuffled
    }

    /// gamma.
    public var step: Double
    /// Who gets new jobs.
    public var assignment: Assignment
    /// b.
    public var waits: Int
    /// Service times.
    public var services: [ServiceTime]
    /// x.
    public private(set) var iterate = Vector([])
    /// Simulated time and queues.
    public private(set) var clock = ServiceClock([])
    /// Delays of the gradients of the last round, in rounds.
    public private(set) var delays: [Int] = []
    /// Who computed them.
    public private(set) var finished: [Int] = []
    private var rounds = 0
    private var order: [Int] = []
    private var place = 0

    /// The method; one service time a worker, `waits` at most n.
    public init(step: Double, assignment: Assignment, services: [ServiceTime], waits: Int = 1) {
        precondition(waits > 0 && waits <= services.count, "between one and all workers are waited for")
        self.step = step
        self.assignment = assignment
        self.services = services
        self.waits = waits
    }

    /// Starts the clock with a job for every worker.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        precondition(services.count == pool.count, "one service time a worker")
        iterate = x
        (rounds, place, delays, finished) = (0, 0, [], [])
        clock = ServiceClock(services)
        if assignment == .shuffled { order = pool.server.permutation(pool.count) }
        for i in pool.indices { clock.issue(to: i, at: x, round: 0, in: &pool) }
    }

    /// One step of the server.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        (delays, finished) = ([], [])
        var sum = Vector.zero(iterate.count)
        for _ in 0..<waits {
            guard let job = clock.finishNext() else { break }
            sum += (1 / Double(waits)) * pool.gradient(job.worker, at: job.point)
            delays.append(rounds - job.round)
            finished.append(job.worker)
            pool.ledger.send(.dense(iterate.count))
        }
        iterate -= step * sum
        rounds += 1
        for worker in finished {
            clock.issue(to: next(after: worker, in: &pool), at: iterate, round: rounds, in: &pool)
        }
        pool.broadcastModel()
        return ["time": clock.now, "largest_delay": Double(delays.max() ?? 0)]
    }

    private mutating func next(after worker: Int, in pool: inout WorkerPool) -> Int {
        switch assignment {
        case .pure: return worker
        case .random: return pool.server.index(pool.count)
        case .shuffled:
            if place == order.count { (order, place) = (pool.server.permutation(pool.count), 0) }
            place += 1
            return order[place - 1]
        }
    }
}
