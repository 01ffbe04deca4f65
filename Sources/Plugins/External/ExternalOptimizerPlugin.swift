public import Engine
internal import Foundation

/// An optimizer whose rule is in a shared library, loaded into this process: for worker processes only.
///
///     let plugin = try ExternalOptimizerPlugin(contentsOf: "/home/me/libsignum.so")
///     let outcome = try Trainer.run(job, optimizer: plugin, observe: { _ in .proceed })
///
/// The rule works in single precision. `tunerd_plugin.h` is what the library is written against.
public struct ExternalOptimizerPlugin: OptimizerPlugin {
    private let loaded: LoadedLibrary

    /// Loads a library, once per process and content.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - sha256: what the file must hold; `nil`: whatever is there.
    /// - Throws: `EngineError` with a code that begins with `plugin-`. A library that crashes takes the process along.
    public init(contentsOf path: String, sha256: String? = nil) throws {
        loaded = try LoadedLibrary.at(path, expecting: sha256)
    }

    /// What the library says about itself.
    public var descriptor: OptimizerDescriptor { loaded.descriptor }

    /// The same as a value without code.
    public var external: ExternalOptimizer {
        ExternalOptimizer(descriptor: loaded.descriptor, origin: loaded.origin)
    }

    /// Mean gradients suffice: version 1 of the interface has no others.
    public var needsPerExampleGradients: Bool { false }

    /// Makes the optimizer. Throws on a setting that is unknown or out of range, when the library refuses the run, and
    /// for double precision.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        let values = try descriptor.hyperparameters.map { parameter in
            guard case .choice(let names) = parameter.kind else { return try settings.real(parameter.name) }
            return Double(names.firstIndex(of: try settings.text(parameter.name)) ?? 0)
        }
        let run = try ExternalRun(loaded, RunDescription(layout: layout, values: values))
        guard let rule = ExternalRule(run) as? any Optimizer<Scalar> else {
            throw LibraryFailure.singlePrecision(descriptor.name)
        }
        return rule
    }
}

/// The rule of a library. A value: a copy gets memory of its own before its next step.
struct ExternalRule: Optimizer {
    private var run: ExternalRun
    /// Why the last step was not taken.
    private(set) var failure: EngineError?

    init(_ run: ExternalRun) { self.run = run }

    /// One step; after a failed one the parameters are as before and `failure` says why.
    mutating func step(
        _ parameters: inout ParameterVector<Float>, gradient: MinibatchGradient<Float>,
        context: StepContext<Float>
    ) {
        attempt {
            try $0.step(&parameters.values, gradient: gradient.mean.values, context: context)
        }
    }

    /// The bytes of the library's state.
    var state: [String: [Float]] {
        get { ["state": run.stateBytes] }
        set {
            guard let bytes = newValue["state"], bytes.count == run.stateCount else { return }
            attempt { $0.stateBytes = bytes }
        }
    }

    private mutating func attempt(_ change: (ExternalRun) throws -> Void) {
        do {
            if !isKnownUniquelyReferenced(&run) { run = try run.copy() }
            try change(run)
            failure = nil
        } catch let error as EngineError { failure = error } catch {
            failure = EngineError(code: "plugin-failed", message: "\(error)")
        }
    }
}
