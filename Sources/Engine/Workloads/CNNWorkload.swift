/// `cnn`: a small convolutional network on patterns at random places, or on a file of images.
extension LabelledWorkload {
    /// Makes the workload of the options.
    static func cnn(_ options: WorkloadOptions) throws -> LabelledWorkload {
        var side = options.integer("image_side")
        var channels = options.integer("image_channels")
        let source: any ExampleSource<Scalar>
        if let images = try CIFARFile.images(options) {
            (side, channels) = (images.side, images.channels)
            source = ImageSource(images)
        } else if let path = options.text("path") {
            guard let labels = options.text("labels_path") else {
                throw EngineError.badOption(
                    "'\(path)' comes without labels", help: "name their IDX file with 'labels_path'")
            }
            var table = try IDXFile.read(images: path, labels: labels)
            guard table.rows >= 2 else { throw EngineError.badData(path, "holds one example only") }
            (side, channels) = (Int(Double(table.columns).squareRoot().rounded()), 1)
            guard side * side == table.columns else {
                throw EngineError.badData(
                    path, "has images of \(table.columns) numbers", why: "they must be square, one channel")
            }
            let classes = try table.numberClasses(path: path)
            source = TableSource(table, outputs: classes, oneHot: true, standardised: false)
        } else {
            source = PatternSource(
                side: side, channels: channels, classes: options.integer("classes"),
                noise: options.real("noise"), seed: options.seed("pattern_seed"))
        }
        guard side % 4 == 0 else {
            throw EngineError.badOption(
                "images of \(side) x \(side)", why: "they are halved twice, so the side is a multiple of 4")
        }
        let model = ConvolutionalNetwork<Scalar>(
            .init(
                side: side, channels: channels, filters: options.integer("filters"), outputs: source.outputs))
        return LabelledWorkload(
            source: source, kind: .softmax, model: model, smoothing: try Smoothing(options, classifies: true))
    }
}

extension WorkloadDescriptor {
    static let cnn = WorkloadDescriptor(
        name: "cnn",
        summary:
            "Two convolutions, pooling and a head, on patterns at random places, an IDX file of images, or CIFAR.",
        options: [
            .whole(
                "filters", "Channels of the first convolution; the second has twice as many.", 1...1024, 16),
            .whole("image_side", "Pixels of a side, a multiple of 4.", 4...256, 16, unit: "pixels"),
            .whole("image_channels", "Numbers of a pixel.", 1...64, 1),
            .whole("classes", "Patterns.", 2...1_000, 10),
            .real("noise", "Deviation of each pixel's noise; the patterns' own is 1.", 0...100, 1),
            .seed("pattern_seed", "Names the patterns; all trials of a sweep share it."),
            .path("path", "IDX file of square images, or CIFAR batches; without it the patterns."),
            .path("labels_path", "IDX file of labels."),
            CIFARFile.formatOption(detected: "IDX"),
        ] + HyperparameterDescriptor.smoothing,
        metrics: [
            "validation_loss", "validation_error", "certified_radius", "certified_accuracy", "train_loss",
            "tokens", "epochs", "model_size",
        ],
        conditionalMetrics: .certified, givesPerExampleGradients: true)
}
