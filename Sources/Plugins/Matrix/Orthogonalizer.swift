internal import Engine

/// How a matrix is replaced by (about) its polar factor.
enum OrthogonalizationOracle: String, CaseIterable, Sendable {
    /// A few Newton-Schulz steps: matrix products only. What one trains with.
    case newtonSchulz = "newton_schulz"
    /// The exact polar factor in double precision. Slow; to see what inexactness costs.
    case exact
}

/// One of the two oracles with its workspaces.
struct Orthogonalizer<Scalar: EngineScalar>: Sendable {
    private let oracle: OrthogonalizationOracle
    private var newtonSchulz: NewtonSchulz<Scalar>

    /// An oracle for matrices up to the given shapes.
    init(
        _ oracle: OrthogonalizationOracle, steps: Int = 5, coefficients: NewtonSchulzCoefficients = .muon,
        shapes: [(rows: Int, columns: Int)]
    ) {
        self.oracle = oracle
        newtonSchulz = NewtonSchulz(
            steps: steps, coefficients: coefficients, shapes: oracle == .newtonSchulz ? shapes : [])
    }

    /// Stands in while the real one is borrowed: moving it out keeps its workspaces from being copied on write.
    static var idle: Orthogonalizer { Orthogonalizer(.exact, shapes: []) }

    /// Replaces the row-major matrix at `x`.
    mutating func orthogonalize(_ x: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int) {
        switch oracle {
        case .newtonSchulz:
            newtonSchulz.orthogonalize(x, rows: rows, columns: columns)
        case .exact:
            let matrix = (0..<(rows * columns)).map { Double(x[$0]) }
            // Rotations on infinities never end; a diverged run must be allowed to show itself.
            guard matrix.allSatisfy(\.isFinite) else {
                for i in 0..<(rows * columns) { x[i] = .nan }
                return
            }
            let polar = SingularValues(matrix, rows: rows, columns: columns).polarFactor
            for i in polar.indices { x[i] = Scalar(polar[i]) }
        }
    }
}
