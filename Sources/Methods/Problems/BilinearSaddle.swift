import Engine

/// `min_x max_y mean_i x^T B_i y + a_i.x - c_i.y` as a field `F = (B y + a, -(B^T x - c))` of z = (x, y).
///
/// Drawn from `SplitMix64(seed)`: `B_i = I + R_i/2` for all i, then all a_i, then all c_i. Start: ones.
public struct BilinearSaddle: Sendable {
    /// Samples.
    public let samples: [Sample]
    /// The saddle point.
    public let solution: Vector

    /// One sample's field.
    public struct Sample: FieldOracle {
        /// B.
        public let coupling: Matrix
        /// a.
        public let left: Vector
        /// c.
        public let right: Vector

        /// Length of (x, y).
        public var dimension: Int { 2 * left.count }
        /// One.
        public var examples: Int { 1 }

        /// `x^T B y + a.x - c.y`, which is no measure of progress here; see `BilinearSaddle.distance`.
        public func loss(at z: Vector, batch: Batch) -> Double {
            let (x, y) = split(z)
            return x.dot(coupling * y) + left.dot(x) - right.dot(y)
        }

        /// F(z).
        public func gradient(at z: Vector, batch: Batch) -> Vector {
            let (x, y) = split(z)
            let up = coupling * y + left
            let down = right - coupling.transposed * x
            return Vector(up.values + down.values)
        }

        private func split(_ z: Vector) -> (Vector, Vector) {
            let d = left.count
            return (Vector(Array(z.values[..<d])), Vector(Array(z.values[d...])))
        }
    }

    /// Draws a problem. `interpolates` sets a = c = 0: all samples share the saddle point 0. `identity` is the weight
    /// of I in B_i.
    public init(
        samples n: Int = 4, dimension d: Int = 3, seed: UInt64 = 4, interpolates: Bool = false,
        identity: Double = 1
    ) {
        var generator = SplitMix64(seed)
        let couplings = (0..<n).map { _ in
            identity * Matrix.identity(d) + 0.5
                * Matrix(rows: d, columns: d, (0..<d * d).map { _ in generator.sym() })
        }
        let scale = interpolates ? 0.0 : 1.0
        let a = (0..<n).map { _ in scale * Vector((0..<d).map { _ in generator.sym() }) }
        let c = (0..<n).map { _ in scale * Vector((0..<d).map { _ in generator.sym() }) }
        samples = (0..<n).map { Sample(coupling: couplings[$0], left: a[$0], right: c[$0]) }
        let mean = Matrix.mean(couplings)
        solution = Vector(
            mean.transposed.solve(Vector.mean(c)).values + (-mean.solve(Vector.mean(a))).values)
    }

    /// Ones.
    public var start: Vector { Vector(repeating: 1, count: solution.count) }

    /// `|z - z*|`.
    public func distance(_ z: Vector) -> Double { (z - solution).norm }

    /// The largest singular value of a B_i: the Lipschitz constant of the fields.
    public var lipschitz: Double { samples.map { SingularValues($0.coupling).values[0] }.max() ?? 0 }

    /// A pool of these samples.
    public func pool(seed: UInt64 = 0) -> WorkerPool { WorkerPool(samples, seed: seed, solution: solution) }
}
