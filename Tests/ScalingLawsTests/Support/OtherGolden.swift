import Foundation
import TestSupport

/// A file of `Golden/other`.
func otherGolden<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: goldenData("other/\(name).json", in: .module))
}

/// Whether two numbers agree to a relative tolerance.
func agree(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
    abs(a - b) <= tolerance * abs(b) || a == b
}

/// Slope of the least-squares line through the logarithms.
func logSlope(_ x: [Double], _ y: [Double]) -> Double {
    let u = x.map { log($0) }, v = y.map { log($0) }
    let n = Double(x.count)
    let meanU = u.reduce(0, +) / n, meanV = v.reduce(0, +) / n
    let top = zip(u, v).map { ($0 - meanU) * ($1 - meanV) }.reduce(0, +)
    return top / u.map { ($0 - meanU) * ($0 - meanU) }.reduce(0, +)
}

/// The minimum of a unimodal function of a positive number, by golden section in its logarithm.
func logMinimum(_ low: Double, _ high: Double, _ function: (Double) -> Double) -> Double {
    let ratio = (5.0.squareRoot() - 1) / 2
    var a = log(low), b = log(high)
    var c = b - ratio * (b - a), d = a + ratio * (b - a)
    var atC = function(exp(c)), atD = function(exp(d))
    while b - a > 1e-9 {
        if atC < atD {
            (b, d, atD) = (d, c, atC)
            c = b - ratio * (b - a)
            atC = function(exp(c))
        } else {
            (a, c, atC) = (c, d, atD)
            d = a + ratio * (b - a)
            atD = function(exp(d))
        }
    }
    return exp((a + b) / 2)
}
