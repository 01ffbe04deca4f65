import Foundation

/// Points as a Gaussian process sees them: one feature for a number, one for each choice of an axis without order.
///
/// Two different choices are one apart (one-hot over sqrt 2). An axis that does not exist at a point stands in its
/// middle, which makes such points equal on it.
struct SurrogateFeatures: Sendable {
    let space: SamplerSpace
    /// Axis of every feature.
    let groups: [Int]
    /// First feature of every axis.
    private let first: [Int]

    init(_ space: SamplerSpace) {
        self.space = space
        var groups: [Int] = [], first: [Int] = []
        for (index, axis) in space.axes.enumerated() {
            first.append(groups.count)
            groups += [Int](repeating: index, count: axis.categories ?? 1)
        }
        self.groups = groups
        self.first = first
    }

    /// Features of a point.
    func row(_ point: SamplerPoint) -> [Double] {
        var row = [Double](repeating: 0, count: groups.count)
        for (index, axis) in space.axes.enumerated() {
            guard let categories = axis.categories else {
                row[first[index]] = point.coordinates[index]
                continue
            }
            guard point.isActive[index] else { continue }
            let choice = min(categories - 1, Int(point.coordinates[index] * Double(categories)))
            row[first[index] + choice] = 0.5.squareRoot()
        }
        return row
    }

    /// The feature of an axis of numbers.
    func feature(_ axis: Int) -> Int { first[axis] }
}
