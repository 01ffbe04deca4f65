import Foundation

/// Images of a few smooth patterns, each at a random place and under noise: a stream without end on which a
/// convolution pays, because a pattern means the same wherever it lies.
///
///     image[y, x, i] = p_class[(y + a) mod S, (x + b) mod S, i] + noise normal,   a, b uniform, class uniform
///
/// A pattern is a sum of plane waves with whole frequencies up to 3 and Gaussian amplitudes, scaled to mean square
/// one; it has no edge, so the places are all alike. The best loss is not known; it falls to zero with the noise.
final class PatternSource<Scalar: EngineScalar>: ExampleSource {
    let inputs: Int
    let outputs: Int
    let trainingExamples: Int? = nil
    let lossFloor: Double? = nil
    let validationOffset = 0.0
    let validationInputs: [Scalar]
    let validationTargets: [Scalar]
    private let side: Int
    private let channels: Int
    private let noise: Double
    private let patterns: [Scalar]

    private static var validationRows: Int { 2_048 }

    /// - Parameters:
    ///   - side: pixels of a row and of a column.
    ///   - channels: numbers of a pixel.
    ///   - classes: patterns.
    ///   - noise: deviation of the noise of each number; the patterns' is 1.
    ///   - seed: names the patterns; the same for all trials of a sweep.
    init(side: Int, channels: Int, classes: Int, noise: Double, seed: UInt64) {
        (inputs, outputs) = (side * side * channels, classes)
        (self.side, self.channels, self.noise) = (side, channels, noise)
        var generator = SplitMix64(SeedPurpose.structure.seed(from: seed))
        patterns = (0..<classes).flatMap { _ in
            Self.pattern(side: side, channels: channels, &generator).map { Scalar($0) }
        }
        var x = [Scalar](repeating: 0, count: Self.validationRows * inputs)
        var targets = [Scalar](repeating: 0, count: Self.validationRows * classes)
        let stream = SeedPurpose.validation.seed(from: seed)
        let (patterns, pixels) = (self.patterns, inputs)
        x.withUnsafeMutableBufferPointer { x in
            targets.withUnsafeMutableBufferPointer { targets in
                guard let x = x.baseAddress, let targets = targets.baseAddress else { return }
                for row in 0..<Self.validationRows {
                    var generator = SplitMix64.stream(stream, row)
                    Self.draw(
                        patterns, side: side, channels: channels, classes: classes, noise: noise, &generator,
                        x: x + row * pixels, target: targets + row * classes)
                }
            }
        }
        validationInputs = x
        validationTargets = targets
    }

    func lossFloor(ofFirst count: Int) -> Double? { nil }

    func write(
        _ examples: Range<Int>, seed: UInt64, x: UnsafeMutablePointer<Scalar>,
        targets: UnsafeMutablePointer<Scalar>
    ) {
        for (row, n) in examples.enumerated() {
            var generator = SplitMix64.stream(seed, n)
            Self.draw(
                patterns, side: side, channels: channels, classes: outputs, noise: noise, &generator,
                x: x + row * inputs, target: targets + row * outputs)
        }
    }

    /// One image and its label.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func draw(
        _ patterns: [Scalar], side: Int, channels: Int, classes: Int, noise: Double,
        _ generator: inout SplitMix64, x: UnsafeMutablePointer<Scalar>, target: UnsafeMutablePointer<Scalar>
    ) {
        let label = generator.index(classes)
        let (down, right) = (generator.index(side), generator.index(side))
        for k in 0..<classes { target[k] = k == label ? 1 : 0 }
        patterns.withUnsafeBufferPointer { patterns in
            for y in 0..<side {
                let row = ((label * side + (y + down) % side) * side) * channels
                for j in 0..<side {
                    let from = row + (j + right) % side * channels
                    for i in 0..<channels {
                        x[(y * side + j) * channels + i] =
                            patterns[from + i] + Scalar(noise * generator.normal())
                    }
                }
            }
        }
    }

    /// A sum of plane waves `amplitude cos(2 pi (u y + v x) / side + phase)`, mean square one.
    private static func pattern(side: Int, channels: Int, _ generator: inout SplitMix64) -> [Double] {
        var values = [Double](repeating: 0, count: side * side * channels)
        for i in 0..<channels {
            for u in 0...3 {
                for v in -3...3 where u > 0 || v > 0 {
                    let amplitude = generator.normal()
                    let phase = 2 * Double.pi * generator.uniform()
                    for y in 0..<side {
                        for x in 0..<side {
                            let angle = 2 * Double.pi * Double(u * y + v * x) / Double(side) + phase
                            values[(y * side + x) * channels + i] += amplitude * cos(angle)
                        }
                    }
                }
            }
        }
        let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
        return values.map { $0 / max(square, 1e-12).squareRoot() }
    }
}
