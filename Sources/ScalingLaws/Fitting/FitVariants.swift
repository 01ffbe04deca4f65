/// Other admissible ways to weigh the runs of a fit.
///
/// How many runs around a cell's best one take part, and how far the surface is trusted up its walls, is not known; the
/// answer takes one choice from the middle of what works. Nor is it known that the loss over batch sizes is a parabola:
/// where every batch size has three learning rates or more, another fit gives each a floor of its own and asks them for
/// the learning rate's law alone. And published sweeps find no dependence of the best batch size on model size (Power
/// Lines, arXiv 2505.13738; Step Law, arXiv 2503.04715) where a few cells may show one by chance. How far these disagree belongs to the uncertainty of the answer. On laws that are
/// exactly of the fitted form they agree, and add little; on the public Step Law sweep they move the 95 % intervals of
/// the learning rate from holding 3 of the 6 held-out optima to 6.
enum FitVariants {
    /// Shares of the window and misfits, as factors on the configuration's.
    static let choices: [(window: Double, misfit: Double)] = [(0.5, 1), (1, 1.75), (0.7, 0.75)]

    /// Fits of every variant, from where the main fit ended.
    static func fits(around main: FormSelection, builder: SurfaceBuilder) -> [FormSelection] {
        var found = choices.compactMap { choice -> FormSelection? in
            var builder = builder
            builder.configuration.windowShare *= choice.window
            builder.configuration.misfit *= choice.misfit
            return FormSelection(builder: builder, startingFrom: main)
        }
        found += [freeFloors(main, builder), sizelessBatch(main, builder), trainedOnly(main, builder)]
            .compactMap { $0 }
        return found
    }

    /// The learning rate's law alone, with a floor for every batch size.
    private static func freeFloors(_ main: FormSelection, _ builder: SurfaceBuilder) -> FormSelection? {
        guard hasRatesInEveryBatch(builder.table) else { return nil }
        var free = builder
        free.axes = builder.axes.filter { $0 != .batchSize }
        free.floorsByBatch = true
        return FormSelection(
            builder: free, forms: Set(main.candidates.map(\.form)).sorted { $0.rawValue < $1.rawValue },
            configuration: free.configuration, seed: builder.table.request.seed, looksBack: false)
    }

    /// A best batch size that does not depend on the model's size.
    private static func sizelessBatch(_ main: FormSelection, _ builder: SurfaceBuilder) -> FormSelection? {
        guard builder.table.modelSizeVaries, builder.axes.contains(.batchSize) else { return nil }
        var sizeless = builder
        sizeless.table.request.priorOverrides[.batchSize, default: [:]][.modelSize] = ExponentPrior(
            mean: 0, deviation: 0.01, degreesOfFreedom: .infinity)
        return FormSelection(builder: sizeless, startingFrom: main)
    }

    /// The runs that were trained, without the shorter ones read off them.
    private static func trainedOnly(_ main: FormSelection, _ builder: SurfaceBuilder) -> FormSelection? {
        guard builder.table.runs.contains(where: \.isReadOff) else { return nil }
        var trained = builder
        trained.table.runs.removeAll(where: \.isReadOff)
        let finished = trained.table.runs.count { $0.response != nil }
        guard finished >= 2 * main.candidates[0].problem.parameterCount
        else { return nil }
        return FormSelection(builder: trained, startingFrom: main)
    }

    /// Whether most (cell, batch size) hold three learning rates or more: enough for floors of their own.
    private static func hasRatesInEveryBatch(_ table: FitTable) -> Bool {
        guard table.bent.contains(.batchSize), table.bent.contains(.learningRate) else { return false }
        struct Row: Hashable {
            var cell: CellKey
            var batch: Double?
        }
        var rates: [Row: Set<Double>] = [:]
        for run in table.runs where run.response != nil {
            guard let rate = run.sample.values[.learningRate] else { continue }
            let row = Row(cell: CellKey(run.sample), batch: run.sample.values[.batchSize])
            rates[row, default: []].insert(rate)
        }
        return (rates.values.map { Double($0.count) }.median ?? 0) >= 3
    }
}
