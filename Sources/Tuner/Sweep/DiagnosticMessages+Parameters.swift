/// What can be wrong with searched parameters; see `DiagnosticMessages.swift` for the form.
extension DiagnosticMessage {
    static func noParameters(isCommand: Bool) -> Self {
        missingKey(
            "parameters",
            why: isCommand
                ? "they say what is varied"
                : "they say what is varied; 'learning_rate' and a batch size must be among them",
            help: "add 'parameters: {learning_rate: {min: 1e-4, max: 1e-1}, ...}'")
    }

    static func unknownParameter(_ name: String, optimizer: String, known: [String], owner: String?) -> Self {
        let names = known + SweepKeys.batchSizes
        return Self(
            "unknown-parameter", "unknown parameter \(quoted(name))",
            why: "optimizer '\(optimizer)' has \(list(known))",
            help: owner.map { "'\(name)' is an option: set it under '\($0)'" } ?? didYouMean(name, names))
    }

    static let bareBatchSize = Self(
        "ambiguous-batch-size", "'batch_size' does not say of what",
        why: "trainers mean four different things by it",
        help:
            "write 'batch_size_tokens', 'batch_size_sequences' (needs a sequence length) or 'batch_size_examples'"
    )

    static let missingLearningRate = Self(
        "missing-parameter", "'learning_rate' is missing", why: "a workload cannot be trained without it",
        help: "add 'learning_rate: {min: 1e-4, max: 1e-1}', or a single value")

    static let missingBatchSize = Self(
        "missing-parameter", "the batch size is missing", why: "a workload cannot be trained without it",
        help: "add 'batch_size_tokens: 8Ki', or 'batch_size_sequences' or 'batch_size_examples'")

    static func parameterTwice(_ name: String, _ owner: String) -> Self {
        Self(
            "parameter-twice", "'\(name)' is set twice", why: "it is also set in \(owner)",
            help: "remove one of them")
    }

    static func reservedParameter(_ name: String) -> Self {
        Self(
            "reserved-name", "'\(name)' cannot be the name of a hyperparameter",
            why: "'${\(name)}' already has a meaning", help: "choose another name")
    }

    static func oneFormOfValues(_ key: String, count: Int) -> Self {
        Self(
            "wrong-shape", "hyperparameter '\(key)' has '\(count)' kinds of values",
            why: "it needs exactly one",
            help: "write {value: ...}, {values: [...]} or {min: ..., max: ...}")
    }

    static func onlyForRanges(_ key: String) -> Self {
        Self(
            "unused-option", "'\(key)' means nothing without 'min' and 'max'",
            help: "remove it, or give a range")
    }

    static func rangeOfNames(_ key: String) -> Self {
        Self(
            "wrong-shape", "'\(key)' cannot have a range", why: "its values are not numbers",
            help: "list them: {values: [...]}")
    }

    static func noSequenceLength(workload: String?) -> Self {
        if let workload {
            return Self(
                "missing-sequence-length", "'batch_size_sequences' needs a sequence length",
                why: "workload '\(workload)' has no sequences: one example is one token",
                help: "write 'batch_size_examples' or 'batch_size_tokens'")
        }
        return Self(
            "missing-sequence-length", "'batch_size_sequences' needs a sequence length",
            help: "add 'sequence_length: 1Ki', or write 'batch_size_tokens'")
    }

    static func examplesOfSequences(_ workload: String) -> Self {
        Self(
            "ambiguous-batch-size", "'batch_size_examples' does not say of what for workload '\(workload)'",
            why: "an example could be a token or a sequence",
            help: "write 'batch_size_sequences' or 'batch_size_tokens'")
    }

    static func partialSequences(_ text: String, tokens: Int, sequenceLength: Int) -> Self {
        let below = tokens / sequenceLength * sequenceLength
        let near = [below, below + sequenceLength].filter { $0 > 0 }.map { "'\(CountFormat.short($0))'" }
        return Self(
            "partial-sequences", "batch size \(quoted(text)) is not a whole number of sequences",
            why: "a sequence has \(sequenceLength) tokens",
            help: "the nearest \(near.count == 1 ? "is" : "are") \(near.joined(separator: " and "))")
    }

    static func batchAboveGrowthStart(_ text: String, start: Int) -> Self {
        Self(
            "batch-exceeds-growth", "batch size \(quoted(text)) is larger than the first stage",
            why:
                "'batch_growth' begins after \(CountFormat.short(start)) tokens, the run that batch and rate were tuned for",
            help: "raise 'start_tokens', or take smaller batch sizes")
    }

    static func batchNotBelowBudget(_ text: String, tokens: Int, budget: Int) -> Self {
        Self(
            "batch-exceeds-budget", "batch size \(quoted(text)) leaves a single step",
            why:
                "the largest token budget is \(CountFormat.short(budget)), and a run of one step teaches nothing",
            help: "take smaller batch sizes or larger budgets")
    }
}
