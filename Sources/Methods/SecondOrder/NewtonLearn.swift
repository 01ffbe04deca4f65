/// NEWTON-LEARN: for generalised linear models only second derivatives of single examples are learned.
///
///     f_i(x) = mean_j phi_ij(a_ij.x) + lambda/2 |x|^2,   h_i <- h_i + eta RandK(phi''(x) - h_i),   eta = K/m
///
/// | system | H | needs |
/// |---|---|---|
/// | NL1 | `h <- max(h, 0)`, `lambda I + mean h a a^T` | lambda > 0 |
/// | NL2 | `b mean (h + 2c) a a^T - 2c mean a a^T + lambda I`, `b = max (phi'' + 2c)/(h + 2c)`, c >= max phi'' | nothing |
/// | CNL | NL2's H in the cubic model with constant M | convergence from afar |
///
/// NL2's H dominates the Hessian at x always. With eta = K/m exactly the K sampled entries become current.
/// Local rates do not depend on the condition number and are superlinear in expectation. Draws come after the step.
///
/// Cost: d, K derivatives and the K rows they belong to: d + K d + K numbers, one more for b. Maturity: NL1 confirmed
/// against authors' code, NL2 and CNL from memory and checked by the domination.
///
/// Source: R. Islamov, X. Qian, P. Richtarik, 2021, arXiv 2102.07158.
public struct NewtonLearnMethod: RoundMethod {
    /// Which estimate of the Hessian.
    public enum Variant: Sendable, Hashable {
        /// NL1.
        case nonnegative
        /// NL2.
        case dominating
        /// CNL.
        case cubic(lipschitz: Double)
    }

    /// Which estimate of the Hessian.
    public var variant: Variant
    /// K.
    public var kept: Int
    /// Whether h starts at zero instead of the first derivatives.
    public var startsAtZero: Bool
    /// x.
    public private(set) var iterate = Vector([])
    private var learned: [Vector] = []

    /// The method.
    public init(_ variant: Variant, kept: Int, startsAtZero: Bool = false) {
        self.variant = variant
        self.kept = kept
        self.startsAtZero = startsAtZero
    }

    /// Rows and derivatives.
    public var needs: Set<Capability> { [.hessian, .linearModel] }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        let models = models(in: pool)
        learned = models.map { startsAtZero ? .zero($0.examples) : $0.curvatures(at: x) }
        if !startsAtZero {
            for model in models { pool.ledger.prepare(.dense(model.examples * (1 + x.count))) }
        }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let models = models(in: pool)
        let current = models.map { $0.curvatures(at: iterate) }
        let gradient = Vector.mean(pool.gradients(at: iterate))
        let (hessian, ratio) = estimate(models, current: current)
        var step = Vector.zero(iterate.count)
        if case .cubic(let lipschitz) = variant {
            step = CubicStep.step(gradient: gradient, hessian: hessian, lipschitz: lipschitz)
        } else {
            step = -hessian.solve(gradient)
        }
        for i in pool.indices {
            for j in pool.streams[i].sample(models[i].examples, kept) { learned[i][j] = current[i][j] }
            if variant == .nonnegative { learned[i] = learned[i].map { max($0, 0) } }
        }
        let extra = variant == .nonnegative ? 0 : 1
        pool.sendFromAll(.dense(iterate.count * (1 + kept) + kept + extra))
        iterate += step
        pool.broadcastModel()
        return ["beta": ratio]
    }

    /// The server's Hessian before the step, and b.
    private func estimate(_ models: [any LinearModelOracle], current: [Vector]) -> (Matrix, Double) {
        let n = Double(models.count)
        let known = (models.reduce(0) { $0 + $1.regularization } / n) * Matrix.identity(iterate.count)
        func mean(_ weights: (Int) -> Vector) -> Matrix {
            Matrix.mean(
                models.indices.map { i in
                    models[i].design.weightedGram((1 / Double(models[i].examples)) * weights(i))
                })
        }
        guard variant != .nonnegative else { return (mean { learned[$0] } + known, 1) }
        let c = models.map(\.curvatureBound).max() ?? 0
        let ratios = models.indices.flatMap { i in
            current[i].zip(learned[i]) { ($0 + 2 * c) / ($1 + 2 * c) }.values
        }
        let b = ratios.max() ?? 1
        let upper = mean { learned[$0].map { $0 + 2 * c } }
        let lower = mean { Vector(repeating: 2 * c, count: learned[$0].count) }
        return (b * upper - lower + known, b)
    }

    private func models(in pool: WorkerPool) -> [any LinearModelOracle] {
        pool.indices.map { pool.require($0, (any LinearModelOracle).self) }
    }
}
