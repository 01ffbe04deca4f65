/// Reads the query of a request: every name known, none twice, every value of its type.
struct QueryReader: Sendable {
    private let values: [String: String]

    /// Checks the names.
    ///
    /// - Parameters:
    ///   - items: the query.
    ///   - allowed: names the route knows.
    /// - Throws: `usage` for an unknown or repeated name.
    init(_ items: [APIRequest.QueryItem], allowed: [String]) throws {
        var values: [String: String] = [:]
        for item in items {
            guard allowed.contains(item.name) else {
                throw TunerError(
                    .usage, "unknown query parameter '\(item.name)'",
                    why: allowed.isEmpty
                        ? "this resource takes none" : "known here: \(allowed.joined(separator: ", "))")
            }
            guard values.updateValue(item.value, forKey: item.name) == nil else {
                throw TunerError(.usage, "query parameter '\(item.name)' is given twice")
            }
        }
        self.values = values
    }

    /// The text of a parameter, if given.
    func text(_ name: String) -> String? { values[name] }

    /// A whole number in a range.
    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw TunerError(
                .usage, "'\(text)' is not a valid '\(name)'",
                why: "it is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A count of tokens: `8000000`, `8M`, `32Ki`.
    func count(_ name: String) throws -> Int? {
        guard let text = values[name] else { return nil }
        let value = try CountFormat.parse(text, named: name)
        guard value > 0 else {
            throw TunerError(.usage, "'\(text)' is not a valid '\(name)'", why: "it is positive")
        }
        return value
    }

    /// A finite number.
    func number(_ name: String) throws -> Double? {
        guard let text = values[name] else { return nil }
        guard let value = Double(text), value.isFinite else {
            throw TunerError(.usage, "'\(text)' is not a valid '\(name)'", help: "write a number: 3e-4")
        }
        return value
    }

    /// `true` or `false`; absent is `false`, a bare name is `true`.
    func flag(_ name: String) throws -> Bool {
        switch values[name] {
        case nil, "false", "0": return false
        case "true", "1", "": return true
        case .some(let text):
            throw TunerError(.usage, "'\(text)' is not a valid '\(name)'", help: "write true or false")
        }
    }
}
