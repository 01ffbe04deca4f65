extension WorkloadRegistry {
    /// Whether several runs of a workload are faster in turns on one thread than one after another.
    ///
    /// They are where drawing the examples, which runs of one seed do once for all, is a good part of a step, or where a
    /// whole run takes about as long as the daemon needs to write it down; that is, for small models on generated data.
    /// With larger models there is little to share, and the models put each other out of the cache: 65,536 parameters with
    /// their gradient and buffers are 1 MiB a run. `char-gpt` and `cnn` spend their time in products, whatever their size.
    ///
    /// - Parameters:
    ///   - name: of the workload.
    ///   - options: absent ones take their default.
    /// - Returns: false for a workload or options that are not known.
    public func gainsFromStacking(_ name: String, options: [String: HyperparameterValue]) -> Bool {
        guard let descriptor = try? descriptor(named: name),
            let options = try? WorkloadOptions(options, for: descriptor), options.text("path") == nil
        else { return false }
        let parameters: Int
        switch name {
        case StreamLeastSquares.descriptor.name: parameters = options.integer("modes")
        case WorkloadDescriptor.quadratic.name: parameters = options.integer("dimension")
        case WorkloadDescriptor.matrixRegression.name:
            parameters = options.integer("rows") * options.integer("columns")
        case WorkloadDescriptor.logisticRegression.name: parameters = options.integer("inputs")
        case WorkloadDescriptor.mlp.name:
            let width = options.integer("width")
            let outputs = options.text("task") == "regression" ? 1 : options.integer("classes")
            let between = (options.integer("depth") - 1) * width
            parameters = width * (options.integer("inputs") + between + outputs)
        default: return false
        }
        return parameters <= 65_536
    }
}
