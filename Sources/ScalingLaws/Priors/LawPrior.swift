/// What a theory believes about every exponent of a law, before any run.
///
/// Every exponent is taken **at fixed batch size**. Momentum is held too, unless it is among `tunedAxes`: then the
/// learning rate's exponents include the movement of momentum along its own law.
///
///     let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])
///     prior[.learningRate, .tokenBudget].mean       // -0.25: twice the tokens, 0.84 times the learning rate
///     prior[.learningRate, .batchSize].mean         //  0.45: nearly the square-root rule
///     prior.learningRateAlongBestBatch.mean         // -0.1: when the batch size grows with the budget
///
/// A law that conditions the learning rate on momentum (`LawVariable.momentumComplement`) asks for the prior
/// *without* momentum among `tunedAxes`: its other exponents are then at fixed momentum, and
/// `[.learningRate, .momentumComplement]` carries the rest.
///
/// The numbers are judgement, not theorems: the bound's exponents, moved towards and widened by what published and
/// own sweeps show. `PriorTables.swift` says where each one comes from. All have three degrees of freedom, so data
/// that disagree overrule them (see `ExponentPrior`).
public struct LawPrior: Sendable, Hashable {
    /// Where the numbers come from.
    public let theory: LawTheory
    /// Which methods they are for.
    public let geometry: UpdateGeometry
    /// Axes that follow laws of their own.
    public let tunedAxes: Set<LawAxis>
    /// Exponent of the learning rate in the token budget when the batch size follows its best value.
    public let learningRateAlongBestBatch: ExponentPrior
    private let exponents: [LawAxis: [LawVariable: ExponentPrior]]

    /// The prior of a theory.
    ///
    /// - Parameters:
    ///   - theory: which theory.
    ///   - geometry: how the optimizer turns a gradient into a step.
    ///   - tunedAxes: hyperparameters that may move with the budget. Only momentum changes the numbers.
    /// - Returns: A prior on the exponent of every axis in every variable.
    public static func theory(
        _ theory: LawTheory, geometry: UpdateGeometry, tunedAxes: Set<LawAxis>
    ) -> LawPrior {
        let momentumMoves = tunedAxes.contains(.momentum)
        let table =
            switch theory {
            case .lmo: PriorTable.lmo(geometry: geometry, momentumMoves: momentumMoves)
            case .quantileClipping: PriorTable.quantileClipping(momentumMoves: momentumMoves)
            case .kl: PriorTable.kl(momentumMoves: momentumMoves)
            case .none: PriorTable.uninformed
            }
        return LawPrior(
            theory: theory, geometry: geometry, tunedAxes: tunedAxes,
            learningRateAlongBestBatch: table.alongBestBatch, exponents: table.exponents)
    }

    /// The prior on `d log(optimum of axis) / d log(variable)`; for momentum the optimum is that of `1 - momentum`.
    ///
    /// An axis has no exponent in itself: such a pair, and any other the theory is silent about, gives a prior at
    /// zero of width 0.5.
    public subscript(axis: LawAxis, variable: LawVariable) -> ExponentPrior {
        exponents[axis]?[variable] ?? PriorTable.silent
    }
}
