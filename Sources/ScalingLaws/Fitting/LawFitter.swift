import Foundation

/// Fits laws to finished runs.
///
///     let law = try LawFitter().fit(LawFitRequest(samples: runs, searchedAxes: [.learningRate],
///                                                 regime: [.learningRate], prior: prior))
///     law.recommend(RecommendationQuery(tokenBudget: 1e9)).values[.learningRate]   // value, intervals, exponent
///
/// One surface is fitted to all runs at once, so that cells with three runs still count: they borrow the shape of the
/// loss curve from the others and only have to place its bottom (`SurfaceProblem`). The learning-rate law may saturate;
/// the runs decide (`FormSelection`).
///
/// Batch size enters in one of two ways. When most (budget, model size, batch size) cells hold three or more learning
/// rates, each has a floor of its own, and the best batch size is fitted to these floors afterwards: losses over two
/// decades of batch size are no parabola, and the learning rate should not suffer for it. With fewer runs the cells are
/// (budget, model size) and batch size is an axis of the surface like the others.
///
/// What identifies what: an exponent in tokens needs two budgets and, to be believed, three; a coefficient needs a run on
/// either side of the optimum in at least one cell. Where the runs say nothing the prior does, and the law warns.
public struct LawFitter: Sendable {
    /// How it works.
    public var configuration: LawFitConfiguration

    /// A fitter.
    public init(configuration: LawFitConfiguration = LawFitConfiguration()) {
        self.configuration = configuration
    }

    /// Fits a law.
    ///
    /// - Parameter request: the runs, what may move, and the prior.
    /// - Returns: The law with its warnings and posterior draws; the same for the same request.
    /// - Throws: `LawFitError` when there is nothing to fit.
    public func fit(_ request: LawFitRequest) throws(LawFitError) -> Law {
        let table = try FitTable(request)
        let splits = Self.splitByBatch(table)
        let surfaceAxes = table.varied.filter { !(splits && $0 == .batchSize) }
        let builder = SurfaceBuilder(
            table: table, configuration: configuration, axes: surfaceAxes, splitByBatch: splits)
        guard
            let surface = FormSelection(
                builder: builder, forms: Self.forms(table), configuration: configuration, seed: request.seed)
        else { throw .notSolvable(runs: table.runs.count) }
        let batch = splits ? batchStage(table, surface, request.seed) : nil
        return LawAssembly(table: table, configuration: configuration, surface: surface, batch: batch).law()
    }

    /// Fits a law; the same as `fit(_:)` with the request spelled out.
    ///
    /// - Parameters:
    ///   - samples: finished runs, diverged ones included.
    ///   - searchedAxes: hyperparameters the sweep searched.
    ///   - regime: those whose optimum may move with the budget.
    ///   - prior: what theory believes.
    ///   - lossFloor: known lower bound of the loss.
    ///   - seed: of the starts and draws.
    /// - Returns: The law.
    /// - Throws: `LawFitError` when there is nothing to fit.
    public func fit(
        samples: [LossSample], searchedAxes: [LawAxis], regime: [LawAxis], prior: LawPrior,
        lossFloor: Double? = nil, seed: UInt64 = 0
    ) throws(LawFitError) -> Law {
        try fit(
            LawFitRequest(
                samples: samples, searchedAxes: searchedAxes, regime: regime, prior: prior,
                lossFloor: lossFloor, seed: seed))
    }

    /// Shapes the runs could tell apart at all.
    private static func forms(_ table: FitTable) -> [LawForm] {
        guard table.varied.contains(.learningRate) else { return [.plain] }
        guard table.varied.contains(.batchSize) else {
            return table.budgets > 2 ? [.plain, .ceiling] : [.plain]
        }
        return [.plain, .ceiling, .batchCeiling]
    }

    /// Whether most cells of equal budget, model size and batch size hold three learning rates or more.
    private static func splitByBatch(_ table: FitTable) -> Bool {
        guard table.varied.contains(.batchSize), table.varied.contains(.learningRate) else { return false }
        struct Key: Hashable {
            var budget: Double
            var size: Double?
            var batch: Double?
        }
        var rates: [Key: Set<Double>] = [:]
        for run in table.runs where run.response != nil {
            let sample = run.sample
            let key = Key(
                budget: sample.tokenBudget, size: sample.modelSize, batch: sample.values[.batchSize])
            if let rate = sample.values[.learningRate] { rates[key, default: []].insert(rate) }
        }
        let counts = rates.values.map { Double($0.count) }
        return (counts.median ?? 0) >= 3
    }

    /// The best batch size, fitted to the floors of the first stage.
    private func batchStage(_ table: FitTable, _ surface: FormSelection, _ seed: UInt64) -> FormSelection? {
        guard let best = surface.candidates.first else { return nil }
        var reduced = table
        reduced.runs = []
        for (g, group) in best.problem.groups.enumerated() {
            guard best.fit.floors[g].isFinite, let row = group.rows.first else { continue }
            let point = best.problem.rows[row].point
            guard
                let run = table.runs.first(where: {
                    table.point($0.sample).covariates == point.covariates
                        && table.point($0.sample).coordinates == point.coordinates
                })
            else { continue }
            reduced.runs.append(PooledRun(sample: run.sample, response: best.fit.floors[g], count: 1))
        }
        let builder = SurfaceBuilder(
            table: reduced, configuration: configuration, axes: [.batchSize], splitByBatch: false)
        return FormSelection(builder: builder, forms: [.plain], configuration: configuration, seed: seed)
    }
}
