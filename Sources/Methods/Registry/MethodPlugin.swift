/// Values of a method's settings, complete and in range.
public struct MethodValues: Sendable, Hashable {
    private var values: [String: Double] = [:]
    private var choices: [String: String] = [:]

    /// What is given, then fixed defaults, then the theory.
    init(
        _ given: [String: Double], choices chosen: [String: String] = [:], of settings: [MethodSetting],
        method: String, for constants: ProblemConstants
    )
        throws(SettingError)
    {
        let names = settings.map(\.descriptor.name)
        for name in (Array(given.keys) + Array(chosen.keys)).sorted() where !names.contains(name) {
            throw .unknown(method: method, setting: name, known: names)
        }
        for setting in settings {
            let d = setting.descriptor
            if case .choice(let known) = d.kind {
                let choice = chosen[d.name] ?? d.defaultValue?.description ?? ""
                if let number = given[d.name] { throw .outOfRange(setting: d.name, value: number) }
                guard known.contains(choice) else {
                    throw .unknownChoice(setting: d.name, choice: choice, known: known)
                }
                choices[d.name] = choice
            } else if let value = given[d.name] {
                guard d.accepts(value) else { throw .outOfRange(setting: d.name, value: value) }
                values[d.name] = value
            } else {
                values[d.name] = d.fixedDefault ?? setting.theory?(constants, self)
            }
        }
    }

    /// A setting; precondition: the method has one of this name.
    public subscript(_ name: String) -> Double {
        guard let value = values[name] else { preconditionFailure("no setting called \(name)") }
        return value
    }

    /// A named setting; precondition: the method has one of this name.
    public func choice(_ name: String) -> String {
        guard let value = choices[name] else { preconditionFailure("no choice called \(name)") }
        return value
    }

    /// A whole setting.
    public func count(_ name: String) -> Int { Int(self[name]) }
}

/// A method that can be named: its description and how to make it.
public struct MethodPlugin: Sendable {
    /// What it says about itself.
    public let descriptor: MethodDescriptor
    /// Its settings.
    public let settings: [MethodSetting]
    private let build: @Sendable (MethodValues, ProblemConstants) -> any RoundMethod

    /// A method with its settings.
    public init(
        _ name: String, _ summary: String, _ settings: [MethodSetting], references: [String],
        maturity: MethodDescriptor.Maturity = .experimental,
        build: @escaping @Sendable (MethodValues, ProblemConstants) -> any RoundMethod
    ) {
        descriptor = MethodDescriptor(name: name, summary: summary, settings, references, maturity)
        self.settings = settings
        self.build = build
    }

    /// Values for a problem: what is given, then fixed defaults, then the theory.
    ///
    /// Throws for unknown names and values outside their range; a default of the theory is taken as it comes.
    public func values(
        _ given: [String: Double] = [:], choices: [String: String] = [:], for constants: ProblemConstants
    ) throws(SettingError) -> MethodValues {
        try MethodValues(given, choices: choices, of: settings, method: descriptor.name, for: constants)
    }

    /// The method for a problem; see `values`.
    public func method(
        _ given: [String: Double] = [:], choices: [String: String] = [:], for constants: ProblemConstants
    ) throws(SettingError) -> any RoundMethod {
        build(try values(given, choices: choices, for: constants), constants)
    }
}

/// What is wrong with a method's settings.
public enum SettingError: Error, Hashable, CustomStringConvertible {
    /// No such setting.
    case unknown(method: String, setting: String, known: [String])
    /// Not a number of the allowed kind and range.
    case outOfRange(setting: String, value: Double)
    /// Not one of the names.
    case unknownChoice(setting: String, choice: String, known: [String])

    /// What is wrong and what would be right.
    public var description: String {
        switch self {
        case .unknown(let method, let setting, let known):
            "\(method) has no setting \"\(setting)\"; it has: \(known.joined(separator: ", "))"
        case .outOfRange(let setting, let value): "\(setting) cannot be \(value)"
        case .unknownChoice(let setting, let choice, let known):
            "\(setting) cannot be \"\(choice)\"; there are: \(known.joined(separator: ", "))"
        }
    }
}
