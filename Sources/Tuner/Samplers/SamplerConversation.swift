import Engine
public import Foundation

/// A sampler over lines of JSON, so that a harness in any language can drive it: one reply line for each line read.
///
///     {"op":"init","space":[{"name":"x","type":"float","low":0,"high":1,"log":false}],"objectives":["loss"],"seed":1,"n":100}
///     {"op":"ask"}                                             -> {"id":0,"params":{"x":0.3}}
///     {"op":"tell","id":0,"values":[1.2],"cost":1.0}           -> {"ok":true}
///     {"op":"quit"}                                            -> {"ok":true}
///
/// `type` is `float`, `int` or `categorical` (with `choices`, any JSON scalars); `when: {name, values}` makes an axis
/// conditional on an earlier one; `seed`, `n`, `log`, `cost` may be absent. Objectives are minimised. A value that is
/// `null`, `NaN` or infinite says that the trial failed or diverged. `constraints` of a `tell` are met when at most 0.
/// What cannot be done is answered by `{"error": ...}` and changes nothing.
public struct SamplerConversation: Sendable {
    private let name: String
    private var session: SamplerSession?
    /// Choices by axis, as they came: replies give them back as they were.
    private var choices: [String: [JSONTree]] = [:]

    /// Whether `quit` was said.
    public private(set) var isOver = false

    /// A conversation with the sampler of a name.
    ///
    /// - Throws: `TunerError` of kind `usage` for an unknown name.
    public init(_ name: String) throws {
        _ = try SamplerRegistry.descriptor(name)
        self.name = name
    }

