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
        let hyperparameters = fixedValues.merging(trial.proposal.hyperparameters) { _, proposed in proposed }
        let batch = Self.batchSizeTokens(hyperparameters) ?? max(1, definition.batchSizeGranularity)
        let budget = trial.proposal.tokenBudget
        var spec = AttemptSpec(
            sweep: definition.name, trial: trial.number, attempt: attempt.number, name: attempt.name,
            token: attempt.token, hyperparameters: hyperparameters, tokenBudget: budget,
            batchSizeTokens: batch, steps: max(1, (budget + batch - 1) / batch), seed: trial.seed,
            directory: attempt.directory)
        switch definition.subject {
        case .workload(let name, let options):
            spec.workload = .init(name: name, options: options)
            spec.optimizer = definition.optimizer.map {
                .init(name: $0.name, options: $0.options, origin: $0.external?.origin)
            }
            spec.schedule = definition.optimizer?.schedule
            if let growth = definition.optimizer?.batchGrowth {
                spec.batchGrowth = growth
                spec.steps = growth.steps(batchSizeTokens: batch, tokenBudget: budget)
            }
            let shorter = definition.shorterBudgets(of: trial.proposal, batchSizeTokens: batch)
            spec.shorterBudgets = shorter.isEmpty ? nil : shorter
            spec.checkpointDirectory = Self.checkpointDirectory(of: attempt)
            if definition.earlyTermination != nil { spec.awaitsAnswers = true }
        case .command(let arguments):
            spec.command = AttemptSpec.CommandSpec(
                arguments: try expandCommand(arguments, spec, definition),
                workingDirectory: definition.workingDirectory.path, environment: definition.environment,
                pattern: pattern, observationFile: try observationFile(spec), metric: definition.metric.name,
                memoryLimit: definition.memoryLimit)
        case .askTell:
            throw TunerError(.internalError, "the trials of '\(definition.name)' are not run here")
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

    /// Replaces the macros of a command with the values of its attempt: what `SweepService.Dependencies` is given
    /// outside tests.
    ///
    /// - Parameters:
    ///   - arguments: program and arguments with macros.
    ///   - spec: of the attempt, without its command.
    ///   - definition: of the sweep.
    /// - Returns: program and arguments.
    /// - Throws: `failed` for a macro without a value.
    @Sendable static func expandMacros(
        _ arguments: [String], _ spec: AttemptSpec, _ definition: SweepDefinition
    ) throws -> [String] {
        let hasBatch = spec.hyperparameters[batchSizeName] != nil
        return try MacroExpander.expand(
            arguments,
            values: MacroValues(
                hyperparameters: spec.hyperparameters, tokenBudget: spec.tokenBudget,
                batchSizeTokens: hasBatch ? spec.batchSizeTokens : nil,
                sequenceLength: definition.sequenceLength,
                steps: hasBatch ? spec.steps : nil, seed: spec.seed, trialNumber: spec.trial,
                trialDirectory: spec.directory))
    }

    private static let batchSizeName = "batch_size_tokens"

    /// What the sweep file fixes under `parameters`.
    private var fixedValues: [String: HyperparameterValue] {
        definition.parameters.reduce(into: [:]) { values, parameter in
            if case .value(let value) = parameter.domain { values[parameter.name] = value }
        }
    }

    /// Whole tokens a step; `nil` for a sweep without batch size (commands only).
    static func batchSizeTokens(_ hyperparameters: [String: HyperparameterValue]) -> Int? {
        guard let number = hyperparameters[batchSizeName]?.number, number.isFinite, number >= 1,
            number < 9e15
        else { return nil }
        return Int(number.rounded())
    }

    private var pattern: String? {
        switch definition.observations {
        case .protocolLines: nil
        case .pattern(let pattern): pattern
        case .file(_, _, let pattern): pattern
        }
    }

    private func observationFile(_ spec: AttemptSpec) throws -> AttemptSpec.ObservationFile? {
        guard case .file(let path, let format, _) = definition.observations else { return nil }
        let expanded = try expandCommand([path], spec, definition).first ?? path
        let base = URL(filePath: spec.directory, directoryHint: .isDirectory)
        return .init(path: URL(filePath: expanded, relativeTo: base).standardizedFileURL.path, format: format)
    }
}
