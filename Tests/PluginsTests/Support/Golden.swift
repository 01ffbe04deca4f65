import Foundation
import TestSupport

/// Any JSON value, for golden files whose cases have different shapes.
enum JSONValue: Decodable {
    case number(Double)
    case text(String)
    case flag(Bool)
    case list([JSONValue])
    case object([String: JSONValue])
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else if let value = try? container.decode([String: JSONValue].self) {
            self = .object(value)
        } else {
            self = .null
        }
    }

    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var number: Double? {
        if case .number(let value) = self { value } else { nil }
    }

    var text: String? {
        if case .text(let value) = self { value } else { nil }
    }

    var isTrue: Bool {
        if case .flag(let value) = self { value } else { false }
    }

    /// All numbers in order, nested lists flattened: a tensor as the flat vector holds it.
    var numbers: [Double] {
        switch self {
        case .number(let value): [value]
        case .list(let values): values.flatMap(\.numbers)
        default: []
        }
    }

    var list: [JSONValue] {
        if case .list(let values) = self { values } else { [] }
    }
}

/// The cases of a golden file.
func goldenCases(_ name: String) throws -> [JSONValue] {
    let file = try JSONDecoder().decode(JSONValue.self, from: goldenData(name, in: Bundle.module))
    return file["cases"]?.list ?? []
}

/// The largest difference relative to `max(scale, |expected|)`; infinity for different counts or NaN.
func deviation(_ actual: [Double], _ expected: [Double], scale: Double = 1e-3) -> Double {
    guard actual.count == expected.count else { return .infinity }
    return zip(actual, expected).reduce(0) { worst, pair in
        let difference = abs(pair.0 - pair.1) / max(scale, abs(pair.1))
        return difference.isNaN ? .infinity : max(worst, difference)
    }
}
