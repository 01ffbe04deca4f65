import Foundation

/// One finished run as the bound sees it.
public struct BoundSample: Sendable, Hashable {
    /// Learning rate, momentum complement, batch size and steps.
    public var point: LMOPoint
    /// What the run ended with.
    public var loss: Double

    /// A run.
    public init(point: LMOPoint, loss: Double) {
        self.point = point
        self.loss = loss
    }
}

/// The constants of the convergence bound, fitted to losses instead of being probed:
///
///     loss_i = floor + scale * F~(eta_i / sqrt(u), alpha_i, B_i / w^2, K_i)
///
/// F~ is the dimensionless bound (`LMOBound.dimensionless`), so `u` places learning rates, `w` batch sizes, and `scale`
/// and `floor` say how a bound on gradients turns into a loss. For given (u, w) the two linear coefficients are solved
/// exactly, both at least 0; (log u, log w) are searched on a grid that covers the tried values and polished by shrinking
/// steps. Residuals are relative and robust (Huber, 1.5 standard deviations, three reweightings).
///
/// What identifies what: `u` needs learning rates on both sides of the best one; `w` needs more than one batch size, or
/// budget at fixed batch, and stays weak (`batchScaleIsIdentified`). The bound is homogeneous: twice the gap with half the
/// smoothness is another `u`, but no other law.
///
/// When not to believe it: the bound is on gradient norms. Its exponents are worth more than its shape: a run far from the
/// best learning rate loses less than the bound says. Where `LawFitter` has three budgets, trust that; this is for one
/// or two budgets, or for asking what the theory makes of a sweep.
///
/// Source: derived here from the bound of Kovalev 2025, arXiv 2503.12645.
public struct LMOBoundFit: Sendable, Hashable {
    /// u and w, with the other constants at their natural values.
    public var constants: LMOConstants
    /// Loss that no setting goes below.
    public var floor: Double
    /// Loss for one unit of the dimensionless bound.
    public var scale: Double
    /// Root mean square of the relative residuals.
    public var residual: Double
    /// Whether doubling or halving w makes the fit worse by more than a tenth.
    public var batchScaleIsIdentified: Bool

    /// Fits the constants.
    ///
    /// - Parameter samples: runs; those with losses that are not finite and positive are left out.
    /// - Returns: The fit, or `nil` for fewer than five usable runs or a single learning rate.
    public static func fit(_ samples: [BoundSample]) -> LMOBoundFit? {
        let usable = samples.filter {
            $0.loss.isFinite && $0.loss > 0 && $0.point.learningRate > 0 && $0.point.steps > 0
        }
        let rates = usable.map { log($0.point.learningRate) }
        guard usable.count >= 5, let low = rates.min(), let high = rates.max(), high > low else { return nil }
        let batches = usable.map { log($0.point.batchSize) }
        // eta = sqrt(u) y with y between K^-1/2 and K^-3/4; b = B/w^2 within four decades of one.
        let paths = usable.map { log($0.point.steps) }
        let middle: Double = (paths.min() ?? 0) / 2 + (paths.max() ?? 0) / 2
        var search = BoundSearch(samples: usable)
        var best: BoundSearch.Candidate?
        for pass in 0..<3 {
            if pass == 0 {
                for i in 0...24 {
                    let logU: Double = 2 * (low + (high - low) * (Double(i) / 12 - 0.5)) + 1.2 * middle
                    for j in 0...12 {
                        let logW: Double = ((batches.min() ?? 0) + 1.5 * (Double(j) - 6)) / 2
                        best = BoundSearch.better(best, search.candidate(logU, logW))
                    }
                }
            }
            guard let start = best else { return nil }
            best = search.polished(start)
            if let found = best { search.reweigh(found) }
            best = best.flatMap { search.candidate($0.logU, $0.logW) }
        }
        guard let found = best else { return nil }
        let doubled = [log(2), -log(2)].compactMap { shift -> Double? in
            search.candidate(found.logU, found.logW + shift).map { search.polishedRate($0).misfit }
        }
        return LMOBoundFit(
            constants: LMOConstants(stepScale: exp(found.logU), batchScale: exp(found.logW)),
            floor: found.floor,
            scale: found.scale, residual: (found.misfit / Double(usable.count)).squareRoot(),
            batchScaleIsIdentified: doubled.allSatisfy { $0 > 1.1 * found.misfit })
    }

