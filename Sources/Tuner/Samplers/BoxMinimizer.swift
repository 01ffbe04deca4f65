import Foundation

/// Minimises a smooth function in a box: projected steps along limited-memory quasi-Newton directions.
///
/// Coordinates at a bound whose gradient points outwards are held; on the others the direction is that of L-BFGS with
/// the pairs restricted to them (Nocedal and Wright 2006, algorithm 7.4), and the step is halved until the projected
/// point decreases enough. Enough for a handful of coordinates; it finds the minimum whose basin the start is in.
struct BoxMinimizer {
    /// Most directions.
    var iterations = 60
    /// Pairs kept.
    var memory = 8
    /// Ends when no free coordinate's slope is larger.
    var tolerance = 1e-5

    /// A minimum.
    ///
    /// - Parameters:
    ///   - start: within the bounds.
    ///   - bounds: of every coordinate.
    ///   - function: value and gradient; a value that is not finite is avoided.
    /// - Returns: the lowest point seen and its value.
    func minimize(
        _ start: [Double], bounds: [ClosedRange<Double>], _ function: ([Double]) -> (Double, [Double])
    ) -> (point: [Double], value: Double) {
        var x = start
        var (value, gradient) = function(x)
        var pairs: [(s: [Double], y: [Double])] = []
        guard value.isFinite else { return (x, value) }
        for _ in 0..<iterations {
            let isFree = x.indices.map { axis in
                !(x[axis] <= bounds[axis].lowerBound && gradient[axis] > 0
                    || x[axis] >= bounds[axis].upperBound && gradient[axis] < 0)
            }
            let slope = x.indices.filter { isFree[$0] }.map { abs(gradient[$0]) }.max() ?? 0
            if slope < tolerance { break }
            var direction = Self.direction(gradient, isFree, pairs)
            if Self.dot(direction, gradient) >= 0 {
                pairs = []
                direction = gradient.indices.map { isFree[$0] ? -gradient[$0] : 0 }
            }
            var step = 1.0
            if pairs.isEmpty { step = min(1, 0.1 / max(1e-12, direction.map(abs).max() ?? 1)) }
            var next: (point: [Double], value: Double, gradient: [Double])?
            for _ in 0..<20 {
                let point = x.indices.map {
                    min(max(x[$0] + step * direction[$0], bounds[$0].lowerBound), bounds[$0].upperBound)
                }
                let decrease = zip(point, x).enumerated().reduce(0) {
                    $0 + gradient[$1.offset] * ($1.element.0 - $1.element.1)
                }
                let (there, slopes) = function(point)
                if there.isFinite, there <= value + 1e-4 * decrease, decrease < 0 {
                    next = (point, there, slopes)
                    break
                }
                step /= 2
            }
            guard let next else {
                if pairs.isEmpty { break }
                pairs = []
                continue
            }
            let s = zip(next.point, x).map { $0 - $1 }, y = zip(next.gradient, gradient).map { $0 - $1 }
            if Self.dot(s, y) > 1e-12 {
                pairs.append((s, y))
                if pairs.count > memory { pairs.removeFirst() }
            }
            let gain = value - next.value
            (x, value, gradient) = (next.point, next.value, next.gradient)
            if gain <= 1e-10 * max(1, abs(value)) { break }
        }
        return (x, value)
    }

    private static func direction(
        _ gradient: [Double], _ isFree: [Bool], _ pairs: [(s: [Double], y: [Double])]
    ) -> [Double] {
        func free(_ vector: [Double]) -> [Double] { vector.indices.map { isFree[$0] ? vector[$0] : 0 } }
        var q = free(gradient)
        let usable = pairs.map { (s: free($0.s), y: free($0.y)) }.filter { dot($0.s, $0.y) > 1e-14 }
        var alphas: [Double] = []
        for pair in usable.reversed() {
            let alpha = dot(pair.s, q) / dot(pair.s, pair.y)
            alphas.append(alpha)
            for axis in q.indices { q[axis] -= alpha * pair.y[axis] }
        }
        if let last = usable.last {
            let scale = dot(last.s, last.y) / dot(last.y, last.y)
            for axis in q.indices { q[axis] *= scale }
        }
        for (pair, alpha) in zip(usable, alphas.reversed()) {
            let beta = dot(pair.y, q) / dot(pair.s, pair.y)
            for axis in q.indices { q[axis] += (alpha - beta) * pair.s[axis] }
        }
        return q.map { -$0 }
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
