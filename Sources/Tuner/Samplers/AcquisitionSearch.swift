import Engine
import Foundation

/// Finds the point of a space where an acquisition function is largest: many draws, then local search from the best.
///
/// Draws are evenly spread ones and ones near the incumbents. From the best of them real axes climb along the
/// gradient, and axes with few values try their values one axis at a time, in turn.
struct AcquisitionSearch {
    let features: SurrogateFeatures
    /// Points of interest, such as the best so far; draws are made around them and the climb starts there too.
    let incumbents: [SamplerPoint]
    var spreadDraws = 1024
    var nearDraws = 128
    var climbs = 6

    /// Largest number of values for which all are tried.
    private static let mostTried = 16

    /// The best point found.
    ///
    /// - Parameters:
    ///   - generator: of the draws.
    ///   - value: the function at features.
    ///   - slopes: the function and its gradient.
    /// - Returns: the best point found.
    func best(
        _ generator: inout SplitMix64, value: ([Double]) -> Double, slopes: ([Double]) -> (Double, [Double])
    ) -> SamplerPoint {
        let space = features.space
        let dimension = space.axes.count
        var draws: [[Double]] = []
        let sobol = SobolSequence(dimension: min(dimension, SobolSequence.dimensions), generator: &generator)
        for index in 0..<spreadDraws {
            let rest = max(0, dimension - SobolSequence.dimensions)
            draws.append(sobol.point(index) + (0..<rest).map { _ in generator.uniform() })
        }
        for index in 0..<(incumbents.isEmpty ? 0 : nearDraws) {
            let centre = incumbents[index % incumbents.count].coordinates
            let width = pow(10, -3 * generator.uniform())
            draws.append(
                centre.indices.map { axis in
                    if generator.uniform() > max(0.3, 2 / Double(dimension)) { return centre[axis] }
                    if space.axes[axis].categories != nil { return generator.uniform() }
                    return min(max(centre[axis] + width * generator.normal(), 0), 1)
                })
        }
        let points = draws.map { space.point(at: $0) } + incumbents
        let scored = points.map { (point: $0, value: value(features.row($0))) }.filter { !$0.value.isNaN }
        var starts = scored.sorted { $0.value > $1.value }.prefix(climbs).map { $0 }
        starts += scored.suffix(incumbents.count).prefix(2)
        var best = starts.first
        for start in starts {
            let found = climb(start, value: value, slopes: slopes)
            if found.value > best?.value ?? -.infinity { best = found }
        }
        return best?.point ?? points[0]
    }

    private func climb(
        _ start: (point: SamplerPoint, value: Double), value: ([Double]) -> Double,
        slopes: ([Double]) -> (Double, [Double])
    ) -> (point: SamplerPoint, value: Double) {
        var best = start
        let axes = features.space.axes
        let smooth = axes.indices.filter {
            (axes[$0].count ?? .max) > Self.mostTried && axes[$0].categories == nil
        }
        let listed = axes.indices.filter { !smooth.contains($0) }
        for _ in 0..<4 {
            let before = best.value
            let free = smooth.filter { best.point.isActive[$0] }
            if !free.isEmpty {
                let row = features.row(best.point)
                let bounds = [ClosedRange<Double>](repeating: 0...1, count: free.count)
                let found = BoxMinimizer(iterations: 40, tolerance: 1e-6).minimize(
                    free.map { best.point.coordinates[$0] }, bounds: bounds
                ) { coordinates in
                    var row = row
                    for (axis, coordinate) in zip(free, coordinates) {
                        row[features.feature(axis)] = coordinate
                    }
                    let (value, gradient) = slopes(row)
                    return (-value, free.map { -gradient[features.feature($0)] })
                }
                var coordinates = best.point.coordinates
                for (axis, coordinate) in zip(free, found.point) { coordinates[axis] = coordinate }
                consider(coordinates, &best, value)
            }
            for axis in listed {
                let count = axes[axis].count ?? 1
                for choice in 0..<min(count, 64) {
                    var coordinates = best.point.coordinates
                    coordinates[axis] = (Double(choice) + 0.5) / Double(min(count, 64))
                    consider(coordinates, &best, value)
                }
            }
            if listed.isEmpty || best.value <= before + 1e-6 { break }
        }
        return best
    }

    private func consider(
        _ coordinates: [Double], _ best: inout (point: SamplerPoint, value: Double),
        _ value: ([Double]) -> Double
    ) {
        let point = features.space.point(at: coordinates)
        let found = value(features.row(point))
        if found > best.value { best = (point, found) }
    }
}
