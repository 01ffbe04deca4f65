/// The theory a law starts from (`law.prior` in a sweep file).
public enum LawTheory: String, Sendable, Hashable, Codable, CaseIterable {
    /// Convergence bounds of methods that step by the length of a norm ball: normalised and sign descent, Adam-like
    /// methods, Muon, Scion (Kovalev 2025, arXiv 2503.12645; Shulgin et al. 2026, arXiv 2603.15958). The default.
    case lmo
    /// Per-example clipping at a quantile of the gradient norms (arXiv 2412.19916).
    case quantileClipping = "quantile_clipping"
    /// Bounds under a Kurdyka-Lojasiewicz inequality for momentum conditional gradients (Islamov et al. 2026,
    /// arXiv 2603.21191).
    case kl
    /// No theory: wide priors at zero.
    case none
}

/// How a method turns a gradient into a step, as far as laws care.
///
/// An enum of this module, so that the mathematics stays free of the training engine.
public enum UpdateGeometry: String, Sendable, Hashable, Codable, CaseIterable {
    /// The step is proportional to the gradient (SGD): the best rate is bounded by stability as well as by the bound.
    case gradient
    /// The step has the length of the learning rate in some norm, whatever the gradient's length.
    case normalized
}
