import Engine
import Foundation

/// Pareto search that minds what a trial costs: the gain expected per unit of cost.
///
/// A process is fitted to every objective and one to the log of the cost. The next point maximises
///
///     log E[hypervolume gained] - log E[cost]
///
/// with two objectives, where the gain over a staircase front is a sum over its steps of products of one-dimensional
/// expected improvements (Emmerich, Giannakoglou, Naujoks 2006; Yang et al. 2019), taken with a reference point a tenth
/// of the range beyond the worst of the front. With one objective the gain is the expected improvement; with more than
/// two it is that of the trial's own mixture of objectives, as in `GPSampler`. When all costs are equal the second
/// term is constant and the search is plain hypervolume improvement. Slopes are by differences of the value.
struct ParetoCostSampler: Sampler {
    private static let startupTrials = 10
    private static let most = 160

    private let problem: SamplerProblem
    private let features: SurrogateFeatures
    private var start: SobolSampler
    private var memory: TrialMemory

    init(_ problem: SamplerProblem) {
        self.problem = problem
        features = SurrogateFeatures(problem.space)
        start = SobolSampler(problem)
        memory = TrialMemory(
            best: Self.most / 2, newest: Self.most / 2, objectiveCount: problem.objectiveCount)
    }

    mutating func began(_ number: Int, at point: SamplerPoint) { memory.begin(number, at: point) }

    mutating func finished(_ trial: SampledTrial) { memory.add(trial) }

    mutating func propose(_ number: Int) -> [Double]? {
        let trials = Array(memory.all.suffix(Self.most))
        guard memory.count >= problem.startupTrials(Self.startupTrials),
            trials.contains(where: { $0.outcome.values != nil })
        else {
            return start.propose(number)
        }
        var generator = SplitMix64.stream(problem.seed ^ 0xC057_0A1E, number)
        let rows = trials.map { features.row($0.point) }
        let columns: [[Double]] =
            problem.objectiveCount <= 2
            ? (0..<problem.objectiveCount).map {
                SurrogateTargets.standardised(SurrogateTargets.column(trials, $0))
            }
            : [
                SurrogateTargets.standardised(
                    SurrogateTargets.mixture(trials, problem.objectiveCount, &generator))
            ]
        var processes = columns.compactMap { GaussianProcess(rows, $0, groups: features.groups) }
        guard processes.count == columns.count else { return start.propose(number) }
        for pending in memory.pending.sorted(by: { $0.key < $1.key }).suffix(64) {
            for index in processes.indices { processes[index].believe(features.row(pending.value)) }
        }
        let cost = CostModel(trials.map(\.outcome.cost), rows, groups: features.groups)
        let constraints = SurrogateTargets.constraints(trials, rows, groups: features.groups)
        let allowed = trials.indices.filter {
            trials[$0].outcome.values != nil && trials[$0].outcome.violation == 0
        }
        let front = StaircaseFront(allowed.map { index in columns.map { $0[index] } })
        let best = ParetoRanking.order(trials).prefix(4).map { trials[$0.index].point }
        func gain(_ row: [Double]) -> Double {
            let found = processes.map { $0.predict(row) }
            return front.logExpectedGain(found) - cost.log(row)
                + constraints.reduce(0) { $0 + $1.logFeasible(row).value }
        }
        let search = AcquisitionSearch(
            features: features, incumbents: Array(best), spreadDraws: 768, climbs: 4)
        return search.best(
            &generator, value: gain,
            slopes: { row in
                let value = gain(row)
                // Backward at the far end, so that the difference stays in the box.
                let slope = row.indices.map { index in
                    var moved = row
                    let step = row[index] > 0.5 ? -1e-5 : 1e-5
                    moved[index] += step
                    return (gain(moved) - value) / step
                }
                return (value, slope)
            }
        ).coordinates
    }
}

/// The expected cost of a point; constant while all costs are equal.
struct CostModel {
    private let process: GaussianProcess?
    private let mean: Double
    private let deviation: Double

    init(_ costs: [Double], _ rows: [[Double]], groups: [Int]) {
        let logs = costs.map { Foundation.log($0) }
        let centre = logs.reduce(0, +) / Double(max(logs.count, 1))
        let spread = (logs.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(max(logs.count, 1)))
            .squareRoot()
        mean = centre
        deviation = spread
        process =
            spread > 1e-6 ? GaussianProcess(rows, logs.map { ($0 - centre) / spread }, groups: groups) : nil
    }

    /// `log E[cost]` of a log-normal.
    func log(_ row: [Double]) -> Double {
        guard let process else { return 0 }
        let found = process.predict(row)
        return mean + deviation * found.mean + 0.5 * deviation * deviation * found.variance
    }
}

/// A front of one or two minimised objectives and the volume a normal outcome is expected to add.
struct StaircaseFront {
    /// Non-dominated points by the first objective, ascending.
    let points: [[Double]]
    /// Beyond the front in every objective.
    let reference: [Double]

    init(_ values: [[Double]]) {
        let first = ParetoRanking.fronts(values).first ?? []
        var seen: Set<[Double]> = []
        let points = first.map { values[$0] }.sorted { $0[0] < $1[0] }.filter { seen.insert($0).inserted }
        self.points = points
        reference = (values.first ?? []).indices.map { axis in
            let all = values.map { $0[axis] }, front = points.map { $0[axis] }
            let worst = front.max() ?? 0, range = (all.max() ?? 1) - (all.min() ?? 0)
            return worst + max(0.1 * range, 1e-3)
        }
    }

    /// `log` of the expected gain.
    func logExpectedGain(_ outcome: [(mean: Double, variance: Double)]) -> Double {
        if outcome.count == 1 {
            return LogExpectedImprovement.value(
                mean: outcome[0].mean, variance: outcome[0].variance, best: points.first?[0] ?? 0
            ).value
        }
        guard !points.isEmpty else { return -outcome.reduce(0) { $0 + $1.mean } }
        // Strip i lies between neighbouring points in the first objective, below the lower of their second ones:
        // gain = sum_i (min(x_{i+1}, r) - max(x_i, f1))+ (ceiling_i - f2)+, and f1, f2 are independent.
        func improvement(_ axis: Int, _ bound: Double) -> Double {
            LogExpectedImprovement.value(
                mean: outcome[axis].mean, variance: outcome[axis].variance, best: bound
            ).value
        }
        var terms: [Double] = []
        var left: Double?
        for index in 0...points.count {
            let edge = index < points.count ? points[index][0] : reference[0]
            let ceiling = index > 0 ? points[index - 1][1] : reference[1]
            // E[(edge - max(left, f1))+] = E[(edge - f1)+] - E[(left - f1)+].
            let upper = improvement(0, edge)
            var width = upper
            if let left {
                let lower = improvement(0, left)
                width = lower < upper ? upper + log1p(-exp(lower - upper)) : -.infinity
            }
            terms.append(width + improvement(1, ceiling))
            left = edge
        }
        let largest = terms.max() ?? -.infinity
        guard largest.isFinite else { return -1e300 }
        return largest + log(terms.reduce(0) { $0 + exp($1 - largest) })
    }
}
