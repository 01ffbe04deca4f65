import Foundation

/// The laws this library knows.
///
/// Best batch in tokens: `D^0.38` (Power Lines), `0.45` (Filatov), `0.57` (Schaipp, Step Law); critical batch
/// `D^0.46..0.47`: the square root of bounds is central. Learning rate in tokens: `-0.56` (Filatov, fixed batch),
/// `-0.32` (Bjorck), `-0.25` (DeepSeek, with D ~ C^1/2), `+0.31` (Step Law).
///
/// Coefficients and exponents are quoted unless a law's `provenance` says otherwise. Ranges of validity are from
/// memory, except those of Step Law, Zhang and Chinchilla, which are the ranges of their public data.
public enum PublishedLaws {
    /// All of them.
    public static let all: [PublishedLaw] = [
        stepLaw, deepSeek, powerLines, bjorck, hyperP, filatov, schaipp, moonlight, marek, zhang,
        chinchilla, chinchillaReplication,
    ]

    /// The law of a slug.
    public static func named(_ slug: String) -> PublishedLaw? { all.first { $0.slug == slug } }

    /// `lr = 1.79 N^-0.713 D^0.307`, `B = 0.58 D^0.571` tokens.
    public static let stepLaw = PublishedLaw(
        slug: "step-law", name: "Step Law", authors: "Li et al.", year: 2025, arXiv: "2503.04715",
        optimizer: "AdamW", units: "N without embeddings, D and B in tokens",
        validity: "N 2e8 to 1e9, D 4e9 to 1e11, cosine decay to a fixed last rate",
        ranges: [.modelSize: 2e8...1e9, .tokenBudget: 4e9...1e11],
        note: "The learning rate rises with tokens, against bounds and most other sweeps.",
        formulas: [
            .learningRate: .power(1.79, [.modelSize: -0.713, .tokenBudget: 0.307]),
            .batchSize: .power(0.58, [.tokenBudget: 0.571]),
        ])

    /// `lr = 0.3118 C^-0.1250`, `B = 0.2920 C^0.3271` tokens.
    public static let deepSeek = PublishedLaw(
        slug: "deepseek", name: "DeepSeek LLM", authors: "DeepSeek-AI", year: 2024, arXiv: "2401.02954",
        optimizer: "AdamW", units: "C in FLOPs without embeddings (6ND is close), B in tokens",
        validity: "C 1e17 to 2e19, multi-step schedule, compute-optimal allocation",
        ranges: [.compute: 1e17...2e19],
        note:
            "The learning rate's prefactor 0.3118 is from memory; its exponent and the batch law are quoted.",
        provenance: .unverified,
        formulas: [
            .learningRate: .power(0.3118, [.compute: -0.1250]),
            .batchSize: .power(0.2920, [.compute: 0.3271]),
        ])

    /// `B_opt ~ D^0.383`, `B_crit ~ D^0.462`, `tau = 1.084 (D/N)^-0.527`, `lambda = B/(eta D tau)`.
    public static let powerLines = PublishedLaw(
        slug: "power-lines", name: "Power Lines", authors: "Bergsma et al.", year: 2025, arXiv: "2505.13738",
        optimizer: "AdamW", units: "N parameters, D and B in tokens",
        validity: "maximal-update parametrisation, N up to 3.3B, 20 to some hundred tokens per parameter",
        ranges: [.modelSize: 1...3.3e9],
        note: "Prefactors of the batch laws were not seen: ratios only. Neither depends on N.",
        formulas: [
            .batchSize: .power(nil, [.tokenBudget: 0.383]),
            .criticalBatch: .power(nil, [.tokenBudget: 0.462]),
            .averageTimescale: .power(1.084, [.tokensPerParameter: -0.527]),
            .weightDecay: .power(
                1 / 1.084,
                [.batchSize: 1, .learningRate: -1, .tokenBudget: -1, .tokensPerParameter: 0.527]),
        ])

