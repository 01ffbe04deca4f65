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
/// The width of a kernel is a share of the larger distance to its two neighbours on the axis, not below
/// `1 / min(100, (n + 1)^exponent)`, which keeps crowded points from becoming spikes ("magic clipping"), nor above 1
/// (Bergstra, Bardenet, Bengio, Kegl 2011; parts compared in Watanabe 2023, arXiv:2304.11127).
struct ParzenEstimator {
    /// What a kernel is on one axis.
    private enum Shape {
        case number(cell: Double)
        case category(Int)
    }

    private let shapes: [Shape]
    private let count: Int
    /// Centres and widths by kernel and axis, row-major; width 0: uniform there.
    private var centres: [Double]
    private var widths: [Double]
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
            return .number(cell: axis.count.map { Self.cell(axis, $0) } ?? 0)
        }
        centres = [Double](repeating: 0.5, count: count * dimension)
        widths = [Double](repeating: 0, count: count * dimension)
        for axis in 0..<dimension {
            let present = points.indices.filter { points[$0].isActive[axis] }
            for index in present { centres[index * dimension + axis] = points[index].coordinates[axis] }
            if case .category = shapes[axis] {
                for index in present { widths[index * dimension + axis] = 1 }
                continue
            }
            let sorted = present.sorted {
                (points[$0].coordinates[axis], $0) < (points[$1].coordinates[axis], $1)
            }
            for (place, index) in sorted.enumerated() {
                let own = points[index].coordinates[axis]
                let below = place > 0 ? points[sorted[place - 1]].coordinates[axis] : 0
                let above = place + 1 < sorted.count ? points[sorted[place + 1]].coordinates[axis] : 1
                var width = max(own - below, above - own)
                if sorted.count > 1, !smoothing.considersEnds {
                    if place == 0 { width = above - own }
                    if place == sorted.count - 1 { width = own - below }
                }
                widths[index * dimension + axis] = smoothing.clip(width, count: count)
            }
            widths[points.count * dimension + axis] = 1
        }
        let total = weights.reduce(0, +) + priorWeight
        cumulative = []
        logWeights = []
        var sum = 0.0
        for index in 0..<count {
            let weight = (index < points.count ? weights[index] : priorWeight) / total
            sum += weight
            cumulative.append(sum)
            var logWeight = log(weight)
            for axis in 0..<dimension {
                let width = widths[index * dimension + axis]
                guard case .number(let cell) = shapes[axis], width > 0 else { continue }
                logWeight -= log(Self.mass(centres[index * dimension + axis], width, 0, 1))
                if cell == 0 { logWeight -= log(width) + 0.918_938_533_204_672_7 }
            }
            logWeights.append(logWeight)
        }
    }

    /// The width rule.
    struct Smoothing {
        /// Whether the ends of the axis count as neighbours of the outermost points.
        var considersEnds: Bool
        /// Share of the distance to the neighbours that is the width.
        var share = 1.0
        /// The smallest width is `1 / min(100, (n + 1)^exponent)`, n the count of kernels.
        var exponent = 1.0

        func clip(_ width: Double, count: Int) -> Double {
            min(max(share * width, 1 / min(100, pow(Double(count) + 1, exponent))), 1)
        }
    }

    /// One draw.
    func sample(_ generator: inout SplitMix64) -> [Double] {
        let chosen = generator.uniform()
        let kernel = min(cumulative.firstIndex { chosen < $0 } ?? count - 1, count - 1)
        return (0..<dimension).map { axis in
            let centre = centres[kernel * dimension + axis], width = widths[kernel * dimension + axis]
            let uniform = generator.uniform()
            guard width > 0 else { return uniform }
            switch shapes[axis] {
            case .number:
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
        points.map { point in
            var terms = logWeights
            for axis in 0..<dimension where point.isActive[axis] {
                let x = point.coordinates[axis]
                switch shapes[axis] {
                case .number(let cell) where cell == 0:
                    centres.withUnsafeBufferPointer { centres in
                        widths.withUnsafeBufferPointer { widths in
                            for kernel in 0..<count {
                                let width = widths[kernel * dimension + axis]
                                guard width > 0 else { continue }
                                let z = (x - centres[kernel * dimension + axis]) / width
                                terms[kernel] -= 0.5 * z * z
                            }
                        }
                    }
                case .number(let cell):
                    for kernel in 0..<count {
                        let width = widths[kernel * dimension + axis]
                        let centre = centres[kernel * dimension + axis]
                        guard width > 0 else { continue }
                        terms[kernel] += log(
                            max(
                                1e-300,
                                Self.mass(centre, width, max(0, x - cell / 2), min(1, x + cell / 2)) / cell))
                    }
                case .category(let categories):
                    let smoothing = 1 / Double(count), total = 1 + Double(categories) * smoothing
                    for kernel in 0..<count where widths[kernel * dimension + axis] > 0 {
                        let isOwn = abs(x - centres[kernel * dimension + axis]) * Double(categories) < 0.5
                        terms[kernel] += log(((isOwn ? 1 : 0) + smoothing) / total * Double(categories))
                    }
                }
            }
            // An axis that a kernel has and the candidate has not integrates to one: take its normalisation back.
            for axis in 0..<dimension where !point.isActive[axis] {
                guard case .number(let cell) = shapes[axis] else { continue }
                for kernel in 0..<count {
                    let width = widths[kernel * dimension + axis]
                    guard width > 0 else { continue }
                    terms[kernel] += log(Self.mass(centres[kernel * dimension + axis], width, 0, 1))
                    if cell == 0 { terms[kernel] += log(width) + 0.918_938_533_204_672_7 }
                }
            }
            let largest = terms.max() ?? 0
            // Kernels that add less than the last bit of the sum are left out: most of them, in several dimensions.
            var sum = 0.0
            for term in terms where term > largest - 40 { sum += exp(term - largest) }
            return largest + log(sum)
        }
    }

    /// Width of the interval a whole number or ordered choice owns, as an average on a bent scale.
    private static func cell(_ axis: SamplerAxis, _ count: Int) -> Double { 1 / Double(count) }

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

/// Inverse of the standard normal distribution function.
enum NormalQuantile {
    /// The x with `Phi(x) = p`; relative error below 1e-9 by a rational start (Acklam 2003) and one step of Halley.
    static func value(_ p: Double) -> Double {
        guard p > 0 else { return -.infinity }
        guard p < 1 else { return .infinity }
        let a = [
            -3.969_683_028_665_376e+01, 2.209_460_984_245_205e+02, -2.759_285_104_469_687e+02,
            1.383_577_518_672_690e+02, -3.066_479_806_614_716e+01, 2.506_628_277_459_239e+00,
        ]
        let b = [
            -5.447_609_879_822_406e+01, 1.615_858_368_580_409e+02, -1.556_989_798_598_866e+02,
            6.680_131_188_771_972e+01, -1.328_068_155_288_572e+01, 1,
        ]
        let c = [
            -7.784_894_002_430_293e-03, -3.223_964_580_411_365e-01, -2.400_758_277_161_838e+00,
            -2.549_732_539_343_734e+00, 4.374_664_141_464_968e+00, 2.938_163_982_698_783e+00,
        ]
        let d = [
            7.784_695_709_041_462e-03, 3.224_671_290_700_398e-01, 2.445_134_137_142_996e+00,
            3.754_408_661_907_416e+00, 1,
        ]
        func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
            coefficients.reduce(0) { $0 * x + $1 }
        }
        let tail = min(p, 1 - p)
        var x: Double
        if tail < 0.02425 {
            let q = (-2 * log(tail)).squareRoot()
            x = polynomial(c, q) / polynomial(d, q) * (p < 0.5 ? 1 : -1)
        } else {
            let q = p - 0.5, r = q * q
            x = polynomial(a, r) * q / polynomial(b, r)
        }
        let error = 0.5 * erfc(-x / 2.0.squareRoot()) - p
        let step = error * (2 * Double.pi).squareRoot() * exp(x * x / 2)
        x -= step / (1 + x * step / 2)
        return x
    }
}
