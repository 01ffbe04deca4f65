/// The shape of a loss law: which of a run's sizes the loss is a power law of.
///
/// | form | law | identified by |
/// |---|---|---|
/// | `modelSizeAndTokens` | `L = E + A N^-alpha + B D^-beta` | N and D varied, and not in a fixed ratio |
/// | `modelSize` | `L = E + A N^-alpha` | N varied at one D, whose term is then part of E |
/// | `tokens` | `L = E + B D^-beta` | D varied at one N, whose term is then part of E |
/// | `compute` | `L = E + K C^-gamma` | runs along one line of allocations, such as D = 20 N |
///
/// Source: the additive form is Hoffmann et al. 2022, arXiv 2203.15556; the others are its sections.
public enum LossLawForm: String, Sendable, Hashable, Codable, CaseIterable {
    /// The additive law in parameters and tokens.
    case modelSizeAndTokens = "model_size_and_tokens"
    /// In parameters alone.
    case modelSize = "model_size"
    /// In tokens alone.
    case tokens
    /// In floating-point operations alone.
    case compute

    /// Names of the coefficients, in the order of `ChinchillaFit.parameters` and of every draw.
    public var parameterNames: [String] {
        switch self {
        case .modelSizeAndTokens: ["E", "A", "alpha", "B", "beta"]
        case .modelSize: ["E", "A", "alpha"]
        case .tokens: ["E", "B", "beta"]
        case .compute: ["E", "K", "gamma"]
        }
    }

    /// Whether the law has two power terms.
    var hasTwoTerms: Bool { self == .modelSizeAndTokens }

    /// Logarithms of the variables of the terms at a run's sizes; NaN for one that is not known.
    func coordinates(modelSize: Double?, tokens: Double?, compute: Double?) -> (first: Double, second: Double)
    {
        let sizes = RunSizes(modelSize: modelSize, tokens: tokens, compute: compute)
        switch self {
        case .modelSizeAndTokens: return (sizes.logModelSize, sizes.logTokens)
        case .modelSize: return (sizes.logModelSize, 0)
        case .tokens: return (sizes.logTokens, 0)
        case .compute: return (sizes.logCompute, 0)
        }
    }
}
