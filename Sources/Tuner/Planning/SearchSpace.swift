import Engine
import Foundation

/// The searched hyperparameters of a sweep as a unit cube, and the fixed ones beside them.
///
/// Each searched parameter is one coordinate in 0..<1 on its own scale: `log` for learning rates and batch sizes,
/// `complement_log` for momentum (equal steps of `log(1 - momentum)`), linear otherwise, equal shares for lists.
struct SearchSpace: Sendable {
    /// One searched parameter.
    struct Axis: Sendable {
        var name: String
        var domain: SweepDefinition.SearchParameter.Domain
    }

    /// Searched parameters, in the order of the file.
    let axes: [Axis]
    /// Parameters with one value.
    let fixed: [String: HyperparameterValue]
    /// Batch sizes are whole multiples of it: the sequence length, or 1.
    let batchQuantum: Int

    init(_ definition: SweepDefinition) {
        var axes: [Axis] = []
        var fixed: [String: HyperparameterValue] = [:]
        for parameter in definition.parameters {
            switch parameter.domain {
            case .value(let value): fixed[parameter.name] = value
            case .values(let values) where values.count == 1: fixed[parameter.name] = values[0]
            case .values, .range: axes.append(Axis(name: parameter.name, domain: parameter.domain))
            }
        }
        self.axes = axes
        self.fixed = fixed
        batchQuantum = definition.batchSizeGranularity
    }

    /// The point at cube coordinates, fixed parameters included.
    func point(at coordinates: [Double]) -> [String: HyperparameterValue] {
        var point = fixed
        for (axis, coordinate) in zip(axes, coordinates) {
            point[axis.name] = value(of: axis, at: coordinate)
        }
        return point
    }

    /// The value of one axis at a coordinate in 0...1.
    func value(of axis: Axis, at coordinate: Double) -> HyperparameterValue {
        switch axis.domain {
        case .value(let value):
            return value
        case .values(let values):
            return values[min(values.count - 1, Int(coordinate * Double(values.count)))]
        case .range(let low, let high, let scale, _, let integer):
            let number: Double
            switch scale {
            case .log: number = low * pow(high / low, coordinate)
            case .linear: number = low + (high - low) * coordinate
            case .complementLog: number = 1 - (1 - low) * pow((1 - high) / (1 - low), coordinate)
            }
            return admissible(number, axis: axis.name, low: low, high: high, integer: integer)
        }
    }

    /// Rounds a number to what a parameter accepts: whole numbers, and whole sequences for batch sizes.
    func admissible(
        _ number: Double, axis: String, low: Double, high: Double, integer: Bool
    ) -> HyperparameterValue {
        let bounded = min(max(number, low), high)
        guard integer else { return .real(bounded) }
        let quantum = axis == "batch_size_tokens" ? Double(batchQuantum) : 1
        let lowest = (low / quantum).rounded(.up), highest = (high / quantum).rounded(.down)
        return .integer(Int(min(max((bounded / quantum).rounded(), lowest), max(lowest, highest)) * quantum))
    }

    /// The grid of one axis: its list, or its range at its own step, or `count` even steps of the scale.
    func grid(of axis: Axis, count: Int) -> [HyperparameterValue] {
        if let values = axis.domain.gridValues { return values }
        let last = Double(max(1, count - 1))
        return unique((0..<max(1, count)).map { value(of: axis, at: Double($0) / last) })
    }

    private func unique(_ values: [HyperparameterValue]) -> [HyperparameterValue] {
        var seen: Set<HyperparameterValue> = []
        return values.filter { seen.insert($0).inserted }
    }
}
