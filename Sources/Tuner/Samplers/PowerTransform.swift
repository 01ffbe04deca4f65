import Foundation

/// Brings values nearer to a normal distribution, then to mean 0 and deviation 1: what a Gaussian process assumes.
///
/// Yeo and Johnson (2000): on standardised y, `((1 + y)^p - 1) / p` above zero and
/// `-((1 - y)^(2 - p) - 1) / (2 - p)` below, with `log` in the limits; p in 0...1 is the likeliest of a grid of 21. A
/// loss that spans decades gets a small p; above 1 it would press the best values together. The order is kept.
struct PowerTransform {
    private let centre: Double
    private let spread: Double
    private let power: Double
    private let mean: Double
    private let deviation: Double

    /// A transform fitted to finite values; the identity up to shift when all are equal.
    init(_ values: [Double]) {
        let largest = max(values.map(abs).max() ?? 1, .leastNormalMagnitude)
        // Halves keep the sum of the squares of huge values finite.
        let scaled = values.map { $0 / largest }
        let moments = Self.moments(scaled)
        centre = moments.mean
        let own = moments.deviation > 1e-14 ? moments.deviation : 1
        spread = own * largest
        let standard = scaled.map { ($0 - moments.mean) / own }
        var best = (power: 1.0, likelihood: -Double.infinity)
        for step in 0...20 {
            let power = Double(step) / 20
            let moved = standard.map { Self.moved($0, power) }
            let variance = pow(Self.moments(moved).deviation, 2)
            let jacobian = standard.reduce(0) { $0 + ($1 < 0 ? -1 : 1) * log1p(abs($1)) } * (power - 1)
            let likelihood = -0.5 * Double(standard.count) * log(max(variance, 1e-300)) + jacobian
            if likelihood > best.likelihood + 1e-12 { best = (power, likelihood) }
        }
        power = moments.deviation > 1e-14 ? best.power : 1
        let final = Self.moments(standard.map { [power] in Self.moved($0, power) })
        mean = final.mean
        deviation = final.deviation > 1e-14 ? final.deviation : 1
        scale = largest
    }

    private let scale: Double

    /// The transformed value.
    func callAsFunction(_ value: Double) -> Double {
        (Self.moved((value / scale - centre) / (spread / scale), power) - mean) / deviation
    }

    private static func moved(_ y: Double, _ power: Double) -> Double {
        if y >= 0 { return abs(power) < 1e-9 ? log1p(y) : (pow(1 + y, power) - 1) / power }
        return abs(2 - power) < 1e-9 ? -log1p(-y) : -(pow(1 - y, 2 - power) - 1) / (2 - power)
    }

    private static func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
        let count = Double(max(values.count, 1))
        let mean = values.reduce(0) { $0 + $1 / count }
        return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / count }).squareRoot())
    }
}
