import Engine
import Foundation
import Testing

@testable import Tuner

/// Sweep files with what is read from them: input, a line of ten dashes, expected text.
///
/// `TUNERD_UPDATE_GOLDEN=1 swift test --filter SweepGolden` writes the expected texts anew; read the difference.
@Suite struct SweepGoldenTests {
    @Test func badFilesGiveTheExpectedDiagnostics() throws {
        let files = try goldenFiles("bad")
        #expect(files.count >= 45)
        for file in files {
            try check(file) { text in
                let (definition, diagnostics) = checkSweep(text)
                #expect(definition == nil && !diagnostics.isEmpty, "\(file.lastPathComponent)")
                return diagnostics.map(\.rendered).joined(separator: "\n")
            }
        }
    }

    @Test func goodFilesGiveTheExpectedDefinition() throws {
        let files = try goldenFiles("good")
        #expect(files.count >= 8)
        for file in files {
            try check(file) { text in
                let (definition, diagnostics) = checkSweep(text)
                return definition.map(summary) ?? diagnostics.map(\.rendered).joined(separator: "\n")
            }
        }
    }

    private let separator = "\n----------\n"

    private func goldenFiles(_ folder: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: folderOfTests.appendingPathComponent(folder), includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }
    }

    private func check(_ file: URL, produce: (String) -> String) throws {
        let parts = String(decoding: try Data(contentsOf: file), as: UTF8.self).components(
            separatedBy: separator)
        let output = produce(parts[0] + "\n") + "\n"
        if ProcessInfo.processInfo.environment["TUNERD_UPDATE_GOLDEN"] != nil {
            try (parts[0] + separator + output).write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(parts.count == 2 && parts[1] == output, "\(file.lastPathComponent):\n\(output)")
        }
    }

    private func summary(_ sweep: SweepDefinition) -> String {
        var lines = ["name: \(sweep.name)"]
        if let text = sweep.summary { lines.append("description: \(text.debugDescription)") }
        switch sweep.subject {
        case .workload(let name, let options): lines.append("workload: \(name)\(list(options))")
        case .command(let arguments): lines.append("command: \(arguments)")
        case .askTell(let lease): lines.append("ask_tell: lease \(lease)")
        }
        if let optimizer = sweep.optimizer {
            let schedule = optimizer.schedule
            lines.append("optimizer: \(optimizer.name)\(list(optimizer.options))")
            lines.append("schedule: \(schedule.shape) \(schedule.warmupFraction) \(schedule.decayFraction)")
        }
        lines.append("metric: \(sweep.metric.goal) \(sweep.metric.name)")
        lines.append(
            "objectives: " + sweep.objectives.map { "\($0.goal) \($0.name)" }.joined(separator: ", "))
        lines += sweep.parameters.map { "parameter \($0.name): \(text($0.domain))" }
        lines.append("token_budgets: \(sweep.tokenBudgets)")
        lines.append("target_token_budget: \(sweep.targetTokenBudgets)")
        if !sweep.modelSizes.isEmpty {
            let targets = sweep.targets.map { "\(text($0.modelSize)) x \($0.tokenBudget)" }
            lines.append("model_sizes: \(sweep.modelSizes), targets \(targets)")
        }
        lines.append("law: \(sweep.law.prior) \(sweep.law.regime.map(\.rawValue))")
        lines.append("method: \(sweep.method)")
        if let early = sweep.earlyTermination {
            lines.append(
                "early_terminate: \(early.rule.rawValue), min_tokens \(text(early.minTokens)), eta \(early.eta), "
                    + "\(early.mode), warmup_trials \(early.warmupTrials), confidence \(early.confidence)")
        }
        lines.append(
            "limits: run_cap \(text(sweep.runCap)), replicates \(sweep.replicates), seed \(sweep.seed), "
                + "parallel \(text(sweep.parallel)), retries \(sweep.retries), "
                + "trial_timeout \(text(sweep.trialTimeout)), memory_limit \(text(sweep.memoryLimit))")
        lines.append(
            "sequence_length: \(text(sweep.sequenceLength)), granularity \(sweep.batchSizeGranularity)")
        lines.append("observations: \(sweep.observations)")
        let folder = sweep.workingDirectory.path.replacing(folderOfTests.path, with: "FOLDER")
        lines.append("working_directory: \(folder)")
        lines.append("environment: " + sweep.environment.sorted { $0.key < $1.key }.description)
        return lines.joined(separator: "\n")
    }

    private func text(_ domain: SweepDefinition.SearchParameter.Domain) -> String {
        switch domain {
        case .value(let value): "\(value)"
        case .values(let values): "\(values)"
        case .range(let min, let max, let scale, let step, let integer):
            "\(min) to \(max), \(scale.rawValue), step \(text(step)), \(integer ? "integer" : "real")"
        }
    }

    private func text(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "none" }

    private func list(_ options: [String: HyperparameterValue]) -> String {
        options.sorted { $0.key < $1.key }.map { name, value in
            " \(name)=\(value.description.replacing(folderOfTests.path, with: "FOLDER"))"
        }.joined()
    }
}

/// The top of the repository.
let repository = folderOfTests.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
