/// The built-in problems by name.
///
///     let descriptor = try WorkloadRegistry.builtIn.descriptor(named: "char-gpt")
///     let workload = try WorkloadRegistry.builtIn.makeWorkload("mlp", options: ["width": .integer(32)], Float.self)
public struct WorkloadRegistry: Sendable {
    /// All problems of the engine.
    public static let builtIn = WorkloadRegistry(descriptors: [
        StreamLeastSquares.descriptor, .quadratic, .matrixRegression, .logisticRegression, .mlp, .cnn,
        .charGPT,
    ])

    /// What they say about themselves.
    public let descriptors: [WorkloadDescriptor]

    /// Finds a problem.
    ///
    /// - Parameter name: as in a sweep file.
    /// - Returns: its descriptor.
    /// - Throws: `EngineError` with the nearest known name.
    public func descriptor(named name: String) throws -> WorkloadDescriptor {
        if let found = descriptors.first(where: { $0.name == name }) { return found }
        let known = descriptors.map(\.name)
        throw EngineError(
            code: "unknown-workload", message: "unknown workload '\(name)'",
            why: "there are " + known.joined(separator: ", "),
            help: nearestName(to: name, among: known).map { "did you mean '\($0)'?" })
    }

    /// Makes a problem that is trained by gradients, its data read or generated.
    ///
    /// - Parameters:
    ///   - name: of the workload.
    ///   - options: absent ones take their default.
    ///   - scalar: the precision.
    /// - Returns: the workload; it belongs to the calling thread.
    /// - Throws: `EngineError` for an unknown name or option, a bad data file, or a workload without gradients.
    public func makeWorkload<Scalar: EngineScalar>(
        _ name: String, options: [String: HyperparameterValue] = [:], _ scalar: Scalar.Type = Float.self
    ) throws -> any GradientWorkload<Scalar> {
        let options = try WorkloadOptions(options, for: descriptor(named: name))
        switch name {
        case WorkloadDescriptor.charGPT.name: return try CharGPTWorkload<Scalar>(options)
        case WorkloadDescriptor.mlp.name: return try LabelledWorkload<Scalar>.mlp(options)
        case WorkloadDescriptor.cnn.name: return try LabelledWorkload<Scalar>.cnn(options)
        case WorkloadDescriptor.quadratic.name: return QuadraticWorkload<Scalar>(options)
        case WorkloadDescriptor.matrixRegression.name: return MatrixRegressionWorkload<Scalar>(options)
        case WorkloadDescriptor.logisticRegression.name:
            return try LabelledWorkload<Scalar>.logisticRegression(options)
        default:
            throw EngineError(
                code: "no-gradients", message: "workload '\(name)' is not trained by gradients",
                why: "it follows the exact recursion of its expected risk")
        }
    }

    /// Number of trained parameters of a workload; reads its data where the model depends on it.
    ///
    /// - Parameters:
    ///   - name: of the workload.
    ///   - options: absent ones take their default.
    /// - Returns: the model size.
    /// - Throws: `EngineError` as `makeWorkload`.
    public func modelSize(of name: String, options: [String: HyperparameterValue] = [:]) throws -> Int {
        if name == StreamLeastSquares.descriptor.name {
            return try WorkloadOptions(options, for: StreamLeastSquares.descriptor).integer("modes")
        }
        return try makeWorkload(name, options: options, Float.self).layout.count
    }
}
