import Foundation

/// The hyperparameters whose best values the laws follow over budgets.
///
/// Laws are linear in logarithms, so each axis has a coordinate: `log learning_rate`, `log batch_size_tokens`, and
/// for momentum `log(1 - momentum)`, because bounds are stated in alpha = 1 - beta.
public enum LawAxis: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Peak learning rate, dimensionless.
    case learningRate = "learning_rate"
    /// Tokens per optimizer step.
    case batchSize = "batch_size_tokens"
    /// Fraction of the old buffer kept, 0..<1.
    case momentum

    /// The coordinate (natural logarithm) of a value.
    public func coordinate(of value: Double) -> Double {
        switch self {
        case .learningRate, .batchSize: log(value)
        case .momentum: log(1 - value)
        }
    }

    /// The value at a coordinate.
    public func value(at coordinate: Double) -> Double {
        switch self {
        case .learningRate, .batchSize: exp(coordinate)
        case .momentum: 1 - exp(coordinate)
        }
    }
}
