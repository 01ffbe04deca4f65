/// Which rows of a worker's data a value or gradient is taken over. A batch is a value: evaluating it twice at
/// different points gives the same function twice, which extragradient and smoothness probes need.
public enum Batch: Sendable, Hashable {
    /// All rows.
    case all
    /// The average over these rows.
    case rows([Int])
}

/// What a method may ask beyond values and gradients; a run is refused when its problem cannot answer.
public enum Capability: String, Sendable, Hashable, CaseIterable {
    /// Gradients of single rows (`Batch.rows`).
    case perExample = "per_example"
    /// Hessians.
    case hessian
    /// Rows and second derivatives of a generalised linear model.
    case linearModel = "linear_model"
    /// A constraint `g(x) <= 0` with subgradients.
    case constraint
    /// A private block of parameters that can be fitted at a given shared block.
    case privateBlock = "private_block"
    /// A vector field instead of a gradient.
    case field
    /// The gradient of the conjugate function.
    case dualGradient = "dual_gradient"
    /// The solution itself, for methods of theory only.
    case knownSolution = "known_solution"
}

/// One worker's function, as methods see it.
///
/// Gradients may be subgradients where the function has corners. Values are means over rows, not sums.
public protocol Oracle: Sendable {
    /// Length of the (shared) parameter vector.
    var dimension: Int { get }
    /// Rows of data; 1 when the function has no rows.
    var examples: Int { get }
    /// The value.
    func loss(at x: Vector, batch: Batch) -> Double
    /// The gradient.
    func gradient(at x: Vector, batch: Batch) -> Vector
}

/// Single rows can be asked for.
public protocol PerExampleOracle: Oracle {}

/// Second derivatives can be asked for.
public protocol HessianOracle: Oracle {
    /// The Hessian over all rows.
    func hessian(at x: Vector) -> Matrix
    /// H*: Lipschitz constant of the Hessian in the spectral norm.
    var hessianLipschitz: Double { get }
}

/// `f(x) = mean_j phi_j(a_j . x) + lambda/2 |x|^2`.
public protocol LinearModelOracle: HessianOracle {
    /// a_j as rows.
    var design: Matrix { get }
    /// lambda.
    var regularization: Double { get }
    /// phi_j''(a_j . x).
    func curvatures(at x: Vector) -> Vector
    /// A bound of |phi''|.
    var curvatureBound: Double { get }
}

/// A constraint `g(x) <= 0` on the average over workers.
public protocol ConstrainedOracle: Oracle {
    /// g_i(x).
    func constraint(at x: Vector) -> Double
    /// A subgradient of g_i.
    func constraintGradient(at x: Vector) -> Vector
}

/// `f_i(theta, beta_i)`: theta is shared, beta_i stays with the worker.
public protocol PrivateBlockOracle: Oracle {
    /// Length of beta.
    var privateDimension: Int { get }
    /// The best beta at theta.
    func bestPrivate(at theta: Vector) -> Vector
    /// Gradient in beta.
    func privateGradient(at theta: Vector, private beta: Vector) -> Vector
    /// Gradient in theta.
    func gradient(at theta: Vector, private beta: Vector) -> Vector
}

/// A vector field whose zero is sought. Its gradient is the field itself.
public protocol FieldOracle: Oracle {}

/// `grad f_i*(z)`: the minimiser of `f_i(x) - z . x`.
public protocol DualOracle: Oracle {
    /// The gradient of the conjugate.
    func dualGradient(at z: Vector) -> Vector
}

extension Oracle {
    /// The value over all rows.
    public func loss(at x: Vector) -> Double { loss(at: x, batch: .all) }
    /// The gradient over all rows.
    public func gradient(at x: Vector) -> Vector { gradient(at: x, batch: .all) }

    /// What this oracle can answer.
    public var capabilities: Set<Capability> {
        var found: Set<Capability> = []
        if self is any PerExampleOracle { found.insert(.perExample) }
        if self is any HessianOracle { found.insert(.hessian) }
        if self is any LinearModelOracle { found.insert(.linearModel) }
        if self is any ConstrainedOracle { found.insert(.constraint) }
        if self is any PrivateBlockOracle { found.insert(.privateBlock) }
        if self is any FieldOracle { found.insert(.field) }
        if self is any DualOracle { found.insert(.dualGradient) }
        return found
    }
}