    /// The reply to a line, without its line feed.
    public mutating func reply(to line: Data) -> Data {
        let answer: JSONTree
        do {
            answer = try reply(to: try Self.tree(line))
        } catch let error as TunerError {
            answer = ["error": .text([error.message, error.why].compactMap(\.self).joined(separator: ": "))]
        } catch {
            answer = ["error": "the line is not a JSON object"]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(answer)) ?? Data(#"{"error":"the answer cannot be written"}"#.utf8)
    }

    private mutating func reply(to request: JSONTree) throws -> JSONTree {
        guard case .object = request else { throw TunerError(.usage, "the line is not a JSON object") }
        guard case .text(let operation)? = request["op"] else { throw TunerError(.usage, "'op' is missing") }
        switch operation {
        case "init": return try begin(request)
        case "ask":
            let trial = try withSession { try $0.ask() }
            var params: [String: JSONTree] = [:]
            for (name, value) in trial.values { params[name] = written(value, name) }
            return ["id": .integer(trial.number), "params": .object(params)]
        case "tell":
            guard case .integer(let number)? = request["id"] else {
                throw TunerError(.usage, "'id' is missing or no whole number")
            }
            let outcome = try Self.outcome(request)
            try withSession { try $0.tell(number, outcome) }
            return ["ok": true]
        case "quit":
            isOver = true
            return ["ok": true]
        default:
            throw TunerError(.usage, "unknown op '\(operation)'", why: "there are init, ask, tell, quit")
        }
    }

    private mutating func withSession<Result>(_ body: (inout SamplerSession) throws -> Result) throws
        -> Result
    {
        guard var session else { throw TunerError(.usage, "'init' comes first") }
        // Taken out while it changes: a second owner would copy the sampler's state at every ask.
        self.session = nil
        defer { self.session = session }
        return try body(&session)
    }

    private mutating func begin(_ request: JSONTree) throws -> JSONTree {
        guard case .list(let axes)? = request["space"] else { throw TunerError(.usage, "'space' is missing") }
        var objectiveCount = 1
        if let objectives = request["objectives"] {
            guard case .list(let names) = objectives else {
                throw TunerError(.usage, "'objectives' is no list")
            }
            objectiveCount = names.count
        }
        let seed = try Self.whole(request, "seed") ?? 0
        let planned = try Self.whole(request, "n")
        if let planned, planned < 1 { throw TunerError(.usage, "'n' must be at least 1") }
        var found: [String: [JSONTree]] = [:]
        let read = try axes.map { tree in
            var (axis, choices) = try Self.axis(tree)
            axis.condition = try Self.condition(tree, of: axis.name, choices: found)
            found[axis.name] = choices
            return axis
        }
        session = try SamplerSession(
            name,
            SamplerProblem(
                space: SamplerSpace(read), objectiveCount: objectiveCount,
                seed: UInt64(bitPattern: Int64(seed)), plannedTrials: planned))
        choices = found
        return ["ok": true]
    }

    private func written(_ value: HyperparameterValue, _ axis: String) -> JSONTree {
        switch value {
        case .real(let number): .number(number)
        case .integer(let index): choices[axis].map { $0[index] } ?? .integer(index)
        case .text(let text): .text(text)
        case .flag(let flag): .flag(flag)
        }
    }

    /// An axis, and its choices when it is one of choices: the sampler sees their positions only.
    private static func axis(_ tree: JSONTree) throws -> (SamplerAxis, [JSONTree]?) {
        guard case .text(let name)? = tree["name"] else { throw TunerError(.usage, "an axis has no 'name'") }
        guard case .text(let type)? = tree["type"] else {
            throw TunerError(.usage, "'\(name)' has no 'type'")
        }
        var isLog = false
        if case .flag(let flag)? = tree["log"] { isLog = flag }
        let scale: HyperparameterDescriptor.Scale = isLog ? .log : .linear
        let domain: SamplerAxis.Domain
        var choices: [JSONTree]?
        switch type {
        case "float":
            domain = .real(
                low: try number(tree, "low", of: name), high: try number(tree, "high", of: name), scale: scale
            )
        case "int":
            guard let low = try whole(tree, "low"), let high = try whole(tree, "high") else {
                throw TunerError(.usage, "'\(name)' needs whole 'low' and 'high'")
            }
            domain = .integer(low: low, high: high, quantum: 1, scale: scale)
        case "categorical":
            guard case .list(let list)? = tree["choices"], !list.isEmpty else {
                throw TunerError(.usage, "'\(name)' needs 'choices'")
            }
            guard Set(list).count == list.count else {
                throw TunerError(.usage, "'\(name)' has a choice twice")
            }
            domain = .choices(list.indices.map { .integer($0) }, ordered: false)
            choices = list
        default:
            throw TunerError(
                .usage, "'\(name)' has the unknown type '\(type)'", why: "there are float, int, categorical")
        }
        return (SamplerAxis(name, domain), choices)
    }

    private static func condition(
        _ tree: JSONTree, of name: String, choices: [String: [JSONTree]]
    ) throws -> SamplerAxis.Condition? {
        guard let when = tree["when"], when != .null else { return nil }
        guard case .text(let axis)? = when["name"], case .list(let values)? = when["values"] else {
            throw TunerError(.usage, "'when' of '\(name)' needs 'name' and 'values'")
        }
        return SamplerAxis.Condition(
            axis: axis,
            values: try values.map { value in
                if let list = choices[axis] {
                    guard let index = list.firstIndex(of: value) else {
                        throw TunerError(
                            .usage, "'when' of '\(name)' has a value that '\(axis)' does not have")
                    }
                    return .integer(index)
                }
                switch value {
                case .integer(let number): return .integer(number)
                case .number(let number): return .real(number)
                default: throw TunerError(.usage, "'when' of '\(name)' has a value that is no number")
                }
            })
    }

    private static func outcome(_ request: JSONTree) throws -> SamplerOutcome {
        let constraints = try numbers(request, "constraints") ?? []
        let cost = try numbers(.object(["cost": .list([request["cost"] ?? 1])]), "cost")?.first ?? 1
        guard let values = try numbers(request, "values") else {
            throw TunerError(.usage, "'values' is missing")
        }
        return SamplerOutcome(values: values, constraints: constraints, cost: cost)
    }

    /// Numbers of a list; `null` is NaN.
    private static func numbers(_ tree: JSONTree, _ key: String) throws -> [Double]? {
        guard let entry = tree[key] else { return nil }
        guard case .list(let items) = entry else {
            throw TunerError(.usage, "'\(key)' is no list of numbers")
        }
        return try items.map { item in
            switch item {
            case .integer(let number): Double(number)
            case .number(let number): number
            case .null: .nan
            default: throw TunerError(.usage, "'\(key)' has something that is no number")
            }
        }
    }

    private static func number(_ tree: JSONTree, _ key: String, of name: String) throws -> Double {
        switch tree[key] {
        case .integer(let number)?: return Double(number)
        case .number(let number)?: return number
        default: throw TunerError(.usage, "'\(name)' needs a number '\(key)'")
        }
    }

    private static func whole(_ tree: JSONTree, _ key: String) throws -> Int? {
        switch tree[key] {
        case nil, .null?: return nil
        case .integer(let number)?: return number
        default: throw TunerError(.usage, "'\(key)' is no whole number")
        }
    }

    /// The tree of a line. `NaN`, `Infinity` and `-Infinity`, which several writers of JSON use, are read as `null`.
    private static func tree(_ line: Data) throws -> JSONTree {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(line.count)
        let words = ["-Infinity", "Infinity", "NaN"].map { Array($0.utf8) }
        let source = [UInt8](line)
        var index = 0, isInText = false
        while index < source.count {
            let byte = source[index]
            if isInText, byte == UInt8(ascii: "\\") {
                bytes += source[index..<min(index + 2, source.count)]
                index += 2
                continue
            }
            if byte == UInt8(ascii: "\"") { isInText.toggle() }
            if !isInText, let word = words.first(where: { source[index...].starts(with: $0) }) {
                bytes += Array("null".utf8)
                index += word.count
            } else {
                bytes.append(byte)
                index += 1
            }
        }
        return try JSONDecoder().decode(JSONTree.self, from: Data(bytes))
    }
}
