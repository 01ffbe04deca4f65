import Engine
import Foundation

/// Gaussian process with log expected improvement.
///
/// Evenly spread trials first; then a process is fitted to the transformed values (`PowerTransform`,
/// `GaussianProcess`), trials under way are believed at their mean, and the point with the largest log expected
/// improvement over the lowest mean is proposed (`AcquisitionSearch`).
///
/// - Failed and diverged trials count as the worst value there is, so that their region is avoided.
/// - Constraints have a process each; the log of the probability that all are met is added.
/// - With several objectives each trial minimises another weighted mixture of the normalised objectives, the
///   augmented Chebyshev function of ParEGO (Knowles 2006), with weights of the trial's number.
/// - At most `most` trials are used: the best half and the newest half. A fit costs their number cubed.
struct GPSampler: Sampler {
    /// What can be set.
    struct Settings: Sendable {
        var startupTrials = 10
        var most = 160
    }

    private let problem: SamplerProblem
    private let settings: Settings
    private let features: SurrogateFeatures
    private var start: SobolSampler
    private var memory: TrialMemory

    init(_ problem: SamplerProblem) { self.init(problem, Settings()) }

    init(_ problem: SamplerProblem, _ settings: Settings) {
        self.problem = problem
        self.settings = settings
        features = SurrogateFeatures(problem.space)
        start = SobolSampler(problem)
        memory = TrialMemory(
            best: settings.most / 2, newest: settings.most / 2, objectiveCount: problem.objectiveCount)
    }

    mutating func began(_ number: Int, at point: SamplerPoint) { memory.begin(number, at: point) }

    mutating func finished(_ trial: SampledTrial) { memory.add(trial) }

    mutating func propose(_ number: Int) -> [Double]? {
        let trials = Array(memory.all.suffix(settings.most))
        guard memory.count >= problem.startupTrials(settings.startupTrials),
            trials.contains(where: { $0.outcome.values != nil })
        else {
            return start.propose(number)
        }
        var generator = SplitMix64.stream(problem.seed ^ 0x69A5_5EED, number)
        let rows = trials.map { features.row($0.point) }
        let single = SurrogateTargets.mixture(trials, problem.objectiveCount, &generator)
        guard
            var process = GaussianProcess(
                rows, SurrogateTargets.standardised(single), groups: features.groups)
        else { return start.propose(number) }
        let constraints = SurrogateTargets.constraints(trials, rows, groups: features.groups)
        // Under constraints only a feasible trial is an incumbent.
        let feasible = trials.indices.filter {
            trials[$0].outcome.values != nil && trials[$0].outcome.violation == 0
        }
        let lowest =
            feasible.isEmpty || constraints.isEmpty
            ? process.lowestMean : feasible.map { process.predict(rows[$0]).mean }.min() ?? 0
        let order = (feasible.isEmpty ? Array(trials.indices) : feasible).sorted {
            (single[$0], $0) < (single[$1], $1)
        }
        for pending in memory.pending.sorted(by: { $0.key < $1.key }).suffix(64) {
            process.believe(features.row(pending.value))
        }
        let search = AcquisitionSearch(
            features: features, incumbents: order.prefix(3).map { trials[$0].point })
        let point = search.best(
            &generator,
            value: { row in
                let (mean, variance) = process.predict(row)
                return LogExpectedImprovement.value(mean: mean, variance: variance, best: lowest).value
                    + constraints.reduce(0) { $0 + $1.logFeasible(row).value }
            },
            slopes: { row in
                let found = process.slopes(row)
                let gain = LogExpectedImprovement.value(
                    mean: found.mean, variance: found.variance, best: lowest)
                var value = gain.value
                var slope = row.indices.map {
                    gain.dMean * found.dMean[$0] + gain.dVariance * found.dVariance[$0]
                }
                for constraint in constraints {
                    let part = constraint.logFeasible(row)
                    value += part.value
                    for index in slope.indices { slope[index] += part.slope[index] }
                }
                return (value, slope)
            })
        return point.coordinates
    }
}

/// A process of one constraint.
struct FeasibilityProcess {
    let process: GaussianProcess
    /// What zero is on the process' scale.
    let threshold: Double

    /// `log P(constraint <= 0)` and its slope.
    func logFeasible(_ row: [Double]) -> (value: Double, slope: [Double]) {
        let found = process.slopes(row)
        let deviation = found.variance.squareRoot()
        let z = (threshold - found.mean) / deviation
        let (value, steep) = LogExpectedImprovement.logCumulative(z)
        let slope = row.indices.map {
            steep * (-found.dMean[$0] / deviation - 0.5 * z / found.variance * found.dVariance[$0])
        }
        return (value, slope)
    }
}

/// What processes are fitted to.
enum SurrogateTargets {
    /// One number for every trial; failed ones get the worst of the others.
    static func mixture(_ trials: [SampledTrial], _ objectiveCount: Int, _ generator: inout SplitMix64)
        -> [Double]
    {
        let columns = (0..<objectiveCount).map { objective in column(trials, objective) }
        if objectiveCount == 1 { return columns[0] }
        // Uniform over the weights that sum to one.
        let draws = (0..<objectiveCount).map { _ in -log(1 - generator.uniform()) }
        let total = max(draws.reduce(0, +), 1e-300)
        let scaled = columns.map { column in
            let low = column.min() ?? 0, high = column.max() ?? 1
            return column.map { high > low ? ($0 - low) / (high - low) : 0 }
        }
        return trials.indices.map { trial in
            let parts = (0..<objectiveCount).map { draws[$0] / total * scaled[$0][trial] }
            return (parts.max() ?? 0) + 0.05 * parts.reduce(0, +)
        }
    }

    /// An objective of all trials; failed ones get the worst of the others.
    static func column(_ trials: [SampledTrial], _ objective: Int) -> [Double] {
        let worst = trials.compactMap { $0.outcome.values?[objective] }.max() ?? 0
        return trials.map { $0.outcome.values?[objective] ?? worst }
    }

    /// Nearer to normal, mean 0, deviation 1.
    static func standardised(_ values: [Double]) -> [Double] {
        let transform = PowerTransform(values)
        return values.map { transform($0) }
    }

    /// A process for every constraint that was ever broken.
    static func constraints(_ trials: [SampledTrial], _ rows: [[Double]], groups: [Int])
        -> [FeasibilityProcess]
    {
        let count = trials.map(\.outcome.constraints.count).max() ?? 0
        return (0..<count).compactMap { constraint in
            let known = trials.indices.filter { trials[$0].outcome.constraints.count > constraint }
            let values = known.map { trials[$0].outcome.constraints[constraint] }
            guard values.contains(where: { $0 > 0 }) else { return nil }
            // Signed roots: only the sign of a constraint matters in the end, and huge ones would drown the others.
            let bent = values.map { $0 < 0 ? -min(-$0, 1e300).squareRoot() : min($0, 1e300).squareRoot() }
            let deviation = max(1e-12, (bent.reduce(0) { $0 + $1 * $1 } / Double(bent.count)).squareRoot())
            let standard = bent.map { $0 / deviation }
            let mean = standard.reduce(0, +) / Double(standard.count)
            return GaussianProcess(known.map { rows[$0] }, standard.map { $0 - mean }, groups: groups)
                .map { FeasibilityProcess(process: $0, threshold: -mean) }
        }
    }
}
