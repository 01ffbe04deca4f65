import Foundation

/// A tuned setting and how well it is known.
public struct LMOAnchor: Sendable, Hashable {
    /// The setting.
    public var point: LMOPoint
    /// What was tuned; the rest was held. A setting with all three tuned counts as rate and momentum at its own
    /// batch: the bound's valley does not determine more.
    public var tuned: LMOCalibration.Tuned
    /// Standard deviation of log eta; from the width of the tuning curve.
    public var rateDeviation: Double
    /// Standard deviation of log alpha, where tuned.
    public var momentumDeviation: Double
    /// Standard deviation of log B, where tuned.
    public var batchDeviation: Double

    /// An anchor. Without fitted curves: half a grid step of a factor 2 for the rate, a factor of 1.6 for the flat
    /// directions momentum and batch.
    public init(
        _ point: LMOPoint, tuned: LMOCalibration.Tuned, rateDeviation: Double = 0.35,
        momentumDeviation: Double = 0.5, batchDeviation: Double = 0.5
    ) {
        precondition(
            min(rateDeviation, momentumDeviation, batchDeviation) > 0, "deviations must be positive")
        self.point = point
        self.tuned = tuned
        self.rateDeviation = rateDeviation
        self.momentumDeviation = momentumDeviation
        self.batchDeviation = batchDeviation
    }
}

/// The scales u and w of a problem from several tuned settings.
///
/// Weighted least squares over (log u, log w) on log eta and, where tuned, log alpha or log B:
///
///     minimise sum_j ((observed_j - optimum_j(u, w)) / deviation_j)^2,      C = (J^T W J)^-1 max(1, chi^2/freedom)
///
/// with the minimiser of the full published bound as the model. `d log eta / d log u = 1/2` and the others do not
/// depend on u, so only w needs numerical slopes. Levenberg-Marquardt from the average of the leading inversions.
///
/// Identified by: log u by any rate; log w by momentum or batch, tuned away from their limits (alpha = 1 says nothing
/// but an upper limit of w). Where w is not identified it is `nil` and its variance infinite.
///
/// Accuracy: exact optima are inverted to 1e-6. When not to believe it: `chiSquare` well above `freedom`
/// means that the anchors do not lie on one problem's optima (the constants moved, or the law is wrong), which the
/// covariance is widened for, but not the law mended.
///
/// Source: derived here.
public struct LMOAnchorFit: Sendable, Hashable {
    /// u.
    public var stepScale: Double
    /// w, when identified.
    public var batchScale: Double?
    /// Variance of log u.
    public var stepVariance: Double
    /// Variance of log w; infinite when not identified.
    public var batchVariance: Double
    /// Covariance of log u and log w; 0 when w is not identified.
    public var covariance: Double
    /// Sum of squared residuals in deviations.
    public var chiSquare: Double
    /// Observations minus identified scales.
    public var freedom: Int

    /// The scales as constants with gradient scale 1, when both are known.
    public var constants: LMOConstants? {
        batchScale.map { LMOConstants(stepScale: stepScale, batchScale: $0) }
    }
}

extension LMOCalibration {
    /// Fits u and w to tuned settings; `nil` without anchors, or with a setting that is not positive and finite or so
    /// large that its square is not.
    public static func fit(_ anchors: [LMOAnchor], c1: Double = 1.5) -> LMOAnchorFit? {
        let areUsable = anchors.allSatisfy { anchor in
            let p = anchor.point
            return [p.learningRate, p.momentumComplement, p.batchSize, p.steps]
                .allSatisfy { $0.isFinite && $0 > 0 } && p.momentumComplement <= 1
        }
        guard !anchors.isEmpty, areUsable else { return nil }
        return AnchorProblem(anchors: anchors, c1: c1).solve()
    }
}

/// The least-squares problem of `LMOCalibration.fit`.
private struct AnchorProblem {
    let anchors: [LMOAnchor]
    let c1: Double

    /// One observation: residual and slopes in (log u, log w), all over its deviation.
    struct Row {
        var residual: Double
        var slopeU: Double
        var slopeW: Double
        /// The smaller one-sided slope: 0 where momentum or batch just meets its limit.
        var leastSlopeW: Double
    }

    /// The best of three starts: from the leading w alone momentum can sit on its limit, where slopes vanish.
    func solve() -> LMOAnchorFit? {
        let (u, w) = start()
        guard u.isFinite, w.isFinite else { return nil }
        let fits = [0, 0.7, -0.7].map { solve(logU: u, logW: w + $0) }
        return fits.dropFirst().reduce(fits[0]) { $1.chiSquare < $0.chiSquare - 1e-6 ? $1 : $0 }
    }

