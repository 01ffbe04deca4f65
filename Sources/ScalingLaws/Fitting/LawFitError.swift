/// Why no law could be fitted, and how to get one.
public enum LawFitError: Error, Sendable, Hashable {
    /// No axis is searched, so there is nothing to recommend.
    case nothingSearched
    /// No run finished with a loss.
    case noFinishedRun(diverged: Int)
    /// A sample lacks an axis that others have.
    case missingAxis(LawAxis, sample: Int)
    /// Some samples have a model size and others do not.
    case missingModelSize(sample: Int)
    /// A number that cannot be used: not finite, not positive, or a momentum outside 0..<1.
    case unusableValue(String, value: Double, sample: Int)
    /// Every searched axis took a single value.
    case nothingVaried([LawAxis])
    /// All runs of every cell ended with the same loss.
    case lossesEqual(runs: Int)
    /// The equations stayed singular from every start.
    case notSolvable(runs: Int)

    /// Stable kebab-case code.
    public var code: String {
        switch self {
        case .nothingSearched: "nothing-searched"
        case .noFinishedRun: "no-finished-run"
        case .missingAxis: "missing-axis"
        case .missingModelSize: "missing-model-size"
        case .unusableValue: "unusable-value"
        case .nothingVaried: "nothing-varied"
        case .lossesEqual: "losses-equal"
        case .notSolvable: "not-solvable"
        }
    }
}

extension LawFitError: CustomStringConvertible {
    /// What is missing and how to get it.
    public var description: String {
        switch self {
        case .nothingSearched:
            return "no hyperparameter is searched; give at least learning_rate a range or a list of values"
        case .noFinishedRun(let diverged) where diverged > 0:
            return "all \(diverged) finished runs diverged; search smaller learning rates"
        case .noFinishedRun:
            return "no run has finished yet; wait for one, or run more trials"
        case .missingAxis(let axis, let sample):
            return "run \(sample + 1) has no '\(axis.rawValue)' while others have; record it for every run"
        case .missingModelSize(let sample):
            return
                "run \(sample + 1) has no 'model_size' while others have; record it for every run or for none"
        case .unusableValue(let name, let value, let sample):
            return "'\(name)' of run \(sample + 1) is \(value); it must be finite and in its range"
        case .nothingVaried(let axes):
            let names = axes.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            return "every finished run has the same \(names); run trials at two or more values"
        case .lossesEqual(let runs):
            return
                "the \(runs) finished runs ended with the same loss wherever they can be compared, so that none is "
                + "best; is it the right metric, and was it measured after training?"
        case .notSolvable(let runs):
            return "the \(runs) finished runs determine no law; run more values at each budget"
        }
    }
}
