/// Square images of bytes with class numbers.
///
/// A byte a number: 50,000 images of 32 x 32 x 3 take 154 MB in this form, and four times as much as `Float`.
struct ImageSet: Sendable, Hashable {
    /// Pixels of a row and of a column.
    var side: Int
    /// Numbers of a pixel.
    var channels: Int
    /// Class numbers are below this.
    var classes: Int
    /// `(images, side, side, channels)`, row-major.
    var pixels: [UInt8] = []
    /// The class of every image.
    var labels: [UInt8] = []

    /// Number of images.
    var count: Int { labels.count }
    /// Numbers of an image.
    var size: Int { side * side * channels }

    /// What each channel's byte stands for once the channel has mean 0 and deviation 1 over some images:
    /// `(256, channels)`, the channel running fastest. A channel with one value only becomes 0.
    ///
    /// - Parameter images: their numbers.
    /// - Returns: the table.
    func normalised(over images: [Int]) -> [Double] {
        var counts = [Int](repeating: 0, count: 256 * channels)
        pixels.withUnsafeBufferPointer { pixels in
            for image in images {
                for j in 0..<size { counts[Int(pixels[image * size + j]) * channels + j % channels] += 1 }
            }
        }
        var levels = [Double](repeating: 0, count: 256 * channels)
        let values = Double(max(1, images.count * side * side))
        for channel in 0..<channels {
            func mean(_ f: (Double) -> Double) -> Double {
                (0..<256).reduce(0) { $0 + Double(counts[$1 * channels + channel]) * f(Double($1)) } / values
            }
            let centre = mean { $0 }
            let deviation = mean { ($0 - centre) * ($0 - centre) }.squareRoot()
            guard deviation > 1e-9 else { continue }
            for value in 0..<256 { levels[value * channels + channel] = (Double(value) - centre) / deviation }
        }
        return levels
    }
}

/// Images from files, a tenth of them kept for validation, every channel brought to mean 0 and deviation 1 over those
/// that are trained on. The bytes are turned into numbers as they are used.
final class ImageSource<Scalar: EngineScalar>: ExampleSource {
    let inputs: Int
    let outputs: Int
    let lossFloor: Double? = nil
    let validationOffset = 0.0
    let validationInputs: [Scalar]
    let validationTargets: [Scalar]
    private let images: ImageSet
    private let levels: [Scalar]
    private var split: RowSplit

    var trainingExamples: Int? { split.training.count }

    func lossFloor(ofFirst count: Int) -> Double? { nil }

    /// - Parameter images: two or more.
    init(_ images: ImageSet) {
        let split = RowSplit(rows: images.count)
        let levels = images.normalised(over: split.training).map { Scalar($0) }
        (inputs, outputs) = (images.size, images.classes)
        var x = [Scalar](repeating: 0, count: split.validation.count * images.size)
        var targets = [Scalar](repeating: 0, count: split.validation.count * images.classes)
        x.withUnsafeMutableBufferPointer { x in
            targets.withUnsafeMutableBufferPointer { targets in
                guard let x = x.baseAddress, let targets = targets.baseAddress else { return }
                for (i, image) in split.validation.enumerated() {
                    Self.draw(
                        image, of: images, levels, x: x + i * images.size,
                        target: targets + i * images.classes)
                }
            }
        }
        (validationInputs, validationTargets) = (x, targets)
        self.images = images
        self.levels = levels
        self.split = split
    }

    func write(
        _ examples: Range<Int>, seed: UInt64, x: UnsafeMutablePointer<Scalar>,
        targets: UnsafeMutablePointer<Scalar>
    ) {
        let training = split.training
        split.forEachPlace(of: examples, seed: seed) { i, place in
            Self.draw(training[place], of: images, levels, x: x + i * inputs, target: targets + i * outputs)
        }
    }

    /// One image and its label.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func draw(
        _ image: Int, of images: ImageSet, _ levels: [Scalar], x: UnsafeMutablePointer<Scalar>,
        target: UnsafeMutablePointer<Scalar>
    ) {
        let channels = images.channels
        images.pixels.withUnsafeBufferPointer { pixels in
            levels.withUnsafeBufferPointer { levels in
                for pixel in 0..<(images.side * images.side) {
                    for i in 0..<channels {
                        let j = pixel * channels + i
                        x[j] = levels[Int(pixels[image * images.size + j]) * channels + i]
                    }
                }
            }
        }
        for k in 0..<images.classes { target[k] = k == Int(images.labels[image]) ? 1 : 0 }
    }
}
