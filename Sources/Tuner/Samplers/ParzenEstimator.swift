import Engine
import Foundation

/// A density over a space: one product kernel around every point, and the uniform-like prior as one more.
///
/// In coordinates of 0...1, per axis:
///
/// - numbers: a normal distribution cut to 0...1 around the point; for whole numbers its mass on the value's interval;
/// - categories: the point's own choice with weight `1 + 1/n`, the others with `1/n`, n the count of kernels;
/// - an axis that does not exist at the point: uniform.
///
/// `Smoothing` says how wide the kernels are.
struct ParzenEstimator {
    /// What a kernel is on one axis.
    private enum Shape {
        case number
        /// Owns an interval of this width.
        case whole(cell: Double)
        case category(Int)
    }

    private let shapes: [Shape]
    private let count: Int
    /// By axis, kernel fastest: centres, widths (0: uniform there), and `log` of what makes the kernel one on 0...1.
    private var centres: [Double]
    private var widths: [Double]
    private var logMasses: [Double]
    /// `log` of weight over normalisation, by kernel.
    private var logWeights: [Double]
    private var cumulative: [Double]
    private let dimension: Int

    /// An estimator with one kernel for each point, `weights` positive, and one of weight `priorWeight` for the prior.
    init(
        _ points: [SamplerPoint], weights: [Double], priorWeight: Double, space: SamplerSpace,
        smoothing: Smoothing
    ) {
        dimension = space.axes.count
        count = points.count + 1
        shapes = space.axes.map { axis in
            if let categories = axis.categories { return .category(categories) }
            return axis.count.map { .whole(cell: 1 / Double($0)) } ?? .number
        }
        centres = [Double](repeating: 0.5, count: count * dimension)
        widths = [Double](repeating: 0, count: count * dimension)
        logMasses = widths
        let total = weights.reduce(0, +) + priorWeight
        logWeights = weights.map { log($0 / total) } + [log(priorWeight / total)]
        cumulative = []
        var sum = 0.0
        for weight in weights + [priorWeight] {
            sum += weight / total
            cumulative.append(sum)
        }
        for axis in 0..<dimension { place(points, on: axis, smoothing) }
    }

    /// How wide a kernel of a number is: `share` of what `rule` gives, not below `1 / min(100, (n + 1)^exponent)`, n
    /// the count of kernels, which keeps crowded points from becoming spikes ("magic clipping"), nor above 1
    /// (Bergstra, Bardenet, Bengio, Kegl 2011; parts compared in Watanabe 2023, arXiv:2304.11127).
    struct Smoothing {
        /// What a width is taken from.
        enum Rule {
            /// The larger distance to the two neighbours on the axis; the outermost points have one.
            case neighbours
            /// `s m^(-1/(d + 4))`, s the standard deviation of the m points on the axis, d the count of axes (Scott
            /// 1992, "Multivariate Density Estimation"): widths shrink with the region that the points are in.
            case spread
        }

        var rule = Rule.neighbours
        var share = 1.0
        var exponent = 1.0

        /// The widths of sorted positions on an axis.
        func widths(_ positions: [Double], axes: Int, kernels: Int) -> [Double] {
            let least = 1 / min(100, pow(Double(kernels) + 1, exponent))
            return raw(positions, axes: axes).map { min(max(share * $0, least), 1) }
        }

        private func raw(_ positions: [Double], axes: Int) -> [Double] {
            let count = positions.count
            switch rule {
            case .neighbours:
                return positions.enumerated().map { place, own in
                    if count == 1 { return max(own, 1 - own) }
                    let below = place > 0 ? own - positions[place - 1] : 0
                    let above = place + 1 < count ? positions[place + 1] - own : 0
                    return max(below, above)
                }
            case .spread:
                guard count > 1 else { return positions.map { _ in 1 } }
                let mean = positions.reduce(0, +) / Double(count)
                let squares = positions.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                let deviation = (squares / Double(count - 1)).squareRoot()
                let width = deviation * pow(Double(count), -1 / (Double(axes) + 4))
                return [Double](repeating: width, count: count)
            }
        }
    }

    /// Centres, widths and normalisation of one axis.
    private mutating func place(_ points: [SamplerPoint], on axis: Int, _ smoothing: Smoothing) {
        let start = axis * count
        if case .category = shapes[axis] {
            for (index, point) in points.enumerated() where point.isActive[axis] {
                centres[start + index] = point.coordinates[axis]
                widths[start + index] = 1
            }
            return
        }
        var present: [(at: Double, index: Int)] = []
        present.reserveCapacity(points.count)
        for (index, point) in points.enumerated() where point.isActive[axis] {
            present.append((point.coordinates[axis], index))
        }
        present.sort { $0.at < $1.at || $0.at == $1.at && $0.index < $1.index }
        let wide = smoothing.widths(present.map(\.at), axes: dimension, kernels: count)
        for (own, width) in zip(present, wide) {
            centres[start + own.index] = own.at
            widths[start + own.index] = width
        }
        // The prior.
        widths[start + points.count] = 1
        for kernel in 0..<count where widths[start + kernel] > 0 {
            let width = widths[start + kernel]
            var logMass = log(Self.mass(centres[start + kernel], width, 0, 1))
            if case .number = shapes[axis] { logMass += log(width) + Self.logRootTwoPi }
            logMasses[start + kernel] = logMass
            logWeights[kernel] -= logMass
        }
    }

