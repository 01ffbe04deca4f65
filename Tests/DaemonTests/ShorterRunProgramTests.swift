import Foundation
import Testing

/// Trials that tell of the shorter runs inside them, as a person meets them.
@Suite("Shorter runs of the program") struct ShorterRunProgramTests {
    private static func sweep(
        _ name: String, _ schedule: String, _ method: String, _ budgets: String, _ more: String = ""
    )
        -> String
    {
        """
        name: \(name)
        workload: mlp
        optimizer: {name: sgd, schedule: \(schedule)}
        parameters:
          learning_rate: [0.02, 0.04, 0.08, 0.16, 0.32]
          batch_size_tokens: 64
        token_budgets: \(budgets)
        target_token_budget: 1Mi
        method: \(method)
        \(more)
        """
    }

    /// Losses by learning rate and budget, of trials and of what they tell.
    private func losses(_ program: TunerdBinary, _ sweep: String) async throws -> (
        own: [String: Double], told: [String: Double]
    ) {
        let output = try await program.run("trials", sweep, "--store", program.store, "--json").json()
        var own: [String: Double] = [:]
        var told: [String: Double] = [:]
        for trial in output["trials"] as? [[String: Any]] ?? [] {
            let rate = (trial["hyperparameters"] as? [String: Any])?["learning_rate"] as? Double ?? 0
            let metrics = trial["metrics"] as? [String: Any]
            own["\(rate) \(trial["token_budget"] ?? "")"] = metrics?["validation_loss"] as? Double
            for run in trial["shorter_runs"] as? [[String: Any]] ?? [] {
                told["\(rate) \(run["token_budget"] ?? "")"] =
                    (run["metrics"] as? [String: Any])?["validation_loss"] as? Double
            }
        }
        return (own, told)
    }

    @Test(
        "what three long trials tell is what a grid trains, under both schedules",
        arguments: ["constant", "wsd"])
    func asTrained(schedule: String) async throws {
        let program = try TunerdBinary()
        let whole = try program.write("whole.yaml", Self.sweep("whole", schedule, "grid", "[4Ki, 8Ki, 32Ki]"))
        let long = try program.write(
            "long.yaml",
            Self.sweep("long", schedule, "random", "[4Ki, 8Ki, 32Ki]", "run_cap: 6\nshorter_runs: on"))
        for file in [whole, long] {
            let run = try await program.run("run", file, "--quiet")
            #expect(run.status == 0, "\(run.errors)")
        }
        let expected = try await losses(program, "whole")
        let found = try await losses(program, "long")
        #expect(expected.told.isEmpty)
        #expect(expected.own.count == 15)
        #expect(!found.told.isEmpty)
        for (place, loss) in found.told { #expect(loss == expected.own[place], "\(place)") }

        let law = try await program.run("fit", "long", "--store", program.store)
        #expect(law.status == 0, "\(law.errors)")
        #expect(law.output.contains("shorter one"), "\(law.output)")
        #expect(
            try await program.run("fit", "whole", "--store", program.store).output.contains("over 15 runs:"))
    }

    @Test("killed and run again, the trials tell the same")
    func afterAKill() async throws {
        let calm = try TunerdBinary(), rough = try TunerdBinary()
        let text = Self.sweep("long", "wsd", "random", "[256Ki, 512Ki, 2Mi]", "run_cap: 6\nshorter_runs: on")
        #expect(try await calm.run("run", try calm.write("long.yaml", text), "--quiet").status == 0)
        let file = try rough.write("long.yaml", text)
        let first = try rough.start(["run", file, "--quiet"])
        try await Task.sleep(for: .milliseconds(1500))
        first.signal(SIGKILL)
        _ = try await first.finish()
        let second = try await rough.run("run", file, "--quiet")
        #expect(second.status == 0, "\(second.errors)")
        let expected = try await losses(calm, "long")
        let found = try await losses(rough, "long")
        #expect(found.own == expected.own)
        #expect(found.told == expected.told)
        #expect(!found.told.isEmpty)
    }
}
