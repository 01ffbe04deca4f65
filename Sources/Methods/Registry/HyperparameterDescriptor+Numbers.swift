import Engine

extension HyperparameterDescriptor {
    /// Whether a number is of the kind and in the range.
    func accepts(_ value: Double) -> Bool {
        switch kind {
        case .real(let low, let high): value >= low && value <= high
        case .integer(let low, let high):
            value >= Double(low) && value <= Double(high) && value == value.rounded()
        case .choice, .flag, .path: false
        }
    }

    /// The fixed default as a number.
    var fixedDefault: Double? {
        switch defaultValue {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
}
