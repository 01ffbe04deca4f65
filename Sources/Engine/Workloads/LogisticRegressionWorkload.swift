/// `logistic-regression`: a linear model of two classes on a LIBSVM file, or on a random linear teacher's labels.
extension LabelledWorkload {
    /// Makes the workload of the options.
    static func logisticRegression(_ options: WorkloadOptions) throws -> LabelledWorkload {
        let source: any ExampleSource<Scalar>
        if let path = options.text("path") {
            var table = try LIBSVMFile.read(path)
            guard table.rows >= 2 else { throw EngineError.badData(path, "holds one example only") }
            let classes = Set(table.labels).count
            guard classes == 2 else {
                throw EngineError.badData(
                    path, "has \(classes) different labels", why: "logistic regression needs exactly two")
            }
            _ = try table.numberClasses(path: path)
            source = TableSource(table, outputs: 1, oneHot: false, standardised: false)
        } else {
            source = TeacherSource(
                inputs: options.integer("inputs"), outputs: 1, width: 0, sharpness: options.real("sharpness"),
                noise: 0, kind: .logistic, seed: options.seed("teacher_seed"))
        }
        return LabelledWorkload(
            source: source, kind: .logistic, width: 1, depth: 0, ridge: options.real("l2"),
            smoothing: try Smoothing(options, classifies: true))
    }
}

extension WorkloadDescriptor {
    static let logisticRegression = WorkloadDescriptor(
        name: "logistic-regression",
        summary: "Two classes by a linear model, on a LIBSVM file or on generated examples without end.",
        options: [
            .path("path", "LIBSVM file with two labels; without it a random linear teacher."),
            .whole("inputs", "Features of the generated examples.", 1...65_536, 64),
            .real("sharpness", "Deviation of the teacher's log-odds.", 1e-3...1e3, 3, scale: .log),
            .seed("teacher_seed", "Names the teacher; all trials of a sweep share it."),
            .real("l2", "Factor of half the squared weights in the training loss.", 0...1e3, 0),
        ] + HyperparameterDescriptor.smoothing,
        metrics: [
            "validation_loss", "validation_error", "certified_radius", "certified_accuracy", "train_loss",
            "tokens", "epochs", "model_size", "loss_floor",
        ],
        conditionalMetrics: .certified, givesPerExampleGradients: true)
}
