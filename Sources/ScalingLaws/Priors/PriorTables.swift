/// The numbers behind `LawPrior`, one function a theory. All exponents at fixed batch size.
struct PriorTable {
    var exponents: [LawAxis: [LawVariable: ExponentPrior]]
    var alongBestBatch: ExponentPrior

    /// Where a theory is silent: zero, and wide enough for every published exponent to lie within two widths.
    static let silent = ExponentPrior(mean: 0, deviation: 0.5)

    /// No theory at all.
    static let uninformed = PriorTable(exponents: [:], alongBestBatch: silent)

    /// Learning rate in model size. No bound says anything: all of them hold the model fixed. Published: `N^-0.23`
    /// at fixed batch (Bjorck et al. 2024, arXiv 2409.19913) and `N^-0.713` (Step Law, arXiv 2503.04715); with a
    /// width-aware parametrisation it is 0. Hence -0.4, as wide as it is large.
    private static let rateInModelSize = ExponentPrior(mean: -0.4, deviation: 0.4)

    /// Batch size in model size. Two large studies find none at fixed tokens (Power Lines, arXiv 2505.13738; Step Law); the
    /// noise scale of the bound could change with the model.
    private static let batchInModelSize = ExponentPrior(mean: 0, deviation: 0.1)

    /// LMO bounds (Kovalev 2025, arXiv 2503.12645; Shulgin et al. 2026, arXiv 2603.15958).
    ///
    /// | exponent | bound | sweeps | prior |
    /// |---|---|---|---|
    /// | rate in tokens, momentum held | -1/2 | -0.56, -0.32, -0.26, -0.22, +0.09, own grids -0.45..+0.2 beyond a few hundred steps | -0.25 +- 0.3 |
    /// | rate in tokens, momentum tuned | -3/4 | momentum moves less than it should | -0.4 +- 0.3 |
    /// | rate in batch, momentum held | 1/2 | 0.62, 0.25, 0.21, own 0.45..0.70 | 0.45 +- 0.2 |
    /// | rate in batch, momentum tuned | 1 | own 0.75..0.79 | 0.75 +- 0.2 |
    /// | 1 - momentum in tokens | -1/2 | own +0.02..-0.21 | -0.25 +- 0.2 |
    /// | 1 - momentum in batch | 1 | own 0.41..0.43 | 0.6 +- 0.3 |
    /// | best batch in tokens | 1/2 | 0.38, 0.45, 0.47, 0.57 | 0.5 +- 0.3 |
    /// | rate in tokens along the best batch | -1/4 | -0.28, follows from the two above | -0.1 +- 0.15 |
    ///
    /// No prior of a learning rate in tokens is narrower than 0.3: recorded grids show exponents from -0.7 to +0.2 at a held batch size. The
    /// published spread of the batch exponent is 0.08; it is widened because the bound's value is flat in the
    /// batch size below its critical value, so the tuned one is easily displaced by noise.
    ///
    /// For `gradient` methods the bound is only a guide. Their rate is also limited by stability, which does not
    /// depend on the budget at all: a sweep that sits on that limit shows exponent 0, one well below it -1/2. So
    /// the width grows: -0.35 +- 0.35. (For adaptive methods what few steps want is told apart, see `Brevity`; plain descent has none of it.) In the batch size they lie between 1
    /// (noise dominates: `rate ~ B / sqrt(T)`) and 0 (large batch at the limit). A heavy-ball buffer multiplies the
    /// step by `1/(1 - momentum)`, so at equal effective step the rate goes as `(1 - momentum)^1`.
    static func lmo(geometry: UpdateGeometry, momentumMoves: Bool) -> PriorTable {
        var rate: [LawVariable: ExponentPrior] = [.modelSize: rateInModelSize]
        switch geometry {
        case .normalized:
            rate[.tokenBudget] =
                momentumMoves ? .init(mean: -0.4, deviation: 0.3) : .init(mean: -0.25, deviation: 0.3)
            rate[.batchSize] =
                momentumMoves ? .init(mean: 0.75, deviation: 0.2) : .init(mean: 0.45, deviation: 0.2)
            // sqrt(D B / (L c T)) with c = c1 + 2/alpha: 1/2 for alpha << 1, 0.29 at alpha = 1.
            rate[.momentumComplement] = .init(mean: 0.45, deviation: 0.25)
        case .gradient:
            rate[.tokenBudget] =
                momentumMoves ? .init(mean: -0.45, deviation: 0.35) : .init(mean: -0.35, deviation: 0.35)
            rate[.batchSize] =
                momentumMoves ? .init(mean: 0.8, deviation: 0.35) : .init(mean: 0.6, deviation: 0.3)
            rate[.momentumComplement] = .init(mean: 0.9, deviation: 0.3)
        }
        return PriorTable(
            exponents: [
                .learningRate: rate,
                .momentum: [
                    .tokenBudget: .init(mean: -0.25, deviation: 0.2),
                    .batchSize: .init(mean: 0.6, deviation: 0.3),
                    .modelSize: .init(mean: 0, deviation: 0.2),
                ],
                .batchSize: [
                    .tokenBudget: .init(mean: 0.5, deviation: 0.3),
                    .modelSize: batchInModelSize,
                ],
            ],
            alongBestBatch: geometry == .normalized
                ? .init(mean: -0.1, deviation: 0.15) : .init(mean: -0.2, deviation: 0.2))
    }

