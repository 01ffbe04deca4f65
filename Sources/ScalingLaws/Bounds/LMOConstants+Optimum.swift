import Foundation

extension LMOConstants {
    /// The minimiser of a bound at a token budget, burn-in and all lower-order terms kept.
    ///
    /// The learning rate always comes out in closed form, `eta = sqrt(D / (L drift K))`; the batch size too for the
    /// bounds with a `2/(alpha K)` burn-in:
    ///
    ///     B = s sqrt(alpha) / (sqrt(D L drift / T) + s / (alpha T))
    ///
    /// What is left is one dimension in `log alpha`: a grid of 400 points on `[1e-14, alphaMax]`, golden section
    /// around the best, and a comparison with the boundary. Relative error of the setting about 1e-7, of the value
    /// 1e-14.
    ///
    /// Use this and not the asymptotic exponents whenever the constants are known: between the regimes the local
    /// exponents drift over many decades (alpha in K: -0.64 at b = 0.01, K = 1e4, where the asymptote says -0.5).
    ///
    /// When not to believe it: in the joint regime the leading terms of the bound do not determine momentum and batch
    /// size at all; `T^(1/6)` for the batch comes from two lower-order terms, and the refined bound breaks the
    /// tie the other way. Present the valley (`LMOPoint.memoryTokens`), not the point.
    ///
    /// - Parameters:
    ///   - regime: what is tuned.
    ///   - tokenBudget: T, in the unit of the batch size.
    ///   - bound: which bound.
    ///   - alphaMax: largest `1 - momentum` to consider; 1 is no momentum.
    ///   - batchRange: batch sizes to consider where the batch is tuned; cut off at T.
    /// - Returns: The best setting and its value.
    public func optimum(
        _ regime: LMORegime, tokenBudget: Double, bound: LMOBound = .standard, alphaMax: Double = 1,
        batchRange: ClosedRange<Double> = 1...Double.greatestFiniteMagnitude
    ) -> LMOOptimum {
        let highest = max(batchRange.lowerBound, min(batchRange.upperBound, tokenBudget))
        let batches = batchRange.lowerBound...highest
        return switch regime {
        case .learningRate(let batch, let alpha):
            best(alpha: alpha, batch: batch, tokens: tokenBudget, bound)
        case .learningRateAndMomentum(let batch):
            minimum(alphaMax: alphaMax) { best(alpha: $0, batch: batch, tokens: tokenBudget, bound) }
        case .learningRateAndBatch(let alpha):
            bestBatch(alpha: alpha, tokens: tokenBudget, bound, batches)
        case .joint:
            minimum(alphaMax: alphaMax) { bestBatch(alpha: $0, tokens: tokenBudget, bound, batches) }
        }
    }

    /// The best learning rate, exactly.
    private func best(alpha: Double, batch: Double, tokens: Double, _ bound: LMOBound) -> LMOOptimum {
        let steps = tokens / batch
        let drift = bound.drift(momentumComplement: alpha)
        let point = LMOPoint(
            learningRate: (gap / (smoothness * drift * steps)).squareRoot(), momentumComplement: alpha,
            batchSize: batch, steps: steps)
        return LMOOptimum(point: point, value: bound.value(self, at: point))
    }

    private func bestBatch(
        alpha: Double, tokens: Double, _ bound: LMOBound, _ batches: ClosedRange<Double>
    ) -> LMOOptimum {
        let batch: Double
        switch bound {
        case .kovalev, .weightDecay:
            let drift = bound.drift(momentumComplement: alpha)
            let path = (gap * smoothness * drift / tokens).squareRoot()
            batch = noise * alpha.squareRoot() / (path + noise / (alpha * tokens))
        case .refined, .refinedClosed, .nesterov:
            let logarithm = goldenSection(from: log(batches.lowerBound), to: log(batches.upperBound)) {
                best(alpha: alpha, batch: exp($0), tokens: tokens, bound).value
            }
            batch = exp(logarithm)
        }
        let clamped = min(max(batch, batches.lowerBound), batches.upperBound)
        return best(alpha: alpha, batch: clamped, tokens: tokens, bound)
    }

    private func minimum(alphaMax: Double, _ at: (Double) -> LMOOptimum) -> LMOOptimum {
        let low = log(1e-14)
        let width = (log(alphaMax) - low) / 399
        let values = (0..<400).map { at(exp(low + Double($0) * width)).value }
        let center = values.indices.min { values[$0] < values[$1] } ?? 399
        let left = low + Double(max(center - 1, 0)) * width
        let right = low + Double(min(center + 1, 399)) * width
        let inside = at(exp(goldenSection(from: left, to: right) { at(exp($0)).value }))
        let boundary = at(alphaMax)
        return inside.value < boundary.value ? inside : boundary
    }
}

/// The minimiser of a function that falls and then rises, to a tolerance or the rounding of the function.
func goldenSection(
    from low: Double, to high: Double, tolerance: Double = 1e-12, _ function: (Double) -> Double
) -> Double {
    let ratio = (5.0.squareRoot() - 1) / 2
    var (a, b) = (low, high)
    var (c, d) = (b - ratio * (b - a), a + ratio * (b - a))
    var (fc, fd) = (function(c), function(d))
    for _ in 0..<200 where b - a > tolerance {
        if fc <= fd {
            (b, d, fd) = (d, c, fc)
            c = b - ratio * (b - a)
            fc = function(c)
        } else {
            (a, c, fc) = (c, d, fd)
            d = a + ratio * (b - a)
            fd = function(d)
        }
    }
    return (a + b) / 2
}
