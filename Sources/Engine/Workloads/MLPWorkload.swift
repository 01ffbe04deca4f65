/// `mlp`: a perceptron on a random teacher's labels, or on a CSV, IDX or CIFAR file.
extension LabelledWorkload {
    /// Makes the workload of the options.
    static func mlp(_ options: WorkloadOptions) throws -> LabelledWorkload {
        let isRegression = options.text("task") == "regression"
        let kind: LossKind = isRegression ? .squared : .softmax
        let source: any ExampleSource<Scalar>
        if let images = try CIFARFile.images(options) {
            guard !isRegression else {
                throw EngineError.badOption(
                    "'task: regression' on '\(options.text("format") ?? "")' images",
                    why: "their labels are classes", help: "leave 'task' out")
            }
            source = ImageSource(images)
        } else if let path = options.text("path") {
            var table: LabelledTable
            let isImages = IDXFile.isIDX(try DataFile.contents(path))
            if isImages {
                guard let labels = options.text("labels_path") else {
                    throw EngineError.badOption(
                        "'\(path)' is an IDX file without labels", help: "name their file with 'labels_path'")
                }
                table = try IDXFile.read(images: path, labels: labels)
            } else {
                table = try CSVFile.read(path)
            }
            guard table.rows >= 2 else { throw EngineError.badData(path, "holds one example only") }
            let classes = isRegression ? 1 : try table.numberClasses(path: path)
            source = TableSource(table, outputs: classes, oneHot: !isRegression, standardised: !isImages)
        } else {
            source = TeacherSource(
                inputs: options.integer("inputs"), outputs: isRegression ? 1 : options.integer("classes"),
                width: options.integer("teacher_width"), sharpness: options.real("sharpness"),
                noise: options.real("label_noise"), kind: kind, seed: options.seed("teacher_seed"))
        }
        return LabelledWorkload(
            source: source, kind: kind, width: options.integer("width"), depth: options.integer("depth"),
            smoothing: try Smoothing(options, classifies: kind == .softmax))
    }
}

extension WorkloadDescriptor {
    static let mlp = WorkloadDescriptor(
        name: "mlp",
        summary:
            "A multilayer perceptron on a random teacher's labels without end, or on a CSV, IDX or CIFAR file.",
        options: [
            .whole("width", "Hidden units of a layer.", 1...16_384, 64),
            .whole("depth", "Hidden layers.", 1...64, 2),
            .choice("task", "What the labels are.", ["classification", "regression"]),
            .whole("inputs", "Features of the teacher's inputs.", 1...65_536, 16),
            .whole("classes", "Classes of the teacher.", 2...10_000, 10),
            .whole("teacher_width", "Hidden units of the teacher.", 1...65_536, 32),
            .real("sharpness", "Deviation of the teacher's outputs.", 1e-3...1e3, 3, scale: .log),
            .real("label_noise", "Deviation of the label noise of a regression.", 0...1e3, 0.1),
            .seed("teacher_seed", "Names the teacher; all trials of a sweep share it."),
            .path(
                "path",
                "CSV file with the label last, IDX file of images, or CIFAR batches; without it the teacher."),
            .path("labels_path", "IDX file of labels."),
            CIFARFile.formatOption(detected: "IDX or CSV"),
        ] + HyperparameterDescriptor.smoothing,
        metrics: [
            "validation_loss", "validation_error", "certified_radius", "certified_accuracy", "train_loss",
            "tokens", "epochs", "model_size", "loss_floor",
        ],
        conditionalMetrics: .certified, givesPerExampleGradients: true)
}
