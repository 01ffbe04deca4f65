/// Exponents of the optimum of any bound that is a sum of powers, by a lexicographic linear program.
///
/// With `eta = T^e`, `alpha = T^a`, `B = T^b` every term `eta^p alpha^q B^t T^c` has an exponent linear in `(e, a, b)`.
/// The best rate r of the sum is
///
///     minimise r   subject to   p e + q a + t b + c <= r  for all terms,   a <= 0,   0 <= b <= 1
///
/// If the minimisers are more than a point, the leading law is **not unique**: the level's ranges say by how much.
/// Terms at r on the whole face are then held at r and the largest of the others is minimised, and so on; each
/// further level rests on ever smaller terms and deserves less belief. Three variables: all vertices are enumerated,
/// no solver is needed.
///
/// Source: derived here; it reproduces the exponents of Shulgin et al. 2026, arXiv 2603.15958, as the second level of
/// Kovalev's bound, and those of Islamov et al. 2026, arXiv 2603.21191, as the first level of theirs.
public struct ExponentProgram: Sendable, Hashable {
    /// One term, or one side condition `... <= 0`.
    public struct Term: Sendable, Hashable {
        /// Powers of eta, alpha, B.
        public var powers: [Double]
        /// Power of T.
        public var budget: Double

        /// A term.
        public init(learningRate: Double, momentumComplement: Double, batchSize: Double, budget: Double) {
            powers = [learningRate, momentumComplement, batchSize]
            self.budget = budget
        }
    }

    /// One level of the answer.
    public struct Level: Sendable, Hashable {
        /// Exponent of the largest term of this level.
        public var rate: Double
        /// Ranges of e, a and b over the minimisers.
        public var ranges: [ClosedRange<Double>]
        /// Whether the minimiser is a point.
        public var isUnique: Bool { ranges.allSatisfy { $0.upperBound - $0.lowerBound < 1e-9 } }
    }

    /// Terms of the bound.
    public var terms: [Term]
    /// Side conditions, each `<= 0`.
    public var conditions: [Term]

    /// A program; the conditions `a <= 0`, `0 <= b <= 1` are always there.
    ///
    /// - Parameters:
    ///   - terms: terms of the bound.
    ///   - conditions: further ones.
    ///   - fixesMomentum: alpha does not move with T.
    ///   - fixesBatch: B does not move with T.
    public init(
        _ terms: [Term], conditions: [Term] = [], fixesMomentum: Bool = false, fixesBatch: Bool = false
    ) {
        func condition(_ a: Double, _ b: Double, _ c: Double) -> Term {
            Term(learningRate: 0, momentumComplement: a, batchSize: b, budget: c)
        }
        self.terms = terms
        self.conditions = conditions + [condition(1, 0, 0), condition(0, -1, 0), condition(0, 1, -1)]
        if fixesMomentum { self.conditions.append(condition(-1, 0, 0)) }
        if fixesBatch { self.conditions.append(condition(0, 1, 0)) }
    }

    /// Kovalev's bound at token budget T: start, burn-in, noise, smoothness, drift.
    ///
    /// `noisePower` is q of a noise that falls as `B^-q`; 1/2 for independent examples.
    public static func kovalevTerms(noisePower q: Double = 0.5) -> [Term] {
        [
            Term(learningRate: -1, momentumComplement: 0, batchSize: 1, budget: -1),
            Term(learningRate: 0, momentumComplement: -1, batchSize: 1 - q, budget: -1),
            Term(learningRate: 0, momentumComplement: 0.5, batchSize: -q, budget: 0),
            Term(learningRate: 1, momentumComplement: 0, batchSize: 0, budget: 0),
            Term(learningRate: 1, momentumComplement: -1, batchSize: 0, budget: 0),
        ]
    }

    /// Solves level after level until the exponents are a point or no term is left.
    public func levels() -> [Level] {
        var free = terms
        var held = conditions.map { (term: $0, limit: 0.0) }
        var levels: [Level] = []
        while !free.isEmpty {
            let vertices = feasibleVertices(free, held)
            guard let rate = vertices.map({ $0[3] }).min() else { return levels }
            let face = vertices.filter { $0[3] < rate + 1e-9 }
            let ranges = (0..<3).map { axis in
                let values = face.map { $0[axis] }
                return (values.min() ?? 0)...(values.max() ?? 0)
            }
            levels.append(Level(rate: rate, ranges: ranges))
            if levels[levels.count - 1].isUnique { return levels }
            let binding = free.filter { term in face.allSatisfy { abs(exponent(term, $0) - rate) < 1e-9 } }
            if binding.isEmpty { return levels }
            held += binding.map { (term: $0, limit: rate) }
            free.removeAll { binding.contains($0) }
        }
        return levels
    }

    private func exponent(_ term: Term, _ x: [Double]) -> Double {
        term.budget + term.powers[0] * x[0] + term.powers[1] * x[1] + term.powers[2] * x[2]
    }

    /// Points `(e, a, b, r)` where four constraints meet and none is violated.
    private func feasibleVertices(_ free: [Term], _ held: [(term: Term, limit: Double)]) -> [[Double]] {
        let rows: [[Double]] =
            free.map { $0.powers + [-1, -$0.budget] }
            + held.map { $0.term.powers + [0, $0.limit - $0.term.budget] }
        var vertices: [[Double]] = []
        let n = rows.count
        for i in 0..<n {
            for j in (i + 1)..<max(n, i + 1) {
                for k in (j + 1)..<max(n, j + 1) {
                    for l in (k + 1)..<max(n, k + 1) {
                        guard let x = solve([rows[i], rows[j], rows[k], rows[l]]) else { continue }
                        let isFeasible = rows.allSatisfy { row in
                            let left: Double = row[0] * x[0] + row[1] * x[1] + row[2] * x[2] + row[3] * x[3]
                            return left <= row[4] + 1e-9
                        }
                        if isFeasible { vertices.append(x) }
                    }
                }
            }
        }
        return vertices
    }

    /// Gaussian elimination with pivoting on four equations `row . x = row[4]`; `nil` when they are dependent.
    private func solve(_ equations: [[Double]]) -> [Double]? {
        var m = equations
        for column in 0..<4 {
            let pivot = (column..<4).max { abs(m[$0][column]) < abs(m[$1][column]) } ?? column
            guard abs(m[pivot][column]) > 1e-12 else { return nil }
            m.swapAt(column, pivot)
            for row in 0..<4 where row != column {
                let factor = m[row][column] / m[column][column]
                for k in column...4 { m[row][k] -= factor * m[column][k] }
            }
        }
        return (0..<4).map { m[$0][4] / m[$0][$0] }
    }
}