    /// `lr ~ N^-0.23 D^-0.32` at fixed batch size.
    public static let bjorck = PublishedLaw(
        slug: "bjorck", name: "Horizon law", authors: "Bjorck et al.", year: 2024, arXiv: "2409.19913",
        optimizer: "AdamW", units: "N parameters, D tokens", validity: "fixed batch size, N 50M to 2.7B",
        ranges: [.modelSize: 5e7...2.7e9],
        note: "The prefactor was not seen: ratios only.",
        formulas: [.learningRate: .power(nil, [.modelSize: -0.23, .tokenBudget: -0.32])])

    /// `lr ~ D^-0.32` for Muon with weights kept on a Frobenius sphere.
    public static let hyperP = PublishedLaw(
        slug: "hyperp", name: "HyperP", authors: "not recorded", year: 2026, arXiv: "2603.28743",
        optimizer: "Muon", units: "D tokens", validity: "hypersphere parametrisation",
        note: "Known from its abstract only; ratios.", provenance: .unverified,
        formulas: [.learningRate: .power(nil, [.tokenBudget: -0.32])])

    /// `lr ~ B^0.62 D^-0.56` without momentum; along the best batch `B ~ D^0.45`, `lr ~ D^-0.28`.
    public static let filatov = PublishedLaw(
        slug: "filatov", name: "Norm transfer", authors: "Filatov, Wang, Ebert, Kesselheim", year: 2025,
        arXiv: "2510.03871", optimizer: "Scion", units: "D and B in tokens",
        validity: "constant rate, no momentum; standard errors 0.05 (rate) and 0.07 (best batch)",
        note:
            "With momentum several batch sizes give the same loss; the best is then not unique. Ratios only.",
        formulas: [
            .learningRate: .power(nil, [.batchSize: 0.62, .tokenBudget: -0.56]),
            .learningRateAtBestBatch: .power(nil, [.tokenBudget: -0.28]),
            .batchSize: .power(nil, [.tokenBudget: 0.45]),
        ])

    /// `B_opt = 0.667 D^0.566`.
    public static let schaipp = PublishedLaw(
        slug: "schaipp", name: "Schaipp batch law", authors: "Schaipp", year: 2026, arXiv: "2607.01487",
        optimizer: "AdamW and Muon families", units: "D and B in tokens",
        validity: "not seen", note: "Quoted second-hand; that B counts tokens is inferred from its size.",
        provenance: .unverified, formulas: [.batchSize: .power(0.667, [.tokenBudget: 0.566])])

    /// `lr = 0.0127 C^-0.057`, `B = 0.0065 C^0.4138` tokens.
    public static let moonlight = PublishedLaw(
        slug: "moonlight", name: "Moonlight", authors: "Liu et al.", year: 2025, arXiv: "2502.16982",
        optimizer: "Muon", units: "C in FLOPs, B in tokens",
        validity: "compute-optimal dense models up to 1.5B",
        ranges: [.modelSize: 1...1.5e9],
        note: "With D ~ C^1/2 the batch grows as D^0.83, above every other law.",
        formulas: [
            .learningRate: .power(0.0127, [.compute: -0.057]),
            .batchSize: .power(0.0065, [.compute: 0.4138]),
        ])

    /// `-ln beta2 ~ B`: the half-life of Adam's second moment in tokens carries over between batch sizes.
    public static let marek = PublishedLaw(
        slug: "marek", name: "Second-moment half-life", authors: "Marek et al.", year: 2025,
        arXiv: "2507.07101",
        optimizer: "Adam", units: "B in tokens or sequences",
        validity: "batches of 1 to 4,096 sequences, language models up to 1.3B",
        ranges: [.modelSize: 1...1.3e9],
        note:
            "The learning rate grows more slowly than the square root of the batch; no exponent is given. Ratios"
            + " only; as a rule: `BatchScalingRule.halfLife`.",
        formulas: [.secondMomentRate: .power(nil, [.batchSize: 1])])

