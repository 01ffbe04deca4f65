import ArgumentParser
import ScalingLaws

/// A learning-rate schedule: `constant`, `linear`, `cosine`, `wsd`, `wsd:0.2`.
struct ScheduleArgument: ExpressibleByArgument {
    var name: String
    var shape: ScheduleFactors.Shape

    /// The shapes shown side by side.
    static let shown: [ScheduleArgument] = ["constant", "linear", "cosine", "wsd"].compactMap(Self.init)

    static let allValueStrings = ["constant", "linear", "cosine", "wsd", "wsd:FRACTION"]

    init?(argument: String) {
        name = argument
        switch argument {
        case "constant": shape = .constant
        case "linear": shape = .linear
        case "cosine": shape = .cosine
        case "wsd": shape = .wsd(decayFraction: 0.2)
        default:
            guard argument.hasPrefix("wsd:"), let part = Double(argument.dropFirst(4)), part >= 0, part <= 1
            else { return nil }
            shape = .wsd(decayFraction: part)
        }
    }

    /// Best peak over best constant rate.
    func peakFactor(warmup: Double) -> Double { ScheduleFactors(shape, warmupFraction: warmup).peakFactor }
}
