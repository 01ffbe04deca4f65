/// One value of one hyperparameter or option, as a person wrote it and as JSON carries it.
///
/// A real stays a real when it is printed (`1.0`, never `1`): several trainers check the type of an override.
public enum HyperparameterValue: Sendable, Hashable {
    /// A real number.
    case real(Double)
    /// A whole number; counts of tokens and layers.
    case integer(Int)
    /// A name out of a list of choices, or a path.
    case text(String)
    /// On or off.
    case flag(Bool)

    /// The numeric value, or `nil` for text; a flag counts as 0 or 1.
    public var number: Double? {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        case .flag(let value): value ? 1 : 0
        case .text: nil
        }
    }
}

extension HyperparameterValue: Codable {
    /// Reads a JSON scalar. A number without a fraction is an integer: the reader of a value asks for
    /// `number` and never depends on which of the two it was.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    /// Writes a JSON scalar.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .real(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        }
    }
}

extension HyperparameterValue: CustomStringConvertible {
    /// The value as it is typed: reals always look like reals.
    public var description: String {
        switch self {
        case .real(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .text(let value): value
        case .flag(let value): value ? "true" : "false"
        }
    }
}
