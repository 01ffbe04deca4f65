import Foundation

/// Every run a design may choose, with what the posterior says it would report: of its own cell, and of those whose
/// runs it contains.
struct DesignCandidates {
    private(set) var runs: [DesignRun] = []
    /// Reports of all runs, up to an unknown shared by the cell.
    private(set) var reports: DesignCovariance.Reports
    /// Candidates of each cell of the space, in its order.
    private(set) var byCell: [[Int]] = []
    /// Candidates that stand for runs under way.
    private(set) var pending: [Int] = []

    private let ensemble: LawEnsemble
    private let divergence: DivergenceEdge
    private let crowd: Crowd
    private let floors: [CellFloor?]
    /// Noise of a run at the optimum.
    private let spread: Double
    private let wall: Double

    /// Standard deviation of the log loss of a cell that was never run, beyond what the law says: wide enough that a
    /// single run there teaches nothing.
    private static let unknownFloor = 0.3
    /// Error of the surface as a share of how far it has risen above its floor; the fitter's own figure.
    private static let misfit = LawFitConfiguration().misfit
    /// Rises below it always count as described.
    private static let leastWall = 0.02
    /// Learning rates offered around the optimum, in units of the spacing.
    private static let offsets = [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]

    init(ensemble: LawEnsemble, samples: [LossSample], pending: [DesignRun], space: DesignSpace) {
        let law = ensemble.law
        let spread: Double = max(law.residual, 1e-4)
        self.ensemble = ensemble
        self.spread = spread
        divergence = DivergenceEdge(law: law, samples: samples)
        crowd = Crowd(samples: samples, pending: pending)
        wall = Self.wall(law: law, samples: samples)
        floors = space.cells.map {
            CellFloor(cell: $0, samples: samples, ensemble: ensemble, spread: spread)
        }
        reports = .init(
            values: [], noise: [], floor: [],
            floorVariances: floors.map { $0?.variance ?? Self.unknownFloor * Self.unknownFloor }, byRun: [])
        for (place, cell) in space.cells.enumerated() {
            let first = runs.count
            for condition in space.conditions(in: cell) {
                for rate in Self.rates(condition, cell, space, ensemble, spread: spread) {
                    var values = condition
                    values[.learningRate] = rate
                    let run = DesignRun(values: values, cell: cell)
                    guard !crowd.holds(run), ensemble.centralExcess(run) < wall else { continue }
                    append(run, place, space)
                }
            }
            for run in pending where run.cell.isSamePlace(as: cell) {
                self.pending.append(runs.count)
                append(run, place, space)
            }
            byCell.append(Array(first..<runs.count))
        }
    }

    /// Adds a run with the reports of its cell and of the cells whose runs it contains.
    private mutating func append(_ run: DesignRun, _ place: Int, _ space: DesignSpace) {
        let first = reports.values.count
        report(run, place)
        for (other, cell) in space.cells.enumerated()
        where cell.modelSize == run.cell.modelSize && run.cell.shorterBudgets.contains(cell.tokenBudget) {
            let shorter = DesignRun(values: run.values, cell: cell)
            if space.leavesSteps(run.values, in: cell), !crowd.holds(shorter),
                ensemble.centralExcess(shorter) < wall
            {
                report(shorter, other)
            }
        }
        runs.append(run)
        reports.byRun.append(Array(first..<reports.values.count))
    }

    private mutating func report(_ run: DesignRun, _ place: Int) {
        var report = ensemble.excess(run)
        let mean: Double = report.reduce(0, +) / Double(max(1, report.count))
        if let floor = floors[place]?.values { for d in report.indices { report[d] += floor[d] } }
        let rise: Double = Self.misfit * mean
        let odds: Double = divergence.probability(of: run)
        let neighbours = Double(1 + crowd.count(near: run))
        reports.values.append(report)
        reports.floor.append(place)
        reports.noise.append((spread * spread + rise * rise) * neighbours * neighbours / max(1 - odds, 1e-6))
    }

    /// Rise above the floor beyond which the surface does not describe a run: what half of the finished runs stay below.
    private static func wall(law: Law, samples: [LossSample]) -> Double {
        let floors = Dictionary(
            law.cells.map { (CellKey(tokenBudget: $0.tokenBudget, modelSize: $0.modelSize), $0.bestLoss) },
            uniquingKeysWith: min)
        let rises = samples.compactMap { sample -> Double? in
            guard let loss = sample.loss, let best = floors[CellKey(sample)] else { return nil }
            return law.lossScale == .logarithm ? log(loss / best) : loss - best
        }.sorted()
        return max(leastWall, rises.isEmpty ? 0 : rises[rises.count / 2])
    }

    /// Learning rates around the law's optimum, as far apart as noise and doubt ask for.
    ///
    /// With curvature k and noise s (both of log loss) a run at a distance x places the optimum with an error proportional
    /// to `s / (k x)`; at `1/2 k x^2 = 2.5 s` it stands clear of the noise and the parabola still holds. Where the
    /// optimum itself is less certain than that, the rates span the doubt.
    private static func rates(
        _ condition: [LawAxis: Double], _ cell: DesignCell, _ space: DesignSpace, _ ensemble: LawEnsemble,
        spread: Double
    ) -> [Double?] {
        guard let range = space.learningRates,
            let a = ensemble.law.axes.firstIndex(where: { $0.axis == .learningRate })
        else { return [nil] }
        let place = ensemble.place(condition, in: cell)
        let optima = ensemble.optima(axis: a, at: place).sorted()
        guard !optima.isEmpty else { return [nil] }
        let centre = optima[optima.count / 2]
        let doubt: Double = 0.5 * (optima[optima.count * 84 / 100] - optima[optima.count * 16 / 100])
        let clear: Double = (5 * spread / max(ensemble.curvature(axis: a, at: place), 1e-9)).squareRoot()
        let step: Double = min(max(max(clear, doubt), log(1.6)), log(3.5))
        let rates = offsets.map { exp(min(max(centre + $0 * step, -600), 600)) }
        let inside = rates.filter { range.contains($0) }
        let admissible = (inside.isEmpty ? [exp(min(max(centre, -600), 600))] : inside).map(space.admissible)
        var seen: Set<Double> = []
        return admissible.filter { seen.insert($0).inserted }
    }
}
