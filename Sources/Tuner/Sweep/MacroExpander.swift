public import Engine

/// What the macros of a command stand for in one trial.
public struct MacroValues: Sendable, Hashable {
    /// Every hyperparameter of the trial by name.
    public var hyperparameters: [String: HyperparameterValue]
    /// Tokens of the run.
    public var tokenBudget: Int
    /// Tokens per optimizer step; `nil` when the sweep has no batch size.
    public var batchSizeTokens: Int?
    /// Tokens per sequence; `nil` when the sweep has none.
    public var sequenceLength: Int?
    /// Optimizer steps; `nil` when the sweep has no batch size.
    public var steps: Int?
    /// Seed of the trial.
    public var seed: UInt64
    /// Number of the trial.
    public var trialNumber: Int
    /// Folder of the attempt.
    public var trialDirectory: String

    /// Values of one trial.
    public init(
        hyperparameters: [String: HyperparameterValue], tokenBudget: Int, batchSizeTokens: Int? = nil,
        sequenceLength: Int? = nil, steps: Int? = nil, seed: UInt64, trialNumber: Int, trialDirectory: String
    ) {
        self.hyperparameters = hyperparameters
        self.tokenBudget = tokenBudget
        self.batchSizeTokens = batchSizeTokens
        self.sequenceLength = sequenceLength
        self.steps = steps
        self.seed = seed
        self.trialNumber = trialNumber
        self.trialDirectory = trialDirectory
    }
}

/// Replaces the macros of a command.
///
///     try MacroExpander.expand(["train.py", "--lr=${learning_rate}"], values: values)
///     // ["train.py", "--lr=0.001"]
///
/// Each argument stays one argument, whatever the values hold; only `${args}` becomes several, one `--name=value`
/// for each hyperparameter by name. A real is always written as a real (`1.0`, never `1`). `$$` is a dollar sign.
public enum MacroExpander {
    /// Replaces the macros of a command.
    ///
    /// - Parameters:
    ///   - arguments: program and arguments with macros.
    ///   - values: of the trial.
    /// - Returns: program and arguments.
    /// - Throws: `failed` for a macro that has no value; a checked sweep has none.
    public static func expand(
        _ arguments: [String], values: MacroValues
    ) throws(TunerError) -> [String] {
        var expanded: [String] = []
        for argument in arguments {
            let template = MacroTemplate(argument)
            if template.isSingleMacro, template.macros.first?.name == "args" {
                expanded += values.hyperparameters.sorted { $0.key < $1.key }.map {
                    "--\($0.key)=\($0.value)"
                }
                continue
            }
            var text = ""
            for piece in template.pieces {
                switch piece {
                case .text(let literal): text += literal
                case .macro(let name): text += try value(of: name, in: values)
                }
            }
            expanded.append(text)
        }
        return expanded
    }

    private static func value(of name: String, in values: MacroValues) throws(TunerError) -> String {
        if let value = values.hyperparameters[name] { return value.description }
        let value: String? =
            switch name {
            case "steps": values.steps.map(String.init)
            case "token_budget": String(values.tokenBudget)
            case "batch_size_tokens": values.batchSizeTokens.map(String.init)
            case "batch_size_sequences": sequences(values)
            case "seed": String(values.seed)
            case "trial_number": String(values.trialNumber)
            case "trial_directory": values.trialDirectory
            default: nil
            }
        guard let value else {
            let message = DiagnosticMessage.unknownMacro(name, known: known(values))
            throw TunerError(.failed, message.message, why: message.why, help: message.help)
        }
        return value
    }

    private static func sequences(_ values: MacroValues) -> String? {
        guard let batch = values.batchSizeTokens, let length = values.sequenceLength, length > 0 else {
            return nil
        }
        return String(batch / length)
    }

    private static func known(_ values: MacroValues) -> [String] {
        values.hyperparameters.keys.sorted() + SweepKeys.macros.filter { values.hyperparameters[$0] == nil }
    }
}
