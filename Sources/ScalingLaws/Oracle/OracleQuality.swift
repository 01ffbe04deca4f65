import Foundation

/// How good an approximate direction d of an LMO step is: two numbers.
///
///     gamma = -<m, d> / |m|_*     progress: share of the exact direction's linear decrease
///     nu    = |d|                 size in the primal norm; 1 for an exact step
///
/// Both are 1 for the exact oracle. Scaling d by k scales both by k and the best learning rate by 1/k, nothing
/// else; so `gamma / nu <= 1` is the quality.
///
/// The spectral-norm error `|d - d*|` is *not* a useful measure: five deployed Newton-Schulz steps have 0.3 to 1.0,
/// because the smallest singular values never arrive, while gamma is 0.84 to 0.94 (up to 1.04 on inputs of low
/// rank) and nu 1.07 to 1.20. To measure: one inner product and one power iteration a layer.
///
/// Source: derived here; the additive special case is that of "Inexact Muon" 2025, arXiv 2510.19933 (abstract).
public struct OracleQuality: Sendable, Hashable, Codable {
    /// gamma.
    public var progress: Double
    /// nu.
    public var size: Double

    /// An oracle; both positive. Progress at or below zero means an ascent direction, for which no bound holds.
    public init(progress: Double, size: Double) {
        precondition(progress > 0 && size > 0, "an oracle needs positive progress and size")
        self.progress = progress
        self.size = size
    }

    /// The exact oracle.
    public static let exact = OracleQuality(progress: 1, size: 1)

    /// From `-<m, d>`, `|m|_*` and `|d|`; `nil` when the direction does not descend or a norm is not positive.
    public init?(descent: Double, dualNorm: Double, primalNorm: Double) {
        guard descent > 0, dualNorm > 0, primalNorm > 0, (descent / dualNorm).isFinite, primalNorm.isFinite
        else { return nil }
        self.init(progress: descent / dualNorm, size: primalNorm)
    }

    /// From the singular values `sigma_i >= 0` of m and what an oracle for the spectral norm made of each (`outputs`
    /// p_i, in the same order; 1 for the exact oracle).
    ///
    ///     gamma = sum_i sigma_i p_i / sum_i sigma_i,    nu = max_i |p_i|
    ///
    /// `nil` for empty or zero input, unequal counts, or negative progress.
    public init?(singularValues: [Double], outputs: [Double]) {
        guard singularValues.count == outputs.count else { return nil }
        let descent = zip(singularValues, outputs).reduce(0) { $0 + $1.0 * $1.1 }
        self.init(
            descent: descent, dualNorm: singularValues.reduce(0, +),
            primalNorm: outputs.lazy.map { abs($0) }.max() ?? 0)
    }

    /// Additive error `|d - d*| <= delta < 1`: the worst case `gamma = 1 - delta`, `nu = 1 + delta`.
    public init(additiveError delta: Double) {
        precondition((0..<1).contains(delta), "additive error \(delta) is not in 0..<1")
        self.init(progress: 1 - delta, size: 1 + delta)
    }
}
