public import Engine

/// What a sampler searches: axes in an order in which conditions look backwards.
public struct SamplerSpace: Sendable, Hashable {
    /// The axes.
    public let axes: [SamplerAxis]
    /// For every axis the axis it depends on and the coordinates of that axis' allowed values.
    private let parents: [Parent?]

    private struct Parent: Sendable, Hashable {
        var index: Int
        var values: [HyperparameterValue]
    }

    /// A space.
    ///
    /// - Parameter axes: in an order in which a condition names an earlier axis.
    /// - Throws: `TunerError` of kind `usage` for an axis that cannot be searched.
    public init(_ axes: [SamplerAxis]) throws {
        var parents: [Parent?] = []
        for (index, axis) in axes.enumerated() {
            if let problem = axis.problem { throw TunerError(.usage, problem) }
            if axes[..<index].contains(where: { $0.name == axis.name }) {
                throw TunerError(.usage, "'\(axis.name)' is there twice")
            }
            guard let condition = axis.condition else {
                parents.append(nil)
                continue
            }
            guard let parent = axes[..<index].firstIndex(where: { $0.name == condition.axis }) else {
                throw TunerError(
                    .usage, "'\(axis.name)' depends on '\(condition.axis)', which does not stand before it")
            }
            let values = condition.values.compactMap { value in
                axes[parent].coordinate(of: value).map { axes[parent].value(at: $0) }
            }
            guard !values.isEmpty, values.count == condition.values.count else {
                throw TunerError(
                    .usage, "'\(axis.name)' depends on values that '\(condition.axis)' does not have")
            }
            parents.append(Parent(index: parent, values: values))
        }
        self.axes = axes
        self.parents = parents
    }

    /// The point nearest to some coordinates: every coordinate in the middle of the value it stands for, 0.5 on axes
    /// that do not exist there.
    ///
    /// Learning from this form only makes a live sampler and one rebuilt from stored values the same to the last bit.
    func point(at coordinates: [Double]) -> SamplerPoint {
        var values: [HyperparameterValue?] = []
        var settled: [Double] = []
        for (index, axis) in axes.enumerated() {
            if let parent = parents[index], !(values[parent.index].map(parent.values.contains) ?? false) {
                values.append(nil)
                settled.append(0.5)
            } else {
                let value = axis.value(at: coordinates[index])
                values.append(value)
                settled.append(axis.coordinate(of: value) ?? 0.5)
            }
        }
        return SamplerPoint(coordinates: settled, isActive: values.map { $0 != nil })
    }

    /// The values of a point by name; axes that do not exist there are absent.
    public func values(of point: SamplerPoint) -> [String: HyperparameterValue] {
        var values: [String: HyperparameterValue] = [:]
        for (index, axis) in axes.enumerated() where point.isActive[index] {
            values[axis.name] = axis.value(at: point.coordinates[index])
        }
        return values
    }

    /// The point of some values; `nil` when one is missing or outside its axis. Other names are ignored.
    public func point(of values: [String: HyperparameterValue]) -> SamplerPoint? {
        var coordinates = [Double](repeating: 0.5, count: axes.count)
        for (index, axis) in axes.enumerated() {
            guard let value = values[axis.name] else { continue }
            guard let coordinate = axis.coordinate(of: value) else { return nil }
            coordinates[index] = coordinate
        }
        let point = point(at: coordinates)
        for (index, axis) in axes.enumerated() where point.isActive[index] && values[axis.name] == nil {
            return nil
        }
        return point
    }
}

/// A point of a space as coordinates in 0...1.
public struct SamplerPoint: Sendable, Hashable {
    /// One for every axis; 0.5 where the axis does not exist.
    public var coordinates: [Double]
    /// Which axes exist here.
    public var isActive: [Bool]
}
