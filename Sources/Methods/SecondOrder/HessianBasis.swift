/// The coordinates a worker's Hessian is learned in.
///
/// The known part `lambda I` is taken off first when a basis is used, so that only what the data say is learned.
public enum HessianBasis: Sendable, Hashable {
    /// The entries themselves.
    case standard
    /// Of a linear model: `V^T X V`, V an orthonormal basis of the span of the worker's rows. Exact, because Hessians are
    /// sums of `phi'' a a^T`; r x r numbers instead of d x d when there are r < d independent rows. V costs r d once.
    case data

    /// What is taken from the problem.
    var needs: Set<Capability> { self == .data ? [.hessian, .linearModel] : [.hessian] }
}

/// One worker's coding of Hessians.
struct HessianCoder: Sendable {
    /// V; `nil` for the standard basis.
    let directions: Matrix?
    /// lambda.
    let offset: Double

    init(_ basis: HessianBasis, worker i: Int, in pool: inout WorkerPool) {
        guard basis == .data else {
            (directions, offset) = (nil, 0)
            return
        }
        let model = pool.require(i, (any LinearModelOracle).self)
        let decomposition = SingularValues(model.design)
        let top = decomposition.values[0]
        let rank = decomposition.values.values.count { $0 > 1e-12 * top }
        directions = Matrix((0..<rank).map { decomposition.right.column($0) }).transposed
        offset = model.regularization
        pool.ledger.prepare(.dense(rank * model.dimension))
    }

    /// Coefficients of a Hessian.
    func encode(_ hessian: Matrix) -> Matrix {
        guard let v = directions else { return hessian }
        return v.transposed * (hessian - offset * Matrix.identity(hessian.rows)) * v
    }

    /// The Hessian of some coefficients.
    func decode(_ coefficients: Matrix) -> Matrix {
        guard let v = directions else { return coefficients }
        return v * coefficients * v.transposed + offset * Matrix.identity(v.rows)
    }
}