    /// `B_crit ~ D^0.47`, weak in N.
    public static let zhang = PublishedLaw(
        slug: "zhang", name: "Critical batch size", authors: "Zhang et al.", year: 2024, arXiv: "2410.21676",
        optimizer: "AdamW with weight averaging", units: "D and B in tokens", validity: "N 85M to 1.2B, C4",
        ranges: [.modelSize: 8.5e7...1.2e9],
        note: "Exponent only; 20 % more tokens than at a small batch (definition from memory).",
        formulas: [.criticalBatch: .power(nil, [.tokenBudget: 0.47])])

    /// `L = 1.69 + 406.4 N^-0.34 + 410.7 D^-0.28`: the printed, rounded fit.
    public static let chinchilla = lossLaw(
        slug: "chinchilla", name: "Chinchilla", authors: "Hoffmann et al.", year: 2022, arXiv: "2203.15556",
        note: "Rounded as printed: the digits matter, see the replication. On the public data these have the"
            + " objective stated of them (0.00412, four times the optimum).",
        provenance: .quoted, fit: ChinchillaLaw(E: 1.69, A: 406.4, B: 410.7, alpha: 0.34, beta: 0.28))

    /// `L = 1.8172 + 482.01 N^-0.3478 + 2085.43 D^-0.3658`: the same data, fitted again.
    public static let chinchillaReplication = lossLaw(
        slug: "chinchilla-replication", name: "Chinchilla, replicated", authors: "Besiroglu et al.",
        year: 2024,
        arXiv: "2404.10102",
        note: "The exact optimum of its objective differs in the third digit of A and B.",
        provenance: .quoted,
        fit: ChinchillaLaw(E: 1.8172, A: 482.01, B: 2085.43, alpha: 0.3478, beta: 0.3658))

    private static func lossLaw(
        slug: String, name: String, authors: String, year: Int, arXiv: String, note: String,
        provenance: PublishedLaw.Provenance, fit: ChinchillaLaw
    ) -> PublishedLaw {
        PublishedLaw(
            slug: slug, name: name, authors: authors, year: year, arXiv: arXiv, optimizer: "AdamW",
            units: "N parameters, D tokens, C = 6ND, loss in nats a token",
            validity: "N 6e7 to 1.6e10, D 8e8 to 3e11, MassiveText, cosine decay",
            ranges: [.modelSize: 6e7...1.6e10, .tokenBudget: 8e8...3e11], note: note,
            provenance: provenance,
            formulas: [
                .loss: fit.lossFormula, .bestModelSize: fit.modelSizeFormula,
                .bestTokenBudget: fit.tokenBudgetFormula,
            ])
    }
}

/// `L = E + A N^-alpha + B D^-beta`, and what it says about spending compute `C = 6 N D`:
///
///     N* = G (C/6)^(beta/(alpha+beta)),   D* = (C/6)^(alpha/(alpha+beta)) / G
///     G = (alpha A/(beta B))^(1/(alpha+beta))
///
/// from setting the derivative along the curve of equal compute to zero (Hoffmann et al. 2022, arXiv 2203.15556).
private struct ChinchillaLaw {
    var E, A, B, alpha, beta: Double

    var lossFormula: PublishedFormula {
        PublishedFormula(
            constant: E, [.init(A, [.modelSize: -alpha]), .init(B, [.tokenBudget: -beta])])
    }
    private var scale: Double { pow(alpha * A / (beta * B), 1 / (alpha + beta)) }
    var modelSizeFormula: PublishedFormula {
        let exponent = beta / (alpha + beta)
        return .power(scale * pow(6, -exponent), [.compute: exponent])
    }
    var tokenBudgetFormula: PublishedFormula {
        let exponent = alpha / (alpha + beta)
        return .power(pow(6, -exponent) / scale, [.compute: exponent])
    }
}
