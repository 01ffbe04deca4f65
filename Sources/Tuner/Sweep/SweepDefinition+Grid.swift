public import Engine
import Foundation

extension SweepDefinition {
    /// The hyperparameter of a name.
    public func parameter(_ name: String) -> SearchParameter? {
        parameters.first { $0.name == name }
    }
}

extension SweepDefinition.SearchParameter {
    /// Whether it has more than one value.
    public var isSearched: Bool {
        if case .value = domain { return false }
        return true
    }
}

extension SweepDefinition.SearchParameter.Domain {
    /// How many values a grid has; `nil` for a range without a step.
    ///
    /// On a log scale the points are `min * step^k`, on a complement-log scale `1 - (1 - min) / step^k`, on a
    /// linear one `min + k * step`, all up to `max`, which counts as reached within a billionth of a step.
    public var gridCount: Int? {
        switch self {
        case .value: return 1
        case .values(let values): return values.count
        case .range(_, _, _, nil, _): return nil
        case .range(let min, let max, let scale, .some(let step), _):
            let steps: Double =
                switch scale {
                case .log: log(max / min) / log(step)
                case .complementLog: log((1 - min) / (1 - max)) / log(step)
                case .linear: (max - min) / step
                }
            return steps.isFinite && steps < 1e9 ? Int(steps + 1e-9) + 1 : 1_000_000_000
        }
    }

    /// The values of a grid, ascending where numeric; `nil` for a range without a step.
    ///
    /// Whole numbers are rounded to the nearest, and each is there once.
    public var gridValues: [HyperparameterValue]? {
        switch self {
        case .value(let value): return [value]
        case .values(let values): return values
        case .range(_, _, _, nil, _): return nil
        case .range(let min, let max, let scale, .some(let step), let integer):
            guard let count = gridCount, count <= 1_000_000 else { return nil }
            var values: [HyperparameterValue] = []
            for index in 0..<count {
                let point: Double =
                    switch scale {
                    case .log: min * pow(step, Double(index))
                    case .complementLog: 1 - (1 - min) / pow(step, Double(index))
                    case .linear: min + Double(index) * step
                    }
                let inside = Swift.min(point, max)
                let value: HyperparameterValue = integer ? .integer(Int(inside.rounded())) : .real(inside)
                if value != values.last { values.append(value) }
            }
            return values
        }
    }
}
