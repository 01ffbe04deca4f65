/// How a matrix is replaced by its polar factor `U V^T`, exactly or in a few Newton-Schulz steps.
///
///     newtonSchulz:  X = G / max(|G|_F, 1e-7),   k times  A = X X^T,  X <- a X + (b A + c A^2) X
///
/// On wide matrices as written; a tall one is transposed first. Muon's coefficients are fast but do not converge: the
/// distance to the polar factor stays at 0.2 to 0.32 however many steps are taken. The cubic and the Taylor quintic do
/// converge (7 and 5 steps to rounding on a 4x3 example).
///
/// Sources: K. Jordan et al., "Muon", 2024 (coefficients); "Inexact Muon", 2025, arXiv 2510.19933 (steps as a
/// hyperparameter); coefficients of the convergent maps derived from the Taylor series of `x^(-1/2)`.
public enum Orthogonalization: Sendable, Hashable {
    /// By the singular value decomposition.
    case exact
    /// `steps` of the map with the given coefficients.
    case newtonSchulz(steps: Int, coefficients: Coefficients)

    /// Muon's five steps.
    public static let muon = Orthogonalization.newtonSchulz(steps: 5, coefficients: .muon)

    /// a, b, c of the odd polynomial `a x + b x^3 + c x^5` a singular value goes through.
    public struct Coefficients: Sendable, Hashable {
        /// a.
        public var linear: Double
        /// b.
        public var cubic: Double
        /// c.
        public var quintic: Double

        /// A map.
        public init(_ linear: Double, _ cubic: Double, _ quintic: Double) {
            self.linear = linear
            self.cubic = cubic
            self.quintic = quintic
        }

        /// The coefficients Muon ships with.
        public static let muon = Coefficients(3.4445, -4.7750, 2.0315)
        /// Newton's cubic.
        public static let cubic = Coefficients(1.5, -0.5, 0)
        /// The next order of the same series.
        public static let taylor = Coefficients(15.0 / 8, -10.0 / 8, 3.0 / 8)
    }

    /// The (approximate) polar factor of `matrix`; zero for zero.
    public func callAsFunction(_ matrix: Matrix) -> Matrix {
        switch self {
        case .exact: return SingularValues(matrix).polarFactor
        case .newtonSchulz(let steps, let c):
            let isTall = matrix.rows > matrix.columns
            var x = isTall ? matrix.transposed : matrix
            x = (1 / max(x.frobeniusNorm, 1e-7)) * x
            for _ in 0..<steps {
                let a = x * x.transposed
                x = c.linear * x + (c.cubic * a + c.quintic * (a * a)) * x
            }
            return isTall ? x.transposed : x
        }
    }

    /// `delta = |O - U V^T|_2`: how far this map is from the exact one on `matrix`.
    public func inexactness(on matrix: Matrix) -> Double {
        SingularValues(self(matrix) - Orthogonalization.exact(matrix)).values[0]
    }
}
