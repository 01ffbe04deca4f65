internal import Engine

/// Descriptors that several optimizers share, so that one word means one thing everywhere.
extension HyperparameterDescriptor {
    /// Peak of the schedule. The range is what can be searched without overflow, not what is sensible.
    static func learningRate(_ value: Double, _ summary: String) -> HyperparameterDescriptor {
        .init(
            name: "learning_rate", summary: summary, kind: .real(min: 1e-10, max: 1e3),
            defaultValue: .real(value), scale: .log)
    }

    /// Beta, the fraction of the old buffer kept. Searched in factors of `1 - momentum`.
    static func momentum(_ value: Double, _ summary: String) -> HyperparameterDescriptor {
        .init(
            name: "momentum", summary: summary, kind: .real(min: 0, max: 0.999_999),
            defaultValue: .real(value),
            scale: .complementLog)
    }

    /// Weight decay.
    static func weightDecay(_ value: Double, _ summary: String) -> HyperparameterDescriptor {
        .init(
            name: "weight_decay", summary: summary, kind: .real(min: 0, max: 100), defaultValue: .real(value),
            scale: .log)
    }

    /// Fraction of the averaged squared gradient kept.
    static func beta2(_ value: Double) -> HyperparameterDescriptor {
        .init(
            name: "beta2", summary: "Fraction of the averaged squared gradient kept.",
            kind: .real(min: 0, max: 0.999_999), defaultValue: .real(value), scale: .complementLog)
    }

    /// Added to Adam's root. Not zero, so that a zero gradient gives a zero step.
    static func epsilon(_ value: Double) -> HyperparameterDescriptor {
        .init(
            name: "epsilon", summary: "Added to the root of the averaged squared gradient.",
            kind: .real(min: 1e-30, max: 1), defaultValue: .real(value), scale: .log, unit: "gradient")
    }

    /// A switch.
    static func flag(_ name: String, _ value: Bool, _ summary: String) -> HyperparameterDescriptor {
        .init(name: name, summary: summary, kind: .flag, defaultValue: .flag(value))
    }

    /// One of the cases of an enum.
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ value: Choice, _ summary: String
    ) -> HyperparameterDescriptor {
        .init(
            name: name, summary: summary, kind: .choice(Choice.allCases.map(\.rawValue)),
            defaultValue: .text(value.rawValue))
    }

    /// A positive factor searched on a logarithmic scale.
    static func factor(
        _ name: String, _ value: Double, _ range: ClosedRange<Double>, _ summary: String
    ) -> HyperparameterDescriptor {
        .init(
            name: name, summary: summary, kind: .real(min: range.lowerBound, max: range.upperBound),
            defaultValue: .real(value), scale: .log)
    }
}

/// What an averaged momentum starts from.
enum MomentumStart: String, CaseIterable {
    /// Zero: after normalisation that is an average without a preference for the first minibatch.
    case zero
    /// The first gradient, as convergence proofs assume.
    case gradient
}
