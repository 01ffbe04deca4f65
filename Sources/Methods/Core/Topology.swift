/// Who talks to whom, round by round: gossip matrices W(k), symmetric, positive semidefinite, `W 1 = 0`.
///
/// The sequence is repeated. `lambdaMax` and `lambdaMinPositive` bound the nonzero eigenvalues of all of them.
public struct Topology: Sendable, Hashable {
    /// W(0), W(1), ...
    public let matrices: [Matrix]
    /// Largest eigenvalue of any W.
    public let lambdaMax: Double
    /// Smallest positive eigenvalue of any W.
    public let lambdaMinPositive: Double

    /// A repeated sequence; precondition: not empty.
    public init(_ matrices: [Matrix]) {
        precondition(!matrices.isEmpty, "a topology needs a graph")
        let spectra = matrices.flatMap { SymmetricEigen($0).eigenvalues.values }
        self.matrices = matrices
        lambdaMax = spectra.max() ?? 0
        lambdaMinPositive = spectra.filter { $0 > 1e-9 }.min() ?? 0
    }

    /// W(k).
    public func matrix(round k: Int) -> Matrix { matrices[k % matrices.count] }

    /// Directed edges of W(k): messages of one exchange with all neighbours.
    public func messages(round k: Int) -> Int {
        let w = matrix(round: k)
        return (0..<w.rows).reduce(0) { total, i in
            total + (0..<w.columns).count { $0 != i && w[i, $0] != 0 }
        }
    }
}

extension Matrix {
    /// Laplacian of an undirected graph on `n` nodes.
    public static func laplacian(_ n: Int, edges: [(Int, Int)]) -> Matrix {
        var w = Matrix(rows: n, columns: n)
        for (i, j) in edges {
            w[i, i] += 1
            w[j, j] += 1
            w[i, j] -= 1
            w[j, i] -= 1
        }
        return w
    }

    /// A ring.
    public static func ring(_ n: Int) -> Matrix { laplacian(n, edges: (0..<n).map { ($0, ($0 + 1) % n) }) }

    /// A star around node 0.
    public static func star(_ n: Int) -> Matrix { laplacian(n, edges: (1..<n).map { (0, $0) }) }
}
