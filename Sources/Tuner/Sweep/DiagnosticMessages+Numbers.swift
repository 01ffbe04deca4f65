/// What can be wrong with numbers, ranges, budgets and sizes; see `DiagnosticMessages.swift` for the form.
extension DiagnosticMessage {
    static func wrongNumber(
        _ text: String, key: String, expected: ExpectedScalar, problem: ScalarProblem
    ) -> Self {
        let message = "'\(key)' cannot be \(quoted(text))"
        switch problem {
        case .notANumber, .notAFlag:
            return Self(
                expected.code, message, why: "it is \(expected.name)",
                help: "for example \(expected.examples)")
        case .negative:
            return Self("negative-number", message, why: "it is \(expected.name) and cannot be negative")
        case .notWhole:
            return Self(
                "not-whole", message, why: "it is \(expected.name)", help: "for example \(expected.examples)")
        case .notFinite:
            return Self("not-finite", message, why: "it is \(expected.name) and must be finite")
        case .tooLarge:
            return Self("number-too-large", message, why: "\(expected.limit) is the limit")
        case .tooSmall:
            return Self("number-too-small", message, why: "it is not zero but rounds to it")
        case .missingUnit:
            return Self(
                "missing-unit", message, why: "it needs a unit", help: "for example \(expected.examples)")
        case .unknownSuffix(let suffix, let meant):
            return Self(
                "unknown-unit", message, why: "\(quoted(suffix)) is not one of \(expected.units)",
                help: meant.map { "did you mean '\($0)'?" } ?? "for example \(expected.examples)")
        }
    }

    static func outOfRange(_ text: String, key: String, min: String, max: String?) -> Self {
        Self(
            "out-of-range", "'\(key)' cannot be \(quoted(text))",
            why: max.map { "it is between \(min) and \($0)" } ?? "it is at least \(min)")
    }

    static func emptyRange(_ key: String, _ min: String, _ max: String) -> Self {
        Self(
            "empty-range", "the range of '\(key)' begins at \(quoted(min)) and ends at \(quoted(max))",
            why: "'min' must be below 'max'", help: "for a single value write '\(key): \(shown(min))'")
    }

    static func halfRange(_ key: String, missing: String) -> Self {
        Self("missing-key", "the range of '\(key)' has no '\(missing)'", help: "add '\(missing)'")
    }

    static func oneModelSize(workload: String) -> Self {
        Self(
            "one-model-size", "workload '\(workload)' cannot take 'model_sizes'",
            why: "a built-in workload gets its size from its own options, and a sweep has one of each",
            help: "remove 'model_sizes', or train with a 'command' that takes ${model_size}")
    }

    static func targetsWithoutSizes(_ key: String) -> Self {
        Self(
            "target-without-sizes", "'\(key)' is given, but no 'model_sizes'",
            why: "how the best values move with the model size shows only when several sizes are trained",
            help: "add for example 'model_sizes: [10M, 20M, 40M]', or remove '\(key)'")
    }

    static func twoTargets(_ key: String) -> Self {
        Self(
            "two-targets", "'\(key)' does not go with 'target_cells'",
            why: "each of the target cells has a budget and a model size of its own",
            help: "remove one of them")
    }

    static func needsLawGuided(_ key: String, method: String, why: String) -> Self {
        Self(
            "needs-law-guided", "'\(key)' does not go with 'method: \(method)'", why: why,
            help: "remove one of them")
    }

    static func cellNotListed(_ value: String, key: String) -> Self {
        Self(
            "cell-not-listed", "\(quoted(value)) is no listed \(key)",
            why: "a cell is a pair of a listed model size and a listed budget",
            help: "add it to '\(key == "model_size" ? "model_sizes" : "token_budgets")'")
    }

    static let flopsWithoutSizes = Self(
        "flops-without-sizes", "'cost_unit: flops' is given, but no 'model_sizes'",
        why: "a trial is taken to cost 6 * model_size * tokens",
        help: "count in tokens or seconds, or add 'model_sizes'")

    static func invalidStep(_ text: String) -> Self {
        Self(
            "invalid-step", "'step' cannot be \(quoted(text))",
            why: "it is a factor above one or a difference above zero", help: "for example 'x2' or '0.1'")
    }

    static func stepDoesNotFit(_ text: String, scale: String) -> Self {
        let wanted = scale == "linear" ? "a difference such as '0.1'" : "a factor such as 'x2'"
        return Self(
            "step-scale-mismatch", "step \(quoted(text)) does not fit scale '\(scale)'",
            why: "on this scale a step is \(wanted)", help: "change the step, or leave 'scale' out")
    }

    static func stepTooLarge(_ text: String, key: String) -> Self {
        Self(
            "step-too-large", "step \(quoted(text)) leaves a single value of '\(key)'",
            why: "the first step goes beyond 'max'", help: "take a smaller step")
    }

    static func logScaleNeedsPositive(_ key: String, _ min: String) -> Self {
        Self(
            "log-scale-needs-positive", "a log scale of '\(key)' cannot begin at \(quoted(min))",
            why: "the logarithm of zero is not finite", help: "give a 'min' above zero, or 'scale: linear'")
    }

    static func complementLogNeedsBelowOne(_ key: String, _ max: String) -> Self {
        Self(
            "complement-log-needs-below-one",
            "a complement_log scale of '\(key)' cannot end at \(quoted(max))",
            why: "it moves on the logarithm of one minus the value",
            help: "give a 'max' below one, or 'scale: linear'")
    }
}
