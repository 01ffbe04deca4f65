/// The shapes a learning-rate law may take. The runs choose: see `FormSelection`.
enum LawForm: Int, Sendable, CaseIterable {
    /// `P`, a power law.
    case plain = 0
    /// `(P^-k + S^-k)^(-1/k)` with a constant S.
    case ceiling = 1
    /// The same with `S = limit * B / (B + halfBatch)`.
    case batchCeiling = 2

    /// Extra coefficients on top of the power law.
    var ceilingParameters: Int { rawValue }
}
