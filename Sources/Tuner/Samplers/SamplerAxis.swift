public import Engine
import Foundation

/// One searched parameter and its map to and from a coordinate in 0...1.
///
/// Samplers see coordinates only, so that learning rates, layer counts and names of optimizers are one kind of thing
/// to them. Equal distances of the coordinate are equal distances of the scale: of `log x` for learning rates, of
/// `log(1 - x)` for momentum. A whole number owns the interval of half a step to either side, so that each of the
/// values of a linear range is drawn equally often; choice k of n owns `k/n ..< (k+1)/n`.
public struct SamplerAxis: Sendable, Hashable {
    /// The values an axis may take.
    public enum Domain: Sendable, Hashable {
        /// Real numbers `low...high`.
        case real(low: Double, high: Double, scale: HyperparameterDescriptor.Scale)
        /// Whole multiples of `quantum` in `low...high`.
        case integer(low: Int, high: Int, quantum: Int, scale: HyperparameterDescriptor.Scale)
        /// One out of a list; `ordered`: neighbours in the list are neighbours in effect.
        case choices([HyperparameterValue], ordered: Bool)
    }

    /// When an axis exists: while another axis has one of these values.
    public struct Condition: Sendable, Hashable {
        /// Name of an axis that stands earlier in the space.
        public var axis: String
        /// Its values.
        public var values: [HyperparameterValue]

        /// A condition.
        public init(axis: String, values: [HyperparameterValue]) {
            self.axis = axis
            self.values = values
        }
    }

    /// Name of the parameter.
    public var name: String
    /// Its values.
    public var domain: Domain
    /// When it exists; `nil`: always.
    public var condition: Condition?

    /// An axis.
    public init(_ name: String, _ domain: Domain, when condition: Condition? = nil) {
        self.name = name
        self.domain = domain
        self.condition = condition
    }

    /// How many values it has; `nil` for real numbers.
    public var count: Int? {
        switch domain {
        case .real: nil
        case .integer(let low, let high, let quantum, _): Self.multiples(low, high, quantum).count
        case .choices(let values, _): values.count
        }
    }

    /// Number of choices without an order; `nil` for everything else.
    var categories: Int? {
        if case .choices(let values, ordered: false) = domain { return values.count }
        return nil
    }

    /// The value at a coordinate; coordinates outside 0...1 are moved to the nearer end.
    public func value(at coordinate: Double) -> HyperparameterValue {
        let inside = coordinate.isNaN ? 0.5 : min(max(coordinate, 0), 1)
        switch domain {
        case .real(let low, let high, let scale):
            // The ends to the last bit.
            if inside == 0 || inside == 1 { return .real(inside == 0 ? low : high) }
            let at = scale.position(low) + inside * (scale.position(high) - scale.position(low))
            return .real(min(max(scale.number(at: at), low), high))
        case .integer(let low, let high, let quantum, let scale):
            let multiples = Self.multiples(low, high, quantum)
            let (first, last) = Self.ends(multiples, scale)
            let at = scale.number(at: first + inside * (last - first)).rounded()
            return .integer(
                Int(min(max(at, Double(multiples.lowerBound)), Double(multiples.upperBound))) * quantum)
        case .choices(let values, _):
            return values[min(values.count - 1, Int(inside * Double(values.count)))]
        }
    }

    /// The coordinate of a value, the middle of what the value owns; `nil` when the axis has no such value.
    public func coordinate(of value: HyperparameterValue) -> Double? {
        switch domain {
        case .real(let low, let high, let scale):
            guard let number = value.number, number >= low, number <= high else { return nil }
            let width = scale.position(high) - scale.position(low)
            return width > 0 ? min(max((scale.position(number) - scale.position(low)) / width, 0), 1) : 0.5
        case .integer(let low, let high, let quantum, let scale):
            let multiples = Self.multiples(low, high, quantum)
            guard let number = value.number, number == number.rounded(), abs(number) < 9e15,
                number >= Double(low), number <= Double(high), Int(number) % quantum == 0
            else { return nil }
            let (first, last) = Self.ends(multiples, scale)
            return min(max((scale.position(number / Double(quantum)) - first) / (last - first), 0), 1)
        case .choices(let values, _):
            // A number out of JSON has lost whether it was written with a point.
            let index = values.firstIndex { $0 == value || ($0.number != nil && $0.number == value.number) }
            return index.map { (Double($0) + 0.5) / Double(values.count) }
        }
    }

    /// What is wrong with the axis; `nil` when nothing is.
    var problem: String? {
        switch domain {
        case .real(let low, let high, let scale):
            guard low.isFinite, high.isFinite, low <= high, (high - low).isFinite else {
                return "'\(name)' needs finite low <= high"
            }
            return scale.accepts(low, high) ? nil : "'\(name)' is outside its scale"
        case .integer(let low, let high, let quantum, let scale):
            guard quantum > 0, low <= high, abs(low) < 1 << 53, abs(high) < 1 << 53,
                Self.isMultipleWithin(low, high, quantum)
            else { return "'\(name)' needs whole low <= high" }
            return scale == .linear || scale == .log && low > 0 ? nil : "'\(name)' is outside its scale"
        case .choices(let values, _):
            if values.isEmpty { return "'\(name)' has no choices" }
            return Set(values).count == values.count ? nil : "'\(name)' has a choice twice"
        }
    }

    private static func isMultipleWithin(_ low: Int, _ high: Int, _ quantum: Int) -> Bool {
        (Double(low) / Double(quantum)).rounded(.up) <= (Double(high) / Double(quantum)).rounded(.down)
    }

    private static func multiples(_ low: Int, _ high: Int, _ quantum: Int) -> ClosedRange<Int> {
        let first = Int((Double(low) / Double(quantum)).rounded(.up))
        return first...max(first, Int((Double(high) / Double(quantum)).rounded(.down)))
    }

    /// Positions half a step outside the first and last multiple.
    private static func ends(
        _ multiples: ClosedRange<Int>, _ scale: HyperparameterDescriptor.Scale
    ) -> (Double, Double) {
        (
            scale.position(Double(multiples.lowerBound) - 0.5),
            scale.position(Double(multiples.upperBound) + 0.5)
        )
    }
}

extension HyperparameterDescriptor.Scale {
    /// Where a number stands on the scale.
    fileprivate func position(_ number: Double) -> Double {
        switch self {
        case .linear: number
        case .log: Foundation.log(number)
        case .complementLog: -log1p(-number)
        }
    }

    /// The number at a position.
    fileprivate func number(at position: Double) -> Double {
        switch self {
        case .linear: position
        case .log: exp(position)
        case .complementLog: -expm1(-position)
        }
    }

    /// Whether both ends have a position.
    fileprivate func accepts(_ low: Double, _ high: Double) -> Bool {
        position(low).isFinite && position(high).isFinite
    }
}
