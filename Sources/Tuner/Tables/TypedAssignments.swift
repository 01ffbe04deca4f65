import Foundation

/// What `--predict` is given: `model_size=1e9,token_budget=1e11`. Numbers may have the endings of counts.
struct TypedAssignments {
    /// Numbers.
    private(set) var numbers: [TableQuantity: Double] = [:]
    /// Value of `optimizer`.
    private(set) var optimizer: String?

    /// Reads assignments.
    ///
    /// - Parameters:
    ///   - text: comma-separated.
    ///   - known: quantities that can stand there.
    ///   - example: what to write, for the message.
    /// - Throws: `usage` for what cannot be understood.
    init(_ text: String, known: [TableQuantity], example: String) throws(TunerError) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard sides.count == 2 else {
                throw TunerError(
                    .usage,
                    "--predict \(DiagnosticMessage.quoted(text)) has a part that is not QUANTITY=VALUE",
                    help: "write for example --predict \(example)")
            }
            guard let quantity = TableQuantity(name: sides[0]), known.contains(quantity) else {
                throw ColumnMapping.unknown(sides[0], option: "--predict", known: known)
            }
            if numbers[quantity] != nil || (quantity == .optimizer && optimizer != nil) {
                throw TunerError(
                    .usage, "--predict gives '\(quantity.rawValue)' twice", help: "keep one of them")
            }
            if quantity == .optimizer {
                optimizer = sides[1]
            } else {
                numbers[quantity] = try Self.number(sides[1], quantity)
            }
        }
    }

    private static func number(_ text: String, _ quantity: TableQuantity) throws(TunerError) -> Double {
        let value = FieldReader.number(text) ?? (try? Scalars.count(text)).map(Double.init)
        guard let value else {
            throw TunerError(
                .usage, "--predict \(quantity.rawValue): \(DiagnosticMessage.quoted(text)) is not a number",
                help: "write for example 1e9, 4Mi or 0.002")
        }
        guard quantity.allows(value) else {
            throw TunerError(
                .usage, "--predict \(quantity.rawValue) cannot be \(DiagnosticMessage.quoted(text))",
                why: "it must be \(quantity.range)")
        }
        return value
    }
}
