import Engine

/// The keys of a sweep file, in the order of the documentation.
enum SweepKeys {
    /// Keys at the top.
    static let top = [
        "name", "description", "workload", "command", "ask_tell", "optimizer", "metric", "objectives",
        "parameters", "token_budgets", "target_token_budget", "model_sizes",
        "target_model_size", "target_cells", "cells", "law", "method", "probe", "early_terminate", "run_cap",
        "cost_cap", "cost_unit", "replicates", "seed",
        "parallel", "stack", "shorter_runs",
        "retries",
        "trial_timeout", "memory_limit", "observations", "working_directory", "environment",
        "sequence_length", "runner",
    ]

    /// Keys that mean something for commands only.
    static let forCommands = ["observations", "working_directory", "environment", "sequence_length"]

    /// Keys about processes, of which an outside loop has none.
    static let notForAskTell = [
        "observations", "working_directory", "environment", "trial_timeout", "memory_limit", "runner",
    ]

    /// Ways to write the batch size.
    static let batchSizes = ["batch_size_tokens", "batch_size_sequences", "batch_size_examples"]

    /// Macros that are no hyperparameters.
    static let macros = [
        "args", "steps", "token_budget", "batch_size_tokens", "batch_size_sequences", "seed", "trial_number",
        "trial_directory",
    ]

    /// Names a command's hyperparameter cannot have.
    static let reservedParameters = [
        "args", "steps", "token_budget", "seed", "trial_number", "trial_directory", "trial_token", "tokens",
        "model_size",
    ]

    /// Metrics every workload reports.
    static let commonMetrics = ["tokens", "epochs", "model_size"]

    /// Hyperparameters whose meaning is known without an optimizer, for commands.
    static let knownParameters: [HyperparameterDescriptor] = [
        real("learning_rate", 0, .greatestFiniteMagnitude, .log),
        real("weight_decay", 0, .greatestFiniteMagnitude, .log),
        real("epsilon", 0, .greatestFiniteMagnitude, .log),
        real("momentum", 0, (1.0).nextDown, .complementLog),
        real("beta1", 0, (1.0).nextDown, .complementLog),
        real("beta2", 0, (1.0).nextDown, .complementLog),
        real("clipping_quantile", 0, 1, .complementLog),
        real("warmup_fraction", 0, 1, .linear),
        real("decay_fraction", 0, 1, .linear),
        batchSize,
    ]

    /// The batch size in tokens.
    static let batchSize = HyperparameterDescriptor(
        name: "batch_size_tokens",
        summary: "Tokens per optimizer step, all devices and accumulation included.",
        kind: .integer(min: 1, max: Scalars.largestCount), defaultValue: nil, scale: .log, unit: "tokens")

    private static func real(
        _ name: String, _ min: Double, _ max: Double, _ scale: HyperparameterDescriptor.Scale
    ) -> HyperparameterDescriptor {
        HyperparameterDescriptor(
            name: name, summary: "", kind: .real(min: min, max: max), defaultValue: nil, scale: scale)
    }
}
