import Engine
import Foundation

extension SweepParser {
    /// The entries of a map; unknown keys are reported.
    ///
    /// - Parameters:
    ///   - node: the map.
    ///   - owner: whose keys they are, for the message.
    ///   - keys: what is known.
    /// - Returns: the entries, unknown ones included; `nil` when it is no map.
    mutating func fields(of node: LocatedNode, in owner: String, keys: [String]) -> Fields? {
        guard case .mapping(let pairs) = node.content else {
            problems.add(.wrongShape(owner, expected: "a map", found: node), at: node.place)
            return nil
        }
        for pair in pairs where !keys.contains(pair.key) {
            problems.add(.unknownKey(pair.key, in: owner, keys: keys), at: pair.keyPlace)
            if let name = NearestName.suggestion(for: pair.key, among: keys) { meant.insert(name) }
        }
        return Fields(place: node.place, pairs: pairs)
    }

    /// Reports that something is missing, unless a misspelled name was probably it.
    mutating func missing(_ name: String, _ message: DiagnosticMessage, at place: SourcePlace) {
        if !meant.contains(name) { problems.add(message, at: place) }
    }

    /// The text of a scalar.
    mutating func text(_ node: LocatedNode, _ key: String) -> String? {
        guard case .scalar(let text, _) = node.content else {
            problems.add(.wrongShape("'\(key)'", expected: "a single value", found: node), at: node.place)
            return nil
        }
        guard !node.isEmpty else {
            problems.add(.missingValue(key), at: node.place)
            return nil
        }
        return text
    }

    /// One of the names of an enumeration.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: LocatedNode, _ key: String, _ type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let name = text(node, key) else { return nil }
        if let choice = Choice(rawValue: name) { return choice }
        problems.add(.unknownChoice(name, key: key, choices: Choice.allCases.map(\.rawValue)), at: node.place)
        return nil
    }

    /// A count in a range.
    mutating func count(_ node: LocatedNode, _ key: String, in range: ClosedRange<Int>) -> Int? {
        guard
            let value = number(
                node, key, .count, read: { text throws(ScalarProblem) in try Scalars.count(text) })
        else { return nil }
        guard range.contains(value) else {
            problems.add(
                .outOfRange(
                    Self.scalarText(node), key: key, min: CountFormat.short(range.lowerBound),
                    max: range.upperBound == Scalars.largestCount ? nil : CountFormat.short(range.upperBound)),
                at: node.place)
            return nil
        }
        return value
    }

    /// A real number in a range.
    mutating func real(_ node: LocatedNode, _ key: String, in range: ClosedRange<Double>) -> Double? {
        guard
            let value = number(
                node, key, .real, read: { text throws(ScalarProblem) in try Scalars.real(text) })
        else { return nil }
        guard range.contains(value) else {
            problems.add(
                .outOfRange(
                    Self.scalarText(node), key: key, min: "\(range.lowerBound)",
                    max: range.upperBound == .greatestFiniteMagnitude ? nil : "\(range.upperBound)"),
                at: node.place)
            return nil
        }
        return value
    }

    /// Any scalar that is read by a function of `Scalars`.
    mutating func number<Value>(
        _ node: LocatedNode, _ key: String, _ expected: ExpectedScalar,
        read: (String) throws(ScalarProblem) -> Value
    ) -> Value? {
        guard let text = text(node, key) else { return nil }
        do {
            return try read(text)
        } catch {
            problems.add(.wrongNumber(text, key: key, expected: expected, problem: error), at: node.place)
            return nil
        }
    }

    /// A value of the kind a descriptor asks for, within its range.
    mutating func value(_ node: LocatedNode, of descriptor: HyperparameterDescriptor) -> HyperparameterValue?
    {
        let key = descriptor.name
        switch descriptor.kind {
        case .real(let min, let max):
            return real(node, key, in: min...max).map { .real($0) }
        case .integer(let min, let max):
            guard
                let value = number(
                    node, key, .integer, read: { text throws(ScalarProblem) in try Scalars.integer(text) })
            else { return nil }
            guard value >= min, value <= max else {
                problems.add(
                    .outOfRange(
                        Self.scalarText(node), key: key, min: String(min),
                        max: max >= Scalars.largestCount ? nil : String(max)),
                    at: node.place)
                return nil
            }
            return .integer(value)
        case .choice(let names):
            guard let name = text(node, key) else { return nil }
            if names.contains(name) { return .text(name) }
            problems.add(.unknownChoice(name, key: key, choices: names), at: node.place)
            return nil
        case .flag:
            return number(node, key, .flag, read: { text throws(ScalarProblem) in try Scalars.flag(text) })
                .map { .flag($0) }
        case .path:
            guard let path = text(node, key) else { return nil }
            return existingPath(path, at: node.place).map { .text($0.path) }
        }
    }

    /// A path made absolute; reported when nothing is there.
    mutating func existingPath(_ path: String, at place: SourcePlace) -> URL? {
        let isAbsolute = path.hasPrefix("/")
        let written = isAbsolute ? URL(fileURLWithPath: path) : source.directory.appendingPathComponent(path)
        let url = written.standardizedFileURL
        guard !path.isEmpty, FileManager.default.fileExists(atPath: url.path) else {
            problems.add(.fileNotFound(path), at: place)
            return nil
        }
        return url
    }

    /// The nodes of a list; a single scalar is a list of one.
    mutating func items(_ node: LocatedNode, _ key: String, most: Int = 1000) -> [LocatedNode]? {
        switch node.content {
        case .scalar:
            guard text(node, key) != nil else { return nil }
            return [node]
        case .sequence(let items):
            guard !items.isEmpty else {
                problems.add(.emptyList(key), at: node.place)
                return nil
            }
            guard items.count <= most else {
                problems.add(.tooMany(items.count, of: key, most: most), at: node.place)
                return nil
            }
            return items
        case .mapping:
            problems.add(.wrongShape("'\(key)'", expected: "a value or a list", found: node), at: node.place)
            return nil
        }
    }

    static func scalarText(_ node: LocatedNode) -> String {
        if case .scalar(let text, _) = node.content { return text }
        return ""
    }
}
