import Foundation

/// How curved the loss is along one layer, when curvature may grow with the gradient.
///
///     |grad_i f(X) - grad_i f(Y)|_* <= (L0 + L1 |grad_i f(X)|_*) |X_i - Y_i|
///
/// in the layer's own norm. The step that the bound makes largest without risk is
///
///     t = |grad_i f|_* / (L0 + L1 |grad_i f|_*)          deterministic; 1/L1 when L0 = 0
///
/// L0 is about 0 in language models, so the radius is the constant 1/L1: learning rates of layers should be in the
/// ratio `1/L1_i` (`learningRateRatios`). Found by the authors: NanoGPT 124M blocks 1/L1 = 0.014 (tuned 0.018),
/// embedding and output 0.77 (tuned 1.08); small convolutional nets 1/3 in convolutions, 33 in the head.
///
/// Identified by secants along a run (`HingeSmoothnessFit`). When not to believe it: secants between *different*
/// minibatches measure noise. A method that sets radii this way during the run did not beat tuned Muon, so use it
/// as a probe for ratios.
///
/// Source: A. Riabinin, E. Shulgin, K. Gruntkowska, P. Richtarik, "Gluon" 2025, arXiv 2505.13416.
public struct LayerSmoothness: Sendable, Hashable, Codable {
    /// L0, gradient per length.
    public var constant: Double
    /// L1, 1 per length.
    public var proportional: Double

    /// A layer; both at least 0.
    public init(constant: Double, proportional: Double) {
        precondition(constant >= 0 && proportional >= 0, "smoothness is not negative")
        self.constant = constant
        self.proportional = proportional
    }

    /// t at a gradient norm; 0 at a zero gradient, infinite for a layer without curvature.
    public func radius(gradientNorm g: Double) -> Double {
        g > 0 ? g / (constant + proportional * g) : 0
    }

    /// Steps to gradients of size eps, all layers together:
    ///
    ///     K = ceil(2 D sum_i(L0_i/L1_i^2)/(eps^2 m^2) + 2 D/(eps m)),   m = mean_j 1/L1_j
    ///
    /// eps bounds the average of the gradient norms weighted by 1/L1. `nil` when a layer has L1 = 0 (then the
    /// statement does not apply) or there is none.
    public static func steps(_ layers: [LayerSmoothness], gap: Double, target eps: Double) -> Double? {
        guard !layers.isEmpty, eps > 0, layers.allSatisfy({ $0.proportional > 0 }) else { return nil }
        let mean = layers.reduce(0) { $0 + 1 / $1.proportional } / Double(layers.count)
        let sum = layers.reduce(0) { $0 + $1.constant / ($1.proportional * $1.proportional) }
        return (2 * gap * sum / (eps * eps * mean * mean) + 2 * gap / (eps * mean)).rounded(.up)
    }

    /// Learning-rate ratios of layers: `r_i ~ 1/L1_i`, geometric mean 1.
    ///
    /// `nil` for an empty list or a layer without L1: its data say nothing about its radius.
    public static func learningRateRatios(_ layers: [LayerSmoothness]) -> [Double]? {
        guard !layers.isEmpty, layers.allSatisfy({ $0.proportional > 0 && $0.proportional.isFinite })
        else { return nil }
        let logs = layers.map { -log($0.proportional) }
        let mean = logs.reduce(0, +) / Double(logs.count)
        return logs.map { exp($0 - mean) }
    }
}

/// Radius and momentum of the stochastic method, by step: `t (k+1)^(-3/4)`, `beta = 1 - (k+1)^(-1/2)`.
///
/// Reaches gradients `~ K^(-1/4)`, the rate of `LMOBound`'s regime B, and is its schedule without knowing K: the
/// first momentum is 0, the first radius t itself. The theorem's weights suggest `t = 1/(12 L1)`; that is an
/// inference.
///
/// Source: Gluon 2025, arXiv 2505.13416.
public struct GluonSchedule: Sendable, Hashable {
    /// t, the first radius.
    public var radius: Double

    /// A schedule.
    public init(radius: Double) { self.radius = radius }

    /// Radius of step k = 0, 1, ...
    public func radius(step k: Int) -> Double { radius * pow(Double(k) + 1, -0.75) }

    /// Momentum of step k.
    public func momentum(step k: Int) -> Double { 1 - 1 / (Double(k) + 1).squareRoot() }
}
