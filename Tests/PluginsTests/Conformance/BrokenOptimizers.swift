import Engine
import Plugins

/// SGD with one deliberate fault: what the conformance suite must notice.
struct BrokenPlugin: OptimizerPlugin {
    enum Fault: CaseIterable {
        case none, dropsState, ignoresRate, movesWrongTensor, failsAtZeroGradient, keepsMemory, badDefault
    }

    let fault: Fault

    var needsPerExampleGradients: Bool { false }

    var descriptor: OptimizerDescriptor {
        var descriptor = SGDPlugin().descriptor
        if fault == .badDefault { descriptor.hyperparameters[1].defaultValue = .real(1.5) }
        return descriptor
    }

    func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        var values = hyperparameters
        if fault == .keepsMemory { values["momentum"] = .real(0.9) }
        return BrokenOptimizer(
            fault: fault,
            sound: try SGDPlugin().makeOptimizer(Scalar.self, layout: layout, hyperparameters: values))
    }
}

private struct BrokenOptimizer<Scalar: EngineScalar>: Optimizer {
    let fault: BrokenPlugin.Fault
    var sound: any Optimizer<Scalar>

    mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        var context = context
        var gradient = gradient
        if fault == .ignoresRate { context.learningRate = 0.1 }
        if fault == .movesWrongTensor { gradient.mean.values.reverse() }
        if fault == .failsAtZeroGradient {
            let sum = gradient.mean.values.reduce(0) { $0 + $1 * $1 }
            for i in gradient.mean.values.indices { gradient.mean.values[i] /= sum.squareRoot() }
        }
        sound.step(&parameters, gradient: gradient, context: context)
    }

    var state: [String: [Scalar]] {
        get { fault == .dropsState ? [:] : sound.state }
        set { if fault != .dropsState { sound.state = newValue } }
    }
}
