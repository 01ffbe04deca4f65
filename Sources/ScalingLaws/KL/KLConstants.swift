import Foundation

/// The four numbers of a problem that bounds under a Kurdyka-Lojasiewicz inequality know.
///
///     D = gap          f(x0) - inf f                                            loss
///     L = smoothness   |grad f(x) - grad f(y)|_* <= L |x - y|                   loss / length^2
///     mu = sharpness   |grad f(x)|_* >= mu (f(x) - inf f)                       1 / length
///     s = noise        rho sigma: dual-norm noise of a batch of one token       loss / length * tokens^(1/2)
///
/// `rho` bounds the dual by the Euclidean norm. It grows slowly with the batch size (`rho ~ B^0.1` was measured),
/// which is why transfers are by fixed point (`KLTransfer`).
///
/// The inequality says that a steep loss has a steep gradient everywhere. It is measured as the robust slope of the
/// gradient's dual norm over the loss, once the loss has dropped (below about 5 nats for language models).
///
/// Source: R. Islamov, R. Machacek, A. Lucchi, A. Silveti-Falls, E. Gorbunov, V. Cevher 2026, arXiv 2603.21191.
public struct KLConstants: Sendable, Hashable, Codable {
    /// D.
    public var gap: Double
    /// L.
    public var smoothness: Double
    /// mu.
    public var sharpness: Double
    /// s = rho sigma.
    public var noise: Double

    /// Constants; all positive.
    public init(gap: Double, smoothness: Double, sharpness: Double, noise: Double) {
        precondition(min(gap, smoothness, sharpness, noise) > 0, "bounds need positive constants")
        self.gap = gap
        self.smoothness = smoothness
        self.sharpness = sharpness
        self.noise = noise
    }

    /// `T mu s / L` to the power 2/3 is the plateau's right edge; `mu s / L` is the only ratio the edges know.
    var edgeRatio: Double { sharpness * noise / smoothness }
}
