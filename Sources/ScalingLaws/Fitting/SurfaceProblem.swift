import Foundation

/// One pooled run of a surface fit.
struct SurfaceRow {
    var point: SurfacePoint
    /// `log loss`, or the loss itself when losses may be negative.
    var response: Double
    /// Precision relative to the others: nearness to the optimum times what replicates add; 0 leaves it out.
    var weight: Double
    /// Runs of each setting in this row.
    var replicates: Double
    /// Settings joined in this row, as many as count (`RunBins`); the weight is that of all.
    var settings = 1.0
    /// The training runs they were read off, where they are named; rows with one in common share its noise.
    var runs: Set<Int> = []

    /// As how much of an observation it counts: its nearness to the optimum.
    var share: Double { min(weight / settings, 1) }
}

/// Runs that share a floor.
struct SurfaceGroup {
    /// Its rows.
    var rows: Range<Int>
    /// Its diverged runs, as indices into `bounds`.
    var bounds: Range<Int>
    /// Where the group stands; only covariates and `logBatch` mean something.
    var point: SurfacePoint
}

/// What is believed about one coefficient: a Student-t with the given width, normal when `degreesOfFreedom` is
/// infinite.
struct CoefficientPrior {
    var mean: Double
    var deviation: Double
    var degreesOfFreedom: Double = .infinity

    /// Weight of the equivalent quadratic penalty `w (v - mean)^2 / deviation^2`.
    func weight(at value: Double) -> Double {
        guard degreesOfFreedom.isFinite else { return 1 }
        let z: Double = (value - mean) / deviation
        return (degreesOfFreedom + 1) / (degreesOfFreedom + z * z)
    }

    /// Half the second derivative of `energy`, not below 0: what the prior adds to the posterior precision. A Student-t
    /// is flat in its tails, so there it adds nothing, while the weight above would claim it did.
    func precision(at value: Double) -> Double {
        guard degreesOfFreedom.isFinite else { return 1 / (deviation * deviation) }
        let z: Double = (value - mean) / deviation
        let spread: Double = degreesOfFreedom + z * z
        return max(0, (degreesOfFreedom + 1) * (degreesOfFreedom - z * z) / (spread * spread))
            / (deviation * deviation)
    }

    /// `-2 log density` up to a constant.
    func energy(at value: Double) -> Double {
        let z: Double = (value - mean) / deviation
        guard degreesOfFreedom.isFinite else { return z * z }
        return (degreesOfFreedom + 1) * log1p(z * z / degreesOfFreedom)
    }
}

/// A surface over runs, as a least-squares problem:
///
///     response_i = floor(group) + sum_axes 1/2 k_a phi(x_ia - optimum_a(point_i) - offset_a(group)) + noise / sqrt(w_i)
///
/// The offsets are what a group's optimum deviates from the law by; they are normal with a width the data choose. With
/// width 0 the law must explain every run itself; with a large width each group has its own optimum and the law is a
/// regression through those. Floors and offsets are eliminated group by group, so the linear algebra stays as small as
/// the law.
struct SurfaceProblem {
    var terms: [SurfaceTerm]
    var priors: [CoefficientPrior]
    var rows: [SurfaceRow]
    /// Points of diverged runs, sorted by group.
    var bounds: [SurfacePoint]
    var groups: [SurfaceGroup]
    /// Residual standard deviation expected before any fit, and how many observations that belief is worth.
    var noise: (scale: Double, count: Double)
    /// The same for the offsets.
    var deviation: (scale: Double, count: Double)

    /// Bends with what is believed about their size, in the order of the terms.
    var bends: [BendBelief] = []

    /// Standard deviation of the surface's own error, as a fraction of how far it has risen above the floor. Fixed:
    /// chosen by evidence it came out smaller, and both benchmarks of extrapolation got worse.
    var misfit: Double

    var parameterCount: Int { priors.count }

    /// What is believed about the bends along one variable.
    struct BendBelief {
        /// Their places in the parameter vector.
        var places: Range<Int>
        /// What the size is multiplied by, bend by bend.
        var units: [Double]
        /// Change of slope over a factor e of the variable, before any run, and how many bends that is worth.
        var scale: Double
        var count: Double
    }

    /// What is believed about the coefficients, with bends of the size a state has found.
    func priors(at state: SurfaceState) -> [CoefficientPrior] {
        var result = priors
        for (bend, scale) in zip(bends, state.bends) {
            for (i, unit) in zip(bend.places, bend.units) { result[i].deviation = scale * unit }
        }
        return result
    }
    /// Floor and offsets of a group.
    var nuisanceCount: Int { 1 + terms.count }

    /// How far below a diverged learning rate the optimum must at least lie (log), and how firmly.
    static let divergenceMargin = 0.05
    static let divergenceWidth = 0.2

    /// Coefficients of another problem of the same axes and shape, for this one to start from; bends start at zero.
    func adopted(_ parameters: [Double], of other: SurfaceProblem) -> [Double] {
        var result = priors.map(\.mean)
        for (own, theirs) in zip(terms, other.terms) {
            for i in 0...own.variables.count { result[own.start + i] = parameters[theirs.start + i] }
            for i in 0..<(own.end - own.limitIndex) {
                result[own.limitIndex + i] = parameters[theirs.limitIndex + i]
            }
        }
        return result
    }
}
