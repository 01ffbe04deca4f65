/// The options of one workload, checked against its descriptor, with the defaults filled in.
public struct WorkloadOptions: Sendable {
    private let values: [String: HyperparameterValue]

    /// Checks the given options.
    ///
    /// - Parameters:
    ///   - given: values by name.
    ///   - descriptor: of the workload; its defaults fill the gaps.
    /// - Throws: `EngineError` for an unknown name, a value of the wrong kind or out of range.
    public init(_ given: [String: HyperparameterValue], for descriptor: WorkloadDescriptor) throws {
        var values: [String: HyperparameterValue] = [:]
        for option in descriptor.options { values[option.name] = option.defaultValue }
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            guard let option = descriptor.options.first(where: { $0.name == name }) else {
                let known = descriptor.options.map(\.name)
                throw EngineError(
                    code: "unknown-option",
                    message: "unknown option '\(name)' of workload '\(descriptor.name)'",
                    why: "it has " + known.joined(separator: ", "),
                    help: nearestName(to: name, among: known).map { "did you mean '\($0)'?" })
            }
            values[name] = try Self.check(value, option)
        }
        self.values = values
    }

    /// A whole number; 0 when it has neither value nor default.
    public func integer(_ name: String) -> Int {
        if case .integer(let value)? = values[name] { return value }
        return 0
    }

    /// A real number; 0 when it has neither value nor default.
    public func real(_ name: String) -> Double { values[name]?.number ?? 0 }

    /// A name or path, or `nil`.
    public func text(_ name: String) -> String? {
        if case .text(let value)? = values[name], !value.isEmpty { return value }
        return nil
    }

    /// Whether the option was given or has a default.
    public func has(_ name: String) -> Bool { values[name] != nil }

    /// A seed: any whole number.
    public func seed(_ name: String) -> UInt64 { UInt64(bitPattern: Int64(integer(name))) }

    private static func check(
        _ value: HyperparameterValue, _ option: HyperparameterDescriptor
    ) throws -> HyperparameterValue {
        switch option.kind {
        case .real(let min, let max):
            guard let number = value.number, number >= min, number <= max else {
                throw refused(value, option, "a number from \(min) to \(max)")
            }
            return .real(number)
        case .integer(let min, let max):
            guard let number = value.number, let whole = Int(exactly: number), whole >= min, whole <= max
            else {
                throw refused(value, option, "a whole number from \(min) to \(max)")
            }
            return .integer(whole)
        case .choice(let names):
            guard case .text(let name) = value, names.contains(name) else {
                throw refused(value, option, "one of " + names.joined(separator: ", "))
            }
            return value
        case .flag:
            guard case .flag = value else { throw refused(value, option, "true or false") }
            return value
        case .path:
            return .text(value.description)
        }
    }

    private static func refused(
        _ value: HyperparameterValue, _ option: HyperparameterDescriptor, _ wanted: String
    ) -> EngineError {
        .badOption("option '\(option.name)' cannot be '\(value)'", why: "it is \(wanted)")
    }
}

extension HyperparameterDescriptor {
    static func whole(
        _ name: String, _ summary: String, _ range: ClosedRange<Int>, _ value: Int?, scale: Scale = .log,
        unit: String = "1"
    ) -> HyperparameterDescriptor {
        HyperparameterDescriptor(
            name: name, summary: summary, kind: .integer(min: range.lowerBound, max: range.upperBound),
            defaultValue: value.map { .integer($0) }, scale: scale, unit: unit)
    }

    static func real(
        _ name: String, _ summary: String, _ range: ClosedRange<Double>, _ value: Double,
        scale: Scale = .linear
    ) -> HyperparameterDescriptor {
        HyperparameterDescriptor(
            name: name, summary: summary, kind: .real(min: range.lowerBound, max: range.upperBound),
            defaultValue: .real(value), scale: scale)
    }

    static func path(_ name: String, _ summary: String) -> HyperparameterDescriptor {
        HyperparameterDescriptor(name: name, summary: summary, kind: .path, defaultValue: nil)
    }

    static func choice(_ name: String, _ summary: String, _ names: [String]) -> HyperparameterDescriptor {
        HyperparameterDescriptor(
            name: name, summary: summary, kind: .choice(names), defaultValue: names.first.map { .text($0) })
    }

    static func seed(_ name: String, _ summary: String) -> HyperparameterDescriptor {
        whole(name, summary, Int.min...Int.max, 1, scale: .linear)
    }
}