    /// One draw.
    func sample(_ generator: inout SplitMix64) -> [Double] {
        let chosen = generator.uniform()
        let kernel = min(cumulative.firstIndex { chosen < $0 } ?? count - 1, count - 1)
        return (0..<dimension).map { axis in
            let centre = centres[axis * count + kernel], width = widths[axis * count + kernel]
            let uniform = generator.uniform()
            guard width > 0 else { return uniform }
            switch shapes[axis] {
            case .number, .whole:
                return Self.truncatedNormal(centre, width, uniform)
            case .category(let categories):
                // Own choice with probability (1 + 1/n) / (1 + categories/n).
                let smoothing = 1 / Double(count), total = 1 + Double(categories) * smoothing
                if uniform * total < 1 { return centre }
                let other = min(categories - 1, Int((uniform * total - 1) / smoothing))
                return (Double(other) + 0.5) / Double(categories)
            }
        }
    }

    /// `log` of the density at settled points.
    func logDensities(_ points: [SamplerPoint]) -> [Double] {
        // Of normal kernels only the slope of the square is needed; 0 where a kernel is uniform.
        let steepness = widths.map { $0 > 0 ? -0.5 / ($0 * $0) : 0 }
        var terms = logWeights
        return points.map { point in
            for kernel in 0..<count { terms[kernel] = logWeights[kernel] }
            for axis in 0..<dimension {
                if point.isActive[axis] {
                    add(axis, point.coordinates[axis], steepness, to: &terms)
                } else {
                    // A kernel that has the axis integrates to one over it: take its normalisation back.
                    for kernel in 0..<count { terms[kernel] += logMasses[axis * count + kernel] }
                }
            }
            let largest = terms.max() ?? 0
            // Kernels that add less than the last bit of the sum are left out: most of them, in several dimensions.
            var sum = 0.0
            for term in terms where term > largest - 40 { sum += exp(term - largest) }
            return largest + log(sum)
        }
    }

    /// Adds the logarithms of all kernels of one axis at a coordinate.
    private func add(_ axis: Int, _ x: Double, _ steepness: [Double], to terms: inout [Double]) {
        let start = axis * count
        switch shapes[axis] {
        case .number:
            centres.withUnsafeBufferPointer { centres in
                steepness.withUnsafeBufferPointer { steepness in
                    terms.withUnsafeMutableBufferPointer { terms in
                        for kernel in 0..<terms.count {
                            let away = x - centres[start + kernel]
                            terms[kernel] += steepness[start + kernel] * away * away
                        }
                    }
                }
            }
        case .whole(let cell):
            for kernel in 0..<count where widths[start + kernel] > 0 {
                let mass = Self.mass(
                    centres[start + kernel], widths[start + kernel], max(0, x - cell / 2),
                    min(1, x + cell / 2))
                terms[kernel] += log(max(1e-300, mass / cell))
            }
        case .category(let categories):
            let smoothing = 1 / Double(count), total = 1 + Double(categories) * smoothing
            let own = log((1 + smoothing) / total * Double(categories))
            let other = log(smoothing / total * Double(categories))
            for kernel in 0..<count where widths[start + kernel] > 0 {
                let isOwn = abs(x - centres[start + kernel]) * Double(categories) < 0.5
                terms[kernel] += isOwn ? own : other
            }
        }
    }

    private static let logRootTwoPi = 0.918_938_533_204_672_7

    /// Mass of a normal distribution between two numbers.
    private static func mass(_ centre: Double, _ width: Double, _ low: Double, _ high: Double) -> Double {
        let scale = 1 / (width * 2.0.squareRoot())
        return 0.5 * (erf((high - centre) * scale) - erf((low - centre) * scale))
    }

    /// A draw from a normal distribution cut to 0...1, by inverting its distribution function.
    private static func truncatedNormal(_ centre: Double, _ width: Double, _ uniform: Double) -> Double {
        let scale = 1 / (width * 2.0.squareRoot())
        let low = 0.5 * erfc((centre) * scale), high = 0.5 * erfc((centre - 1) * scale)
        let at = low + uniform * (high - low)
        return min(max(centre + width * NormalQuantile.value(at), 0), 1)
    }
}
