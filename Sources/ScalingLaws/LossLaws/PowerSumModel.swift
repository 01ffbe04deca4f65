import Foundation

/// The model all loss laws share, in centred logarithms:
///
///     p_i = E + a exp(-alpha x_i) + b exp(-beta z_i),     r_i = log p_i - y_i
///     F(E, a, b, alpha, beta) = sum_i w_i huber(r_i)
///     huber(r) = r^2/2 for |r| <= delta,  delta (|r| - delta/2) beyond
///
/// x and z are logarithms of the two variables less their means, y is the logarithm of the loss less its
/// mean, so that every parameter is of order one, a and b are the terms at the typical run, and a and alpha
/// hardly correlate. A law with one term has no z.
///
/// Derivatives are exact. With `g = grad p / p`: `grad r = g`, `hess r = hess p / p - g g'`, and the only
/// second derivatives of p that are not zero are those within (a, alpha) and (b, beta).
struct PowerSumModel {
    /// Positions in a parameter vector; the last three lanes are unused.
    enum Slot {
        static let floor = 0
        static let first = 1
        static let second = 2
        static let firstExponent = 3
        static let secondExponent = 4
        static let count = 5
    }

    typealias Vector = SIMD8<Double>

    var x: [Double]
    /// Empty for a law with one term.
    var z: [Double]
    var y: [Double]
    var weights: [Double]
    /// Where the Huber loss turns linear.
    var delta: Double
    /// Whether E may differ from 0.
    var hasFloor: Bool

    /// Exponents are searched in this range: below, a power law is a constant to any data; above, a term is
    /// seen in the smallest runs alone.
    static let exponentRange = 0.002...4.0

    var hasSecond: Bool { !z.isEmpty }
    var totalWeight: Double { weights.reduce(0, +) }

    /// Value and derivatives at a point.
    struct Local {
        var value = 0.0
        var gradient = Vector.zero
        /// Columns of the Hessian.
        var hessian = [Vector](repeating: .zero, count: Slot.count)
        /// Diagonal of the majorising Gauss-Newton matrix, for damping; positive where the data see a
        /// parameter.
        var metric = Vector.zero
    }

    /// The value alone; infinite where the model is not positive.
    func value(_ point: Vector) -> Double {
        var sum = 0.0
        for i in y.indices {
            let r: Double = log(prediction(point, i)) - y[i]
            let size: Double = abs(r)
            sum += weights[i] * (size <= delta ? 0.5 * r * r : delta * (size - 0.5 * delta))
        }
        return sum.isNaN ? .infinity : sum
    }

    /// `log p_i - y_i` of every row.
    func residuals(_ point: Vector) -> [Double] {
        y.indices.map { log(prediction(point, $0)) - y[$0] }
    }

    private func prediction(_ point: Vector, _ i: Int) -> Double {
        var p: Double = point[Slot.floor] + point[Slot.first] * exp(-point[Slot.firstExponent] * x[i])
        if hasSecond { p += point[Slot.second] * exp(-point[Slot.secondExponent] * z[i]) }
        return p
    }

    /// Value, gradient and Hessian.
    func local(_ point: Vector) -> Local {
        let (floor, a, b) = (point[Slot.floor], point[Slot.first], point[Slot.second])
        let (alpha, beta) = (point[Slot.firstExponent], point[Slot.secondExponent])
        var value = 0.0
        var gradient = Vector.zero
        var metric = Vector.zero
        var (h0, h1, h2, h3, h4) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero, Vector.zero)
        // Second derivatives of p: (a, alpha), (alpha, alpha), (b, beta), (beta, beta).
        var bend = SIMD4<Double>.zero
        let two = hasSecond
        x.withUnsafeBufferPointer { x in
            z.withUnsafeBufferPointer { z in
                y.withUnsafeBufferPointer { y in
                    weights.withUnsafeBufferPointer { w in
                        for i in 0..<y.count {
                            let xi: Double = x[i]
                            let u: Double = exp(-alpha * xi)
                            let zi: Double = two ? z[i] : 0
                            let v: Double = two ? exp(-beta * zi) : 0
                            let p: Double = floor + a * u + b * v
                            let r: Double = log(p) - y[i]
                            let size: Double = abs(r)
                            let inside: Bool = size <= delta
                            let slope: Double = inside ? r : (r > 0 ? delta : -delta)
                            value += w[i] * (inside ? 0.5 * r * r : delta * (size - 0.5 * delta))
                            let inverse: Double = 1 / p
                            let slopes = Vector(1, u, v, -a * u * xi, -b * v * zi, 0, 0, 0)
                            let g: Vector = slopes * inverse
                            let force: Double = w[i] * slope
                            gradient += force * g
                            metric += (inside ? w[i] : w[i] * delta / size) * g * g
                            let curvature: Double = (inside ? w[i] : 0) - force
                            let scaled = curvature * g
                            h0 += g[0] * scaled
                            h1 += g[1] * scaled
                            h2 += g[2] * scaled
                            h3 += g[3] * scaled
                            h4 += g[4] * scaled
                            let pull: Double = force * inverse
                            let (du, dv): (Double, Double) = (-u * xi, -v * zi)
                            let second = SIMD4<Double>(du, -a * du * xi, dv, -b * dv * zi)
                            bend += pull * second
                        }
                    }
                }
            }
        }
        h1[3] += bend[0]
        h3[1] += bend[0]
        h3[3] += bend[1]
        h2[4] += bend[2]
        h4[2] += bend[2]
        h4[4] += bend[3]
        return Local(
            value: value.isNaN ? .infinity : value, gradient: gradient, hessian: [h0, h1, h2, h3, h4],
            metric: metric)
    }

    /// The same model on a resample: row i counted `counts[i]` times.
    func resampled(_ counts: [Double]) -> PowerSumModel {
        var result = PowerSumModel(x: [], z: [], y: [], weights: [], delta: delta, hasFloor: hasFloor)
        for i in counts.indices where counts[i] > 0 {
            result.x.append(x[i])
            if hasSecond { result.z.append(z[i]) }
            result.y.append(y[i])
            result.weights.append(weights[i] * counts[i])
        }
        return result
    }
}
