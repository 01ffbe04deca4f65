import Foundation
import Testing

@testable import tunerd

/// `tunerd plan`: what it counts, and where its time comes from.
@Suite("Plans", .serialized)
struct PlanTests {
    private static func sweep(method: String) -> String {
        """
        name: planned
        workload: stream-least-squares
        optimizer: sgd
        method: \(method)
        replicates: 2
        parameters:
          learning_rate: {values: [0.01, 0.03, 0.1]}
          batch_size_tokens: {values: [16, 32]}
        token_budgets: [256, 1Ki]
        """
    }

    @Test("a grid is planned exactly, and its time is unknown until trials ran")
    func grid() async throws {
        let program = try TunerdBinary()
        let file = try program.write("planned.yaml", Self.sweep(method: "grid"))
        let plan = try await program.run("plan", file, "--json").json()
        let budgets = plan["budgets"] as? [[String: Any]] ?? []
        #expect(budgets.map { $0["token_budget"] as? Int } == [256, 1024])
        #expect(budgets.map { $0["trials"] as? Int } == [12, 12])
        #expect(plan["expected_trials"] as? Int == 24)
        #expect(plan["expected_tokens"] as? Int == 12 * 256 + 12 * 1024)
        #expect(plan["predicted_seconds"] == nil)
        #expect(try await program.run("plan", file).output.contains("time: unknown until trials ran"))

        // A grid of two budgets is no basis for a law, but for a time it is.
        _ = try await program.run("run", file)
        let after = try await program.run("plan", file, "--json", "--slots", "2").json()
        #expect(after["measured_trials"] as? Int == 24)
        #expect((after["predicted_seconds"] as? Double ?? 0) > 0)
        let one = try await program.run("plan", file, "--json", "--slots", "1").json()
        let ratio =
            (one["predicted_seconds"] as? Double ?? 0) / (after["predicted_seconds"] as? Double ?? 1)
        #expect(abs(ratio - 2) < 1e-9)
        #expect(try await program.run("plan", file).output.contains("of 24 finished trials"))
    }

    @Test("a guided sweep says that later rounds are estimates, and budgets add up to the whole")
    func guided() async throws {
        let program = try TunerdBinary()
        let file = try program.write("planned.yaml", Self.sweep(method: "law_guided"))
        let plan = try await program.run("plan", file, "--json").json()
        let budgets = plan["budgets"] as? [[String: Any]] ?? []
        let trials = budgets.compactMap { $0["trials"] as? Int }
        #expect(trials.count == 2)
        #expect(trials.allSatisfy { $0 > 0 })
        #expect(plan["expected_trials"] as? Int == trials.reduce(0, +))
        let first = try #require((plan["first_round"] as? [Any])?.count)
        #expect(first > 0 && first <= trials[0])
        #expect(try await program.run("plan", file).output.contains("later ones depend on its results"))
    }

    @Test("trials that took turns in a slot are not counted as if each had had one")
    func slotSeconds() {
        func span(_ from: Double, _ to: Double) -> Range<Date> {
            Date(timeIntervalSince1970: from)..<Date(timeIntervalSince1970: to)
        }
        #expect(TrialRate.slotSeconds(of: [], slots: 2) == 0)
        #expect(TrialRate.slotSeconds(of: [span(0, 4), span(1, 3), span(10, 11)], slots: 2) == 4 + 2 + 1)
        // A stack of three in one slot; beside it, from 2 on, another trial.
        let stack = [span(0, 6), span(0, 6), span(0, 6)]
        #expect(TrialRate.slotSeconds(of: stack, slots: 1) == 6)
        #expect(TrialRate.slotSeconds(of: stack + [span(2, 8)], slots: 2) == 2 * 6 + 2)
    }

    @Test("the decays of shorter runs are among the tokens of a plan")
    func decays() async throws {
        let program = try TunerdBinary()
        let text = """
            name: planned
            workload: mlp
            optimizer: {name: sgd, schedule: wsd}
            method: grid
            parameters: {learning_rate: [0.1, 0.2], batch_size_tokens: 64}
            token_budgets: [16Ki, 32Ki, 64Ki]
            """
        let off = try await program.run("plan", try program.write("off.yaml", text), "--json").json()
        #expect(off["expected_tokens"] as? Double == 229_376.0)
        let on = try await program.run(
            "plan", try program.write("on.yaml", text + "\nshorter_runs: on\n"), "--json"
        ).json()
        #expect(on["expected_tokens"] as? Double == 255_590.4)
    }

    @Test("cells with their sizes and FLOPs are shown beside the cap, and add up")
    func sizesAndCost() async throws {
        let program = try TunerdBinary()
        let file = try program.write(
            "sized.yaml",
            """
            name: sized
            command: [python3, train.py, "${args}"]
            parameters: {learning_rate: {min: 1e-4, max: 1e-1}, batch_size_tokens: {values: [32Ki, 64Ki]}}
            model_sizes: [10M, 30M]
            token_budgets: [100M, 200M]
            target_token_budget: 2B
            target_model_size: 200M
            cost_cap: 2e18
            """)
        let plan = try await program.run("plan", file, "--json").json()
        let cells = plan["budgets"] as? [[String: Any]] ?? []
        #expect(Set(cells.compactMap { $0["model_size"] as? Int }) == [10_000_000, 30_000_000])
        var total = 0.0
        for cell in cells {
            let (size, tokens) = (cell["model_size"] as? Double ?? 0, cell["tokens"] as? Double ?? 0)
            #expect(cell["cost"] as? Double == 6 * size * tokens)
            total += 6 * size * tokens
        }
        let cost = try #require(plan["expected_cost"] as? Double)
        #expect(abs(cost / total - 1) < 1e-12)
        #expect(cost <= 2e18)
        #expect(plan["cost_cap"] as? Double == 2e18)
        #expect(plan["cost_unit"] as? String == "flops")
        let text = try await program.run("plan", file).output
        #expect(text.contains("FLOPs, of at most 2e+18"))
        #expect(text.contains("at 2B tokens and 200M parameters, 80 % interval of a rehearsal"))
    }

    @Test("a store that was named and is not there is an error")
    func missingStore() async throws {
        let program = try TunerdBinary()
        let file = try program.write("planned.yaml", Self.sweep(method: "grid"))
        #expect(try await program.run("plan", file, "--store", "/nowhere/x.sqlite").status == 10)
        #expect(try await program.run("plan", file, "--slots", "0").status == 64)
    }
}
