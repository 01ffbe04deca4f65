import ArgumentParser
import ScalingLaws
import Tuner

/// A positive number, with the endings of counts: `0.02`, `1e9`, `32Ki`.
struct PositiveNumber: ExpressibleByArgument {
    var value: Double

    init?(argument: String) {
        let isDecimal = !argument.contains { "xXpP".contains($0) }
        let plain = isDecimal ? Double(argument) : nil
        guard let value = plain ?? (try? CountFormat.parse(argument, named: "number")).map(Double.init),
            value > 0, value.isFinite
        else { return nil }
        self.value = value
    }
}

/// Constants of a problem in the optimizer's own norm.
struct ProblemOptions: ParsableArguments {
    @Option(help: "D, first loss less the lowest one.") var gap: PositiveNumber?
    @Option(help: "L, smoothness in the optimizer's norm: loss / step length^2.") var smoothness:
        PositiveNumber?
    @Option(help: "s, dual-norm gradient noise of a batch of one token: loss / step length * tokens^(1/2).")
    var noise: PositiveNumber?

    /// Whether some of them are given.
    var isGiven: Bool { gap != nil || smoothness != nil || noise != nil }

    /// The constants; an error when one is missing, `nil` when all are.
    func constants() throws -> LMOConstants? {
        guard isGiven else { return nil }
        guard let gap, let smoothness, let noise else {
            throw ValidationError("--gap, --smoothness and --noise go together.")
        }
        return LMOConstants(gap: gap.value, smoothness: smoothness.value, noise: noise.value)
    }
}

/// A setting known to be good.
struct AnchorOptions: ParsableArguments {
    @Option(name: .customLong("at"), help: "Tokens of the runs the known setting is from.") var anchor:
        PositiveNumber?
    @Option(help: "Learning rate of the known setting.") var learningRate: PositiveNumber?
    @Option(help: "Tokens a step.") var batchSizeTokens: PositiveNumber?
    @Option(help: "Fraction of the momentum kept, from 0 to 1; 0 is none.") var momentum: Double?
    @Option(
        help: ArgumentHelp(
            "What was tuned there; may be repeated.", valueName: "hyperparameter"))
    var tuned: [LawAxis] = []

    func validate() throws {
        if let momentum, !(0..<1).contains(momentum) {
            throw ValidationError("--momentum must be at least 0 and less than 1.")
        }
    }

    /// alpha.
    var momentumComplement: Double? { momentum.map { 1 - $0 } }

    /// The setting, when all of it is given.
    var point: LMOPoint? {
        guard let anchor, let learningRate, let batchSizeTokens, let alpha = momentumComplement else {
            return nil
        }
        return LMOPoint(
            learningRate: learningRate.value, momentumComplement: alpha, batchSize: batchSizeTokens.value,
            tokenBudget: anchor.value)
    }
}

extension LMOBound {
    /// The names on the command line; `refined` is its closed form.
    enum Choice: String, ExpressibleByArgument, CaseIterable, Sendable {
        case standard, refined, nesterov
        case weightDecay = "weight-decay"

        var bound: LMOBound {
            switch self {
            case .standard: .standard
            case .refined: .refinedClosed
            case .nesterov: .nesterov
            case .weightDecay: .weightDecay
            }
        }
    }
}
