/// Where a solver stands: coefficients, what is eliminated, and the scales.
struct SurfaceState {
    var parameters: [Double]
    /// Offsets by group; slot i belongs to term i.
    var offsets: [SIMD4<Double>]
    /// Huber factors by row.
    var robust: [Double]
    /// Noise variance over noise plus misfit, by row.
    var misfit: [Double]
    /// Residual standard deviation at weight 1.
    var noise: Double
    /// Standard deviation of the offsets, by term.
    var deviation: SIMD4<Double>
    /// Sizes of the bends: change of slope over a factor e of their variable.
    var bends: [Double]

    init(problem: SurfaceProblem, parameters: [Double]) {
        self.parameters = parameters
        offsets = Array(repeating: .zero, count: problem.groups.count)
        robust = Array(repeating: 1, count: problem.rows.count)
        misfit = Array(repeating: 1, count: problem.rows.count)
        noise = problem.noise.scale
        deviation = SIMD4(repeating: problem.deviation.scale)
        bends = problem.bends.map(\.scale)
    }
}

/// The normal equations at a state, with floors and offsets eliminated.
struct SurfaceEquations {
    /// Penalised sum of squares, in units of the noise.
    var objective = 0.0
    /// Schur complement in the coefficients, row-major.
    var hessian: [Double]
    /// Right-hand side: minus the gradient of `objective / 2` after elimination.
    var right: [Double]
    /// Diagonal of the coefficient block before elimination, the scale of the damping.
    var diagonal: [Double]
    /// By group: factor of the nuisance block, its coupling to the coefficients (nuisance-major), its right-hand side.
    var blocks: [(factor: DenseCholesky, coupling: [Double], right: [Double])?]
    /// Profiled floors.
    var floors: [Double]
    /// Residuals.
    var residuals: [Double]
}
