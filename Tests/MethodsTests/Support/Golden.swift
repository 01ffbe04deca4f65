import Foundation
import Methods
import TestSupport

/// Any JSON value: golden cases have different shapes.
enum JSONValue: Decodable, Sendable {
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

    subscript(key: String) -> JSONValue {
        if case .object(let members) = self { members[key] ?? .null } else { .null }
    }

    var number: Double { if case .number(let value) = self { value } else { .nan } }
    var text: String { if case .text(let value) = self { value } else { "" } }
    var isTrue: Bool { if case .flag(let value) = self { value } else { false } }
    var isNull: Bool { if case .null = self { true } else { false } }
    var list: [JSONValue] { if case .list(let values) = self { values } else { [] } }
    var vector: Vector { Vector(numbers) }
    var matrix: Matrix { Matrix(list.map(\.vector)) }

    /// All numbers in order, nested lists flattened.
    var numbers: [Double] {
        switch self {
        case .number(let value): [value]
        case .list(let values): values.flatMap(\.numbers)
        default: []
        }
    }
}

/// Every golden file, read once.
private let goldenFiles: [String: [JSONValue]] = {
    let names = [
        "aggregators", "compressors", "distributed", "matrix", "misc", "optimizers", "private_byzantine",
        "problems", "rng", "secondorder", "stochastic",
    ]
    var files: [String: [JSONValue]] = [:]
    for name in names {
        let data = try? goldenData("\(name).json", in: Bundle.module)
        let file = data.flatMap { try? JSONDecoder().decode(JSONValue.self, from: $0) }
        files["\(name).json"] = file?["cases"].list
    }
    return files
}()

/// The cases of a golden file.
func goldenCases(_ name: String) throws -> [JSONValue] {
    guard let cases = goldenFiles[name], !cases.isEmpty else { throw CocoaError(.fileNoSuchFile) }
    return cases
}

/// The case whose `key` is `name`; a case without values when there is none, which fails every comparison.
func goldenCase(_ file: String, _ key: String, _ name: String, problem: String? = nil) throws -> JSONValue {
    try goldenCases(file).first {
        $0[key].text == name && (problem == nil || $0["problem"].text == problem)
    } ?? .null
}

/// The largest difference relative to `max(scale, |expected|)`; infinity for different counts, none, or NaN.
func deviation(_ actual: [Double], _ expected: [Double], scale: Double = 1e-3) -> Double {
    guard actual.count == expected.count, !expected.isEmpty else { return .infinity }
    return zip(actual, expected).reduce(0) { worst, pair in
        let difference = abs(pair.0 - pair.1) / max(scale, abs(pair.1))
        return difference.isNaN ? .infinity : max(worst, difference)
    }
}

/// Five (or as many as the case has) rounds of a method against a golden trajectory. Empty when all agrees.
struct GoldenRun {
    var reports: [RoundReport] = []
    var complaints: [String] = []
    var run: DistributedRun

    init(
        _ method: any RoundMethod, _ golden: JSONValue, pool: WorkerPool, start: Vector,
        value: ((Vector) -> Double)? = nil, comparesPoint: Bool = true
    ) throws {
        run = try DistributedRun(method, pool: pool, start: start)
        let expected = golden["f"].numbers
        var losses = [value.map { $0(start) } ?? run.pool.loss(at: start)]
        for _ in 1..<max(2, expected.count) {
            let report = run.advance()
            reports.append(report)
            losses.append(value.map { $0(run.iterate) } ?? report.loss)
        }
        func check(_ what: String, _ actual: [Double], _ expected: [Double], _ tolerance: Double) {
            let d = deviation(actual, expected)
            if !(d <= tolerance) { complaints.append("\(what): deviation \(d), \(actual) for \(expected)") }
        }
        // The files promise 1e-12 relative to max(1e-3, |f|); points move more, and are promised to 1e-10.
        check("f", losses, expected, 1e-12)
        if comparesPoint { check("x", run.iterate.values, golden["x_last"].numbers, 1e-10) }
        let n = Double(run.pool.count)
        func compare(_ what: String, _ totals: [Int], _ key: String) {
            // Golden costs are averages over workers; as totals they are whole numbers and are compared as such.
            let wanted = golden[key].numbers.map { Int(($0 * n).rounded()) }
            let fractions = golden[key].numbers.map { abs($0 * n - ($0 * n).rounded()) }
            if totals != wanted || (fractions.max() ?? 1) > 1e-9 {
                complaints.append("\(what): \(totals) for \(wanted)")
            }
        }
        compare("floats up", reports.map(\.up.floats), "floats_up_per_worker")
        compare("bits up", reports.map { $0.up.bits() }, "bits_up_per_worker")
        compare("floats down", reports.map(\.down.floats), "floats_down")
    }

    /// A diagnostic of every round.
    func diagnostic(_ name: String) -> [Double] { reports.map { $0.diagnostics[name] ?? .nan } }
}