    private func solve(logU: Double, logW: Double) -> LMOAnchorFit {
        var (x, w) = (logU, logW)
        var rows = self.rows(logU: x, logW: w)
        var chi = rows.reduce(0) { $0 + $1.residual * $1.residual }
        var damping = 1e-6
        for _ in 0..<60 {
            let n = normal(rows)
            let a = n.uu * (1 + damping)
            let d = n.ww * (1 + damping) + 1e-12
            let determinant = a * d - n.uw * n.uw
            let stepU = (d * n.gu - n.uw * n.gw) / determinant
            let stepW = max(-2, min(2, (a * n.gw - n.uw * n.gu) / determinant))
            guard stepU.isFinite, abs(w + stepW) < 300 else { break }
            let next = self.rows(logU: x + stepU, logW: w + stepW)
            let nextChi = next.reduce(0) { $0 + $1.residual * $1.residual }
            guard nextChi.isFinite, nextChi <= chi else {
                damping = max(damping * 10, 1e-4)
                if damping > 1e10 { break }
                continue
            }
            let isDone = abs(stepU) + abs(stepW) < 1e-9
            (x, w, rows, chi) = (x + stepU, w + stepW, next, nextChi)
            damping = max(damping / 10, 1e-12)
            if isDone { break }
        }
        return result(logU: x, logW: w, rows: rows, chi: chi)
    }

    /// Averages of the leading inversions, in logs.
    private func start() -> (Double, Double) {
        let leading = anchors.map { LMOCalibration.leading($0.point, tuned: $0.tuned, c1: c1) }
        let u = leading.map { log($0.stepScale) }
        let w = leading.compactMap { $0.batchScale.map { log($0) } }
        return (
            u.reduce(0, +) / Double(u.count), w.isEmpty ? 0 : w.reduce(0, +) / Double(w.count)
        )
    }

    private func rows(logU: Double, logW: Double) -> [Row] {
        let h = 1e-3
        return anchors.flatMap { anchor -> [Row] in
            let middle = predicted(anchor, logW)
            let up = predicted(anchor, logW + h)
            let down = predicted(anchor, logW - h)
            let observed = [anchor.point.learningRate] + tuned(anchor, of: anchor.point)
            let deviations: [Double] =
                switch anchor.tuned {
                case .learningRate: [anchor.rateDeviation]
                case .learningRateAndMomentum: [anchor.rateDeviation, anchor.momentumDeviation]
                case .learningRateAndBatch: [anchor.rateDeviation, anchor.batchDeviation]
                }
            return deviations.indices.map { k in
                let isRate = k == 0
                let above = abs(up[k] - middle[k])
                let below = abs(middle[k] - down[k])
                let model = middle[k] + (isRate ? logU / 2 : 0)
                return Row(
                    residual: (log(observed[k]) - model) / deviations[k],
                    slopeU: (isRate ? 0.5 : 0) / deviations[k],
                    slopeW: (up[k] - down[k]) / (2 * h) / deviations[k],
                    leastSlopeW: min(above, below) / h / deviations[k])
            }
        }
    }

    /// Logs of the best rate at u = 1 and of the tuned partner.
    private func predicted(_ anchor: LMOAnchor, _ logW: Double) -> [Double] {
        let point = anchor.point
        let regime: LMORegime =
            switch anchor.tuned {
            case .learningRate:
                .learningRate(batchSize: point.batchSize, momentumComplement: point.momentumComplement)
            case .learningRateAndMomentum: .learningRateAndMomentum(batchSize: point.batchSize)
            case .learningRateAndBatch:
                .learningRateAndBatch(momentumComplement: point.momentumComplement)
            }
        let best = LMOConstants(stepScale: 1, batchScale: exp(logW)).optimum(
            regime, tokenBudget: point.tokenBudget, bound: .kovalev(c1: c1),
            batchRange: Double.leastNormalMagnitude...Double.greatestFiniteMagnitude
        ).point
        return [log(best.learningRate)] + tuned(anchor, of: best).map { log($0) }
    }

    private func tuned(_ anchor: LMOAnchor, of point: LMOPoint) -> [Double] {
        switch anchor.tuned {
        case .learningRate: []
        case .learningRateAndMomentum: [point.momentumComplement]
        case .learningRateAndBatch: [point.batchSize]
        }
    }

    private func normal(_ rows: [Row]) -> (uu: Double, uw: Double, ww: Double, gu: Double, gw: Double) {
        rows.reduce(into: (0, 0, 0, 0, 0)) { sum, row in
            sum.0 += row.slopeU * row.slopeU
            sum.1 += row.slopeU * row.slopeW
            sum.2 += row.slopeW * row.slopeW
            sum.3 += row.slopeU * row.residual
            sum.4 += row.slopeW * row.residual
        }
    }

    private func result(logU: Double, logW: Double, rows: [Row], chi: Double) -> LMOAnchorFit {
        let n = normal(rows)
        let determinant = n.uu * n.ww - n.uw * n.uw
        // Slopes on one side of a limit, or of rounding, are no information. Where rates carry w too, the determinant
        // decides.
        let least = rows.reduce(0) { $0 + $1.leastSlopeW * $1.leastSlopeW }
        let knowsW = determinant > 1e-8 * n.uu * n.uu && least > 1e-8 * n.uu
        let freedom = rows.count - (knowsW ? 2 : 1)
        let scale = freedom > 0 ? max(1, chi / Double(freedom)) : 1
        return LMOAnchorFit(
            stepScale: exp(logU), batchScale: knowsW ? exp(logW) : nil,
            stepVariance: scale * (knowsW ? n.ww / determinant : 1 / n.uu),
            batchVariance: knowsW ? scale * n.uu / determinant : .infinity,
            covariance: knowsW ? -scale * n.uw / determinant : 0, chiSquare: chi, freedom: freedom)
    }
}
