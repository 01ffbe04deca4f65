/// What step sizes of the theory depend on.
///
/// | constant | meaning |
/// |---|---|
/// | mu | strong convexity of f |
/// | L | smoothness of f |
/// | L_i, L_max, L+ | smoothness of f_i, the largest, their quadratic mean |
/// | H* | Lipschitz constant of the Hessian |
///
/// Exact for quadratics. For other functions the eigenvalues at one point are used, or bounds given by hand.
public struct ProblemConstants: Sendable, Hashable {
    /// mu.
    public var strongConvexity: Double
    /// L.
    public var smoothness: Double
    /// L_i.
    public var workerSmoothness: [Double]
    /// H*.
    public var hessianLipschitz: Double
    /// d.
    public var dimension: Int

    /// Constants by hand.
    public init(
        strongConvexity: Double, smoothness: Double, workerSmoothness: [Double], hessianLipschitz: Double = 0,
        dimension: Int
    ) {
        self.strongConvexity = strongConvexity
        self.smoothness = smoothness
        self.workerSmoothness = workerSmoothness
        self.hessianLipschitz = hessianLipschitz
        self.dimension = dimension
    }

    /// Eigenvalues of the workers' Hessians at `x`; precondition: at least one worker.
    public init(_ workers: [any HessianOracle], at x: Vector) {
        let hessians = workers.map { $0.hessian(at: x) }
        let eigenvalues = SymmetricEigen(Matrix.mean(hessians)).eigenvalues
        strongConvexity = eigenvalues[0]
        smoothness = eigenvalues[eigenvalues.count - 1]
        workerSmoothness = hessians.map { SymmetricEigen($0).eigenvalues.values.last ?? 0 }
        hessianLipschitz = workers.reduce(0) { $0 + $1.hessianLipschitz } / Double(workers.count)
        dimension = x.count
    }

    /// n.
    public var workers: Int { workerSmoothness.count }
    /// L_max.
    public var largestSmoothness: Double { workerSmoothness.max() ?? smoothness }
    /// L+.
    public var meanSmoothness: Double {
        (workerSmoothness.reduce(0) { $0 + $1 * $1 } / Double(max(1, workers))).squareRoot()
    }
}
