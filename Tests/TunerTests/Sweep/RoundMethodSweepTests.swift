import Engine
import Foundation
import Testing

@testable import Tuner

/// Sweeps over methods of rounds and private optimizers, with everything the program has.
@Suite struct RoundMethodSweepTests {
    private func codes(_ workload: String, _ optimizer: String, _ more: String = "") -> [String] {
        let text = """
            name: rounds
            workload: \(workload)
            optimizer: \(optimizer)
            parameters:
              learning_rate: {min: 0.1, max: 10}
              batch_size_examples: 40
            token_budgets: [4k, 8k, 16k]
            \(more)
            """
        return checkSweep(text + "\n", catalog: .builtIn).diagnostics.map(\.code)
    }

    @Test func methodsRunOnWorkloadsWithWorkersOnly() {
        #expect(codes("federated-logistic", "ef21").isEmpty)
        #expect(codes("{name: federated-logistic, byzantine: 2, attack: alie}", "byz-clip21-sgd2m").isEmpty)
        #expect(codes("mlp", "ef21") == ["optimizer-not-supported"])
        #expect(codes("federated-logistic", "adamw") == ["optimizer-not-supported"])
        #expect(codes("federated-logistic", "safe-ef") == ["optimizer-not-supported"])
        #expect(codes("federated-constrained", "safe-ef").isEmpty)
    }

    @Test func compressorsAreNamesWithTheirValues() {
        #expect(codes("federated-logistic", "{name: ef21, compressor: scaled-sign, kept: 3}").isEmpty)
        #expect(!codes("federated-logistic", "{name: ef21, compressor: top-q}").isEmpty)
        #expect(!codes("federated-logistic", "{name: ef21, kept: 0}").isEmpty)
    }

    @Test func communicationAndPrivacyAreObjectives() {
        #expect(codes("federated-logistic", "ef21", "objectives: [loss_gap, bits]").isEmpty)
        #expect(codes("logistic-regression", "dp-sgd", "objectives: [validation_loss, epsilon]").isEmpty)
        #expect(
            codes("logistic-regression", "qc-sgd", "objectives: [validation_loss, epsilon]")
                == ["unknown-metric"])
    }

    @Test func batchesGrowForUpdateRulesOnly() throws {
        let growth = "batch_growth: {start_tokens: 4k, factor: 4}"
        #expect(codes("mlp", "{name: scion, constrained: true, \(growth)}").isEmpty)
        #expect(codes("federated-logistic", "{name: ef21, \(growth)}") == ["unused-option"])
        #expect(codes("mlp", "{name: scion, batch_growth: {start_tokens: 39}}") == ["batch-exceeds-growth"])
        #expect(codes("mlp", "{name: scion, batch_growth: {start_tokens: 4k, factor: 9}}").count == 1)
        let text = """
            name: grows
            workload: mlp
            optimizer: {name: scion, \(growth)}
            parameters: {learning_rate: 0.1, batch_size_examples: 40}
            token_budgets: [8k, 32k]
            method: grid
            """
        let definition = try #require(checkSweep(text + "\n", catalog: .builtIn).definition)
        #expect(definition.optimizer?.batchGrowth == BatchGrowth(startTokens: 4000, factor: 4))
    }

    @Test func certifiedRadiiNeedNoise() {
        let wanted = "metric: {name: certified_radius, goal: maximize}"
        #expect(codes("{name: mlp, smoothing_noise: 0.25}", "adamw", wanted).isEmpty)
        #expect(codes("mlp", "adamw", wanted) == ["metric-needs-option"])
        #expect(codes("{name: mlp, smoothing_noise: 0}", "adamw", wanted) == ["metric-needs-option"])
        #expect(codes("char-gpt", "adamw", wanted).contains("unknown-metric"))
    }

    @Test func everyClaimSaysWhatItExpectsAndHasAnOutcome() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent("sweeps")
        let claims = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix("claim-") && $0.hasSuffix(".yaml") }
        let readme = try String(
            contentsOf: folder.appendingPathComponent("results/README.md"), encoding: .utf8)
        #expect(claims.count >= 20)
        for file in claims {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            let name = file.dropLast(".yaml".count)
            #expect(text.hasPrefix("# Claim"), "\(file)")
            #expect(text.contains("# Expected here:") && text.contains("\n# Compare: "), "\(file)")
            let csv = folder.appendingPathComponent("results/\(name).csv")
            let rows = try String(contentsOf: csv, encoding: .utf8).split(separator: "\n")
            #expect(rows.count >= 2, "\(csv.lastPathComponent)")
            #expect(readme.contains("`\(name)`"), "\(name) has no line in sweeps/results/README.md")
        }
    }
}
