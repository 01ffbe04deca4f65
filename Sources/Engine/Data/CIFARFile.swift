import Foundation

/// Reads the binary version of the CIFAR sets: records without a header, each one or two bytes of labels and then
/// 32 x 32 pixels, all red ones first, then the green and the blue ones, rows from the top.
///
/// Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
enum CIFARFile {
    /// Which set, and which of its labels.
    enum Format: String, CaseIterable, Sendable {
        /// One label of ten.
        case ten = "cifar-10"
        /// The second of two labels, one of a hundred.
        case hundred = "cifar-100"
        /// The first of two labels, one of twenty groups of classes.
        case coarse = "cifar-100-coarse"

        fileprivate var labelBytes: Int { self == .ten ? 1 : 2 }
        fileprivate var labelPlace: Int { self == .hundred ? 1 : 0 }
        /// Labels are below this.
        var classes: Int {
            switch self {
            case .ten: 10
            case .hundred: 100
            case .coarse: 20
            }
        }
        /// Bytes of an image with its labels.
        fileprivate var record: Int { labelBytes + CIFARFile.side * CIFARFile.side * CIFARFile.channels }
    }

    fileprivate static let side = 32
    fileprivate static let channels = 3

    /// Reads a batch file, or every batch of a folder.
    ///
    /// - Parameters:
    ///   - path: a file, or a folder whose `.bin` files are read in the order of their names. Those that begin with
    ///     `test` are left out, because a sweep that chooses by the test set no longer has one.
    ///   - format: the set and its labels.
    /// - Returns: the images, channels last.
    /// - Throws: `EngineError` when nothing is found, a file is not a whole number of records, or a label is not
    ///   one of the set's.
    static func read(_ path: String, _ format: Format) throws -> ImageSet {
        var images = ImageSet(side: side, channels: channels, classes: format.classes)
        for file in try batches(path) {
            let data = try DataFile.contents(file)
            try check(data, file, format)
            guard images.pixels.count + data.count <= LabelledTable.largest else {
                throw EngineError.badData(path, "is too large: more than \(LabelledTable.largest) bytes")
            }
            try append(data, of: file, format, to: &images)
        }
        guard images.count >= 2 else { throw EngineError.badData(path, "holds one image only") }
        return images
    }

    private static func batches(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw DataFile.missing(path)
        }
        guard isFolder.boolValue else { return [path] }
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        let batches = names.filter { $0.hasSuffix(".bin") && !$0.hasPrefix(".") && !$0.hasPrefix("test") }
        guard !batches.isEmpty else {
            throw EngineError.badData(
                path, "holds no batches",
                why: "they are files such as data_batch_1.bin or train.bin; those named test... are left out",
                help: "unpack the binary version of the set and name the folder with its .bin files")
        }
        return batches.map { path + "/" + $0 }
    }

    private static func check(_ data: Data, _ path: String, _ format: Format) throws {
        guard !data.isEmpty else { throw EngineError.badData(path, "is empty") }
        guard data.count % format.record != 0 else { return }
        let other = Format.allCases.first { data.count % $0.record == 0 }
        throw EngineError.badData(
            path,
            "has \(data.count) bytes, which is no whole number of '\(format.rawValue)' images of \(format.record) bytes",
            why: other.map { "it is one of '\($0.rawValue)' images of \($0.record) bytes" }
                ?? "\(data.count % format.record) bytes are left after \(data.count / format.record) images",
            help: other.map { "write 'format: \($0.rawValue)'" }
                ?? "the file was cut short, or is not of the binary version of the set: fetch it again")
    }

    private static func append(
        _ data: Data, of path: String, _ format: Format, to images: inout ImageSet
    ) throws {
        let plane = side * side
        let count = data.count / format.record
        images.pixels.reserveCapacity(images.pixels.count + count * plane * channels)
        try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            for i in 0..<count {
                let start = i * format.record
                let label = bytes[start + format.labelPlace]
                guard Int(label) < format.classes else {
                    throw EngineError.badData(
                        path, "image \(i + 1) has the label \(label)",
                        why: "labels of '\(format.rawValue)' are 0 to \(format.classes - 1)",
                        help: "is the file of another set, or damaged?")
                }
                images.labels.append(label)
                for pixel in 0..<plane {
                    for channel in 0..<channels {
                        images.pixels.append(bytes[start + format.labelBytes + channel * plane + pixel])
                    }
                }
            }
        }
    }
}

extension CIFARFile {
    /// The images a workload's options ask for, or `nil` when its `format` is not one of these.
    ///
    /// - Parameter options: with `path`, `labels_path` and `format`.
    /// - Returns: the images, or `nil`.
    /// - Throws: `EngineError` when the options contradict each other or a file cannot be read.
    static func images(_ options: WorkloadOptions) throws -> ImageSet? {
        guard let name = options.text("format"), let format = Format(rawValue: name) else { return nil }
        guard let path = options.text("path") else {
            throw EngineError.badOption(
                "'format: \(name)' comes without a path",
                help: "name a batch file or their folder with 'path'")
        }
        if let labels = options.text("labels_path") {
            throw EngineError.badOption(
                "'\(labels)' is given as labels of '\(name)' images", why: "their files hold the labels, too",
                help: "leave 'labels_path' out")
        }
        return try read(path, format)
    }

    /// The option that names the form of a file.
    ///
    /// - Parameter detected: what is read when it is not given.
    /// - Returns: the option `format`.
    static func formatOption(detected: String) -> HyperparameterDescriptor {
        .choice(
            "format", "What the file is: detected (\(detected)), or a batch or folder of CIFAR images.",
            ["detected"] + Format.allCases.map(\.rawValue))
    }
}
