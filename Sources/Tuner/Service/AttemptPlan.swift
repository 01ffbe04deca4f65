import Engine
import Foundation

/// Puts together what a worker needs for one attempt from the sweep's definition, the trial and the stored attempt.
struct AttemptPlan: Sendable {
    /// The sweep.
    var definition: SweepDefinition
    /// Replaces the macros of a command; see `SweepService.Dependencies`.
    var expandCommand: @Sendable ([String], AttemptSpec, SweepDefinition) throws -> [String]

    /// The spec of an attempt.
    ///
    /// - Parameters:
    ///   - trial: the trial.
    ///   - attempt: its attempt, already in the store.
    /// - Returns: the spec.
    /// - Throws: `invalidSweep` when a macro has no value.
    func spec(for trial: Trial, attempt: StoredAttempt) throws -> AttemptSpec {
        let batch = batchSizeTokens(of: trial)
        let budget = trial.proposal.tokenBudget
        var spec = AttemptSpec(
            sweep: definition.name, trial: trial.number, attempt: attempt.number, name: attempt.name,
            token: attempt.token, hyperparameters: trial.proposal.hyperparameters, tokenBudget: budget,
            batchSizeTokens: batch, steps: max(1, (budget + batch - 1) / batch), seed: trial.seed,
            directory: attempt.directory)
        switch definition.subject {
        case .workload(let name, let options):
            spec.workload = .init(name: name, options: options)
            spec.optimizer = definition.optimizer.map { .init(name: $0.name, options: $0.options) }
            spec.schedule = definition.optimizer?.schedule
            spec.checkpointDirectory = Self.checkpointDirectory(of: attempt)
        case .command(let arguments):
            spec.command = AttemptSpec.CommandSpec(
                arguments: try expandCommand(arguments, spec, definition),
                workingDirectory: definition.workingDirectory.path, environment: definition.environment,
                pattern: pattern, metric: definition.metric.name, memoryLimit: definition.memoryLimit)
        }
        return spec
    }

    /// `<root>/<sweep>/td-<8 hex>-<trial id>/<attempt>`: a folder per attempt below one per trial, whose names are
    /// never used twice in a store.
    static func directory(root: URL, sweep: String, attemptName: String, attempt: Int) -> String {
        let suffix = "-\(attempt)"
        let trial = attemptName.hasSuffix(suffix) ? String(attemptName.dropLast(suffix.count)) : attemptName
        return root.appending(path: sweep).appending(path: trial).appending(path: "\(attempt)").path
    }

    /// The checkpoint folder shared by all attempts of a trial.
    static func checkpointDirectory(of attempt: StoredAttempt) -> String {
        URL(filePath: attempt.directory).deletingLastPathComponent().appending(path: "checkpoint").path
    }

    /// From the trial, else fixed by the sweep, else one sequence a step.
    private func batchSizeTokens(of trial: Trial) -> Int {
        let name = "batch_size_tokens"
        var value = trial.proposal.hyperparameters[name]
        if value == nil,
            case .value(let fixed)? = definition.parameters.first(where: { $0.name == name })?.domain
        {
            value = fixed
        }
        if value == nil { value = definition.optimizer?.options[name] }
        guard let number = value?.number, number.isFinite, number >= 1, number < 9e15 else {
            return max(1, definition.sequenceLength ?? 1)
        }
        return Int(number.rounded())
    }

    private var pattern: String? {
        switch definition.observations {
        case .protocolLines: nil
        case .pattern(let pattern): pattern
        }
    }
}
