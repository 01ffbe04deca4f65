/// What one step of an optimizer may read besides the parameters.
public struct StepContext<Scalar: EngineScalar>: Sendable {
    /// The learning rate of this step, already multiplied by the schedule.
    public var learningRate: Scalar
    /// Steps taken before this one; 0 at the first.
    public var step: Int
    /// Steps of the whole run.
    public var totalSteps: Int
    /// Loss of the minibatch the gradient comes from.
    public var loss: Scalar
    /// Seed of the rule's own random numbers: the trial's, unrelated to those of weights and data.
    public var seed: UInt64
    /// Examples of the training set; `nil` for a stream, where every example is seen once.
    public var trainingExamples: Int?

    /// Gathers what a step may read.
    public init(
        learningRate: Scalar, step: Int, totalSteps: Int, loss: Scalar, seed: UInt64 = 0,
        trainingExamples: Int? = nil
    ) {
        self.learningRate = learningRate
        self.step = step
        self.totalSteps = totalSteps
        self.loss = loss
        self.seed = seed
        self.trainingExamples = trainingExamples
    }
}

/// The gradient of one minibatch: the mean, and the single examples' gradients where the workload gives them.
public struct MinibatchGradient<Scalar: EngineScalar>: Sendable {
    /// Mean over the minibatch.
    public var mean: ParameterVector<Scalar>
    /// One row per example, `examples x layout.count`, row-major; `nil` unless the optimizer asked for it.
    public var perExample: [Scalar]?

    /// A gradient.
    public init(mean: ParameterVector<Scalar>, perExample: [Scalar]? = nil) {
        self.mean = mean
        self.perExample = perExample
    }
}

/// An update rule. A value: copying it copies its state, so a checkpoint is a copy.
public protocol Optimizer<Scalar>: Sendable {
    /// The precision it works in.
    associatedtype Scalar: EngineScalar

    /// Moves the parameters by one step.
    ///
    /// - Parameters:
    ///   - parameters: moved in place.
    ///   - gradient: of the current minibatch at the current parameters; same layout.
    ///   - context: learning rate, step and loss.
    mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>)

    /// Everything a checkpoint must hold to go on with the same bits: named buffers, in any number.
    var state: [String: [Scalar]] { get set }

    /// Why the last step was not taken, the parameters being as before it; `nil` when it was. The training loop asks
    /// after every step and ends the run with it. Default `nil`: a rule in Swift has nothing that can fail in a step.
    var failure: EngineError? { get }

    /// What the rule reports beside the workload's metrics, such as the privacy spent; finite numbers only.
    var metrics: [String: Double] { get }
}

extension Optimizer {
    /// No step fails.
    public var failure: EngineError? { nil }
    /// Nothing.
    public var metrics: [String: Double] { [:] }
}

/// Makes an optimizer for a model. What a plugin gives the training loop.
public protocol OptimizerFactory: Sendable {
    /// Whether the training loop must supply `MinibatchGradient.perExample`.
    var needsPerExampleGradients: Bool { get }

    /// Makes the optimizer with its state at zero.
    ///
    /// - Parameters:
    ///   - scalar: the precision.
    ///   - layout: the model's tensors.
    ///   - hyperparameters: values by name; absent ones take the descriptor's default.
    /// - Returns: the optimizer, its state at zero.
    /// - Throws: when a hyperparameter is unknown or out of range.
    func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar>
}
