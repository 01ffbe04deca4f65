/// Other admissible ways to weigh the runs of a fit.
///
/// How many runs around a cell's best one take part, and how far the surface is trusted up its walls, is not known; the
/// answer takes one choice from the middle of what works. How far the others disagree belongs to its uncertainty. On laws
/// that are exactly of the fitted form they agree, and add little.
enum FitVariants {
    /// Windows and misfits, as factors on the configuration's.
    static let choices: [(window: Double, misfit: Double)] = [(0.5, 1), (1, 2), (0.6, 0.5)]

    /// Fits of every variant, from where the main fit ended.
    static func fits(around main: FormSelection, builder: SurfaceBuilder) -> [FormSelection] {
        choices.compactMap { choice in
            var builder = builder
            builder.configuration.windowShare *= choice.window
            builder.configuration.misfit *= choice.misfit
            return FormSelection(builder: builder, startingFrom: main)
        }
    }
}
