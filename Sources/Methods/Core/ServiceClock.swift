import Engine
import Foundation

/// How long a worker takes for one gradient.
public enum ServiceTime: Sendable, Hashable {
    /// Always the same.
    case constant(Double)
    /// Poisson with this mean, at least a tiny time.
    case poisson(Double)
    /// `|N(s, s)| + 1`.
    case foldedNormal(Double)
    /// Uniform between 0 and twice the mean.
    case uniform(Double)

    /// One service time.
    func draw(using generator: inout SplitMix64) -> Double {
        switch self {
        case .constant(let s): return s
        case .foldedNormal(let s): return abs(s + s * generator.normal()) + 1
        case .uniform(let s): return 2 * s * generator.uniform()
        case .poisson(let s):
            var (count, product) = (0, generator.uniform())
            while product > exp(-s), count < 10_000 {
                count += 1
                product *= generator.uniform()
            }
            return max(Double(count), 1e-9)
        }
    }
}

/// Simulated time: every worker serves its queue first in, first out.
///
/// Jobs come out by finishing time; of two that finish together the one issued first.
public struct ServiceClock: Sendable {
    /// A gradient to be computed.
    public struct Job: Sendable {
        /// When it is done.
        public var finish: Double
        /// Issued as number.
        public var number: Int
        /// Who computes.
        public var worker: Int
        /// Where.
        public var point: Vector
        /// The round it was issued in.
        public var round: Int
    }

    /// Of every worker.
    public let services: [ServiceTime]
    /// Jobs under way.
    public private(set) var jobs: [Job] = []
    /// Jobs issued so far, by worker.
    public private(set) var assigned: [Int]
    /// Time of the last finished job.
    public private(set) var now = 0.0
    private var free: [Double]
    private var issued = 0

    /// A clock at time 0.
    public init(_ services: [ServiceTime]) {
        self.services = services
        assigned = services.map { _ in 0 }
        free = services.map { _ in 0 }
    }

    /// Puts a job into a worker's queue; random times come from the worker's stream.
    public mutating func issue(to worker: Int, at point: Vector, round: Int, in pool: inout WorkerPool) {
        let start = max(now, free[worker])
        free[worker] = start + services[worker].draw(using: &pool.streams[worker])
        jobs.append(Job(finish: free[worker], number: issued, worker: worker, point: point, round: round))
        issued += 1
        assigned[worker] += 1
    }

    /// Takes the job that finishes next; `nil` when nothing is under way.
    public mutating func finishNext() -> Job? {
        guard
            let k = jobs.indices.min(by: {
                (jobs[$0].finish, jobs[$0].number) < (jobs[$1].finish, jobs[$1].number)
            })
        else { return nil }
        now = jobs[k].finish
        return jobs.remove(at: k)
    }
}
