internal import Engine

/// The hyperparameters of one optimizer, read by name: the given value, else the descriptor's default.
///
/// Defaults and ranges are written once, in the descriptor. A name the descriptor does not have, a value outside its
/// range or of the wrong kind is an error: a setting that is silently ignored gives a sweep that means nothing.
struct OptimizerSettings {
    private let owner: String
    private let values: [String: HyperparameterValue]

    /// Checks `given` against the descriptor.
    init(_ descriptor: OptimizerDescriptor, _ given: [String: HyperparameterValue]) throws {
        owner = descriptor.name
        var values: [String: HyperparameterValue] = [:]
        for parameter in descriptor.hyperparameters {
            if let value = given[parameter.name] {
                try Self.check(value, against: parameter, owner: descriptor.name)
                values[parameter.name] = value
            } else {
                values[parameter.name] = parameter.defaultValue
            }
        }
        let known = descriptor.hyperparameters.map(\.name)
        if let unknown = given.keys.filter({ !known.contains($0) }).min() {
            throw EngineError(
                code: "unknown-parameter",
                message: "optimizer '\(descriptor.name)' has no setting '\(unknown)'",
                help: "it has \(known.joined(separator: ", "))")
        }
        self.values = values
    }

    /// A real or whole number.
    func real(_ name: String) throws -> Double {
        guard let number = values[name]?.number else { throw missing(name) }
        return number
    }

    /// A whole number.
    func integer(_ name: String) throws -> Int { Int(try real(name)) }

    /// On or off.
    func flag(_ name: String) throws -> Bool { try real(name) != 0 }

    /// The name a choice or path has.
    func text(_ name: String) throws -> String {
        guard case .text(let text) = values[name] else { throw missing(name) }
        return text
    }

    /// One of the names of a choice.
    func choice<Choice: RawRepresentable<String>>(_ name: String) throws -> Choice {
        guard case .text(let text) = values[name], let choice = Choice(rawValue: text) else {
            throw missing(name)
        }
        return choice
    }

    private func missing(_ name: String) -> EngineError {
        EngineError(code: "missing-parameter", message: "optimizer '\(owner)' needs a value of '\(name)'")
    }

    private static func check(
        _ value: HyperparameterValue, against parameter: HyperparameterDescriptor, owner: String
    ) throws {
        let accepted: Bool
        let expected: String
        switch parameter.kind {
        case .real(let low, let high):
            accepted = value.number.map { (low...high).contains($0) } ?? false
            expected = "a number from \(low) to \(high)"
        case .integer(let low, let high):
            accepted =
                value.number.map { (Double(low)...Double(high)).contains($0) && $0 == $0.rounded() } ?? false
            expected = "a whole number from \(low) to \(high)"
        case .choice(let names):
            accepted = names.contains(value.description)
            expected = "one of \(names.joined(separator: ", "))"
        case .flag:
            accepted = value.number == 0 || value.number == 1
            expected = "true or false"
        case .path:
            accepted = true
            expected = "a path"
        }
        guard accepted else {
            throw EngineError(
                code: "bad-option", message: "optimizer '\(owner)': \(parameter.name) is '\(value)'",
                help: "it takes \(expected)")
        }
    }
}