    /// Quantile clipping (arXiv 2412.19916; constants and exponents derived in `Clipping/`).
    ///
    /// With `S = 1/B`, `K = T/B` and a noise of finite q-th moment the bound gives `rate ~ K^-(q/(2q-1))
    /// S^-((q-1)/(2q-1))`: `T^-0.67 B^1` for q = 2, `T^-0.75 B^1` for q = 1.5; without privacy noise `K^-(q/(3q-2))`:
    /// `T^-0.5 .. -0.6`. Its value does not depend on the batch size, so it prefers none: the batch prior is the
    /// empirical one of other methods, wider. It has no momentum, so that prior is zero.
    static func quantileClipping(momentumMoves: Bool) -> PriorTable {
        PriorTable(
            exponents: [
                .learningRate: [
                    .tokenBudget: .init(mean: -0.6, deviation: 0.3),
                    .batchSize: .init(mean: 0.85, deviation: 0.3),
                    .modelSize: rateInModelSize,
                    .momentumComplement: .init(mean: 0.9, deviation: 0.3),
                ],
                .momentum: [
                    .tokenBudget: .init(mean: 0, deviation: 0.3),
                    .batchSize: .init(mean: 0, deviation: 0.4),
                    .modelSize: .init(mean: 0, deviation: 0.2),
                ],
                .batchSize: [
                    .tokenBudget: .init(mean: 0.5, deviation: 0.3),
                    .modelSize: batchInModelSize,
                ],
            ],
            alongBestBatch: .init(mean: -0.2, deviation: 0.25))
    }

    /// Kurdyka-Lojasiewicz bound (Islamov et al. 2026, arXiv 2603.21191).
    ///
    /// At fixed batch and momentum the step that contracts best is `~ log(T) / K`: `T^-1 B^1` up to logarithms;
    /// along the recommended batch `B ~ T^(2/3)` that is `T^-1/3` with constant momentum. Sweeps fall less steeply
    /// (best batch 0.38 .. 0.57), so every centre is moved a quarter of the way towards them.
    static func kl(momentumMoves: Bool) -> PriorTable {
        PriorTable(
            exponents: [
                .learningRate: [
                    .tokenBudget: .init(mean: -0.75, deviation: 0.3),
                    .batchSize: .init(mean: 0.8, deviation: 0.25),
                    .modelSize: rateInModelSize,
                    .momentumComplement: .init(mean: 0.25, deviation: 0.3),
                ],
                .momentum: [
                    .tokenBudget: .init(mean: -0.4, deviation: 0.3),
                    .batchSize: .init(mean: 0.6, deviation: 0.3),
                    .modelSize: .init(mean: 0, deviation: 0.2),
                ],
                .batchSize: [
                    .tokenBudget: .init(mean: 0.62, deviation: 0.3),
                    .modelSize: batchInModelSize,
                ],
            ],
            alongBestBatch: .init(mean: -0.33, deviation: 0.15))
    }
}