    /// Loss the fit predicts at a point.
    public func loss(at point: LMOPoint) -> Double {
        floor + scale
            * BoundSearch.shape(point, logU: log(constants.stepScale), logW: log(constants.batchScale))
    }
}

/// Variable projection over (log u, log w).
private struct BoundSearch {
    struct Candidate {
        var logU: Double
        var logW: Double
        var floor: Double
        var scale: Double
        var misfit: Double
    }

    let samples: [BoundSample]
    private var weights: [Double]

    init(samples: [BoundSample]) {
        self.samples = samples
        weights = Array(repeating: 1, count: samples.count)
    }

    static func shape(_ point: LMOPoint, logU: Double, logW: Double) -> Double {
        LMOBound.dimensionless(
            step: point.learningRate * exp(-0.5 * logU), momentumComplement: point.momentumComplement,
            batch: point.batchSize * exp(-2 * logW), steps: point.steps)
    }

    static func better(_ a: Candidate?, _ b: Candidate?) -> Candidate? {
        guard let a else { return b }
        guard let b else { return a }
        return b.misfit < a.misfit ? b : a
    }

    /// The best floor and scale, both at least 0, of relative residuals.
    func candidate(_ logU: Double, _ logW: Double) -> Candidate? {
        var (xx, x1, xy, ones, oneY, yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for (sample, weight) in zip(samples, weights) {
            let relative: Double = weight / (sample.loss * sample.loss)
            let x = Self.shape(sample.point, logU: logU, logW: logW)
            xx += relative * x * x
            x1 += relative * x
            xy += relative * x * sample.loss
            ones += relative
            oneY += relative * sample.loss
            yy += weight
        }
        let determinant: Double = xx * ones - x1 * x1
        var floor: Double = (xx * oneY - x1 * xy) / determinant
        var scale: Double = (ones * xy - x1 * oneY) / determinant
        if !(floor >= 0) || !(scale >= 0) { (floor, scale) = (0, xy / xx) }
        guard scale > 0, scale.isFinite, floor.isFinite else { return nil }
        let explained: Double = 2 * (floor * oneY + scale * xy)
        let square: Double = floor * floor * ones + scale * scale * xx + 2 * floor * scale * x1
        return Candidate(
            logU: logU, logW: logW, floor: floor, scale: scale, misfit: max(yy - explained + square, 0))
    }

    /// Pattern search with shrinking steps.
    func polished(_ start: Candidate) -> Candidate {
        polish(start, directions: [(1, 0), (0, 1), (1, 1), (1, -1)])
    }

    /// The same along u only.
    func polishedRate(_ start: Candidate) -> Candidate {
        polish(start, directions: [(1, 0)])
    }

    private func polish(_ start: Candidate, directions: [(Double, Double)]) -> Candidate {
        var best = start
        var step = 0.5
        while step > 1e-7 {
            let before = best.misfit
            for (u, w) in directions {
                for sign in [-1.0, 1] {
                    let next = candidate(best.logU + sign * u * step, best.logW + sign * w * step)
                    if let next, next.misfit < best.misfit { best = next }
                }
            }
            if best.misfit >= before { step /= 2 }
        }
        return best
    }

    /// Huber weights at a candidate.
    mutating func reweigh(_ found: Candidate) {
        let residuals = samples.map { sample -> Double in
            let shape = Self.shape(sample.point, logU: found.logU, logW: found.logW)
            return abs(1 - (found.floor + found.scale * shape) / sample.loss)
        }
        let width: Double = max(1.5 * 1.4826 * (residuals.median ?? 0), 1e-9)
        weights = residuals.map { $0 <= width ? 1 : width / $0 }
    }
}
