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
/// Cells are (token budget, model size): their runs share a floor, and every hyperparameter that varies within a cell bends
/// the surface. One that only varies between cells says nothing about its own optimum; the learning rate's law still
/// depends on it, but it has no law of its own.
///
/// The answer comes from one window and one weighting of the runs, its uncertainty also from others that are as
/// admissible (`FitVariants`).
///
/// What identifies what: an exponent in tokens needs two budgets and, to be believed, three; a coefficient needs a run on
/// either side of the optimum in at least one cell. Where the runs say nothing the prior does, and the law warns.
public struct LawFitter: Sendable {
    /// Counts the changes of what a law holds or says: a stored one of another version is fitted anew.
    public static let version = 4

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
        let builder = SurfaceBuilder(table: table, configuration: configuration, axes: table.bent)
        guard
            let surface = FormSelection(
                builder: builder, forms: Self.forms(table), configuration: configuration, seed: request.seed)
        else { throw .notSolvable(runs: table.runs.count) }
        let variants = FitVariants.fits(around: surface, builder: builder)
        return LawAssembly(
            table: table, configuration: configuration, surface: surface, variants: variants
        ).law()
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
}
