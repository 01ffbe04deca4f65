import Foundation
import Testing

/// Early stopping in the real program.
@Suite("Early stopping", .serialized)
struct StoppingTests {
    /// 27 learning rates at each budget, in no order, on a problem whose risk is exact.
    private static func sweep(_ name: String, _ early: String) -> String {
        """
        name: \(name)
        workload: {name: stream-least-squares, modes: 200}
        optimizer: sgd
        parameters:
          learning_rate: {min: 1e-3, max: 1}
          batch_size_tokens: 8
        token_budgets: [16Ki, 32Ki]
        method: sobol
        run_cap: 54
        parallel: 1
        \(early)
        """
    }

    private struct Row: Hashable {
        var number: Int
        var state: String
        var loss: Double
        var tokens: Double
    }

    private func rows(_ program: TunerdBinary, _ sweep: String) async throws -> [Row] {
        let trials =
            try await program.run("trials", sweep, "--json").json()["trials"] as? [[String: Any]] ?? []
        return trials.map { trial in
            let metrics = trial["metrics"] as? [String: Any] ?? [:]
            return Row(
                number: trial["number"] as? Int ?? 0, state: trial["state"] as? String ?? "",
                loss: metrics["validation_loss"] as? Double ?? .infinity,
                tokens: metrics["tokens"] as? Double ?? 0)
        }
    }

    private func spent(_ program: TunerdBinary, _ sweep: String) async throws -> Int {
        try await program.run("show", sweep, "--json").json()["tokens_spent"] as? Int ?? 0
    }

    /// The lowest loss of the completed trials at each budget's end.
    private func best(_ rows: [Row], _ tokens: Double) -> Double {
        rows.filter { $0.state == "completed" && $0.tokens == tokens }.map(\.loss).min() ?? .infinity
    }

    @Test("every rule spends less than the whole sweep and finds a best within 2 % of its best")
    func everyRuleSpendsLess() async throws {
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        let full = try program.write("full.yaml", Self.sweep("full", ""))
        #expect(try await program.run("submit", full, "--wait").status == 0)
        let reference = try await rows(program, "full")
        let whole = try await spent(program, "full")
        #expect(whole == 27 * (16_384 + 32_768))
        let rules = [
            "stop": (0.4, "{type: successive_halving, min_tokens: 2Ki, eta: 3}"),
            "promote": (0.4, "{type: successive_halving, min_tokens: 2Ki, eta: 3, mode: promote}"),
            "hyperband": (0.8, "{type: hyperband, min_tokens: 2Ki, eta: 3}"),
            "median": (0.9, "{type: median, min_tokens: 2Ki}"),
            "curve": (0.95, "{type: curve, min_tokens: 2Ki, warmup_trials: 1}"),
        ]
        for (name, (most, rule)) in rules.sorted(by: { $0.key < $1.key }) {
            let file = try program.write("\(name).yaml", Self.sweep(name, "early_terminate: \(rule)"))
            let submitted = try await program.run("submit", file, "--wait")
            #expect(submitted.status == 0, "\(submitted.errors)")
            let found = try await rows(program, name)
            #expect(found.allSatisfy { ["completed", "stopped", "diverged"].contains($0.state) })
            let share = Double(try await spent(program, name)) / Double(whole)
            #expect(share < most, "\(name) spent \(share)")
            for budget in [16_384.0, 32_768] {
                let (mine, grid) = (best(found, budget), best(reference, budget))
                #expect(mine <= 1.02 * grid, "\(name) at \(budget): \(mine) and \(grid)")
            }
            let table = try await program.run("trials", name, "--state", "stopped", "--json")
            #expect(try (table.json()["trials"] as? [Any])?.isEmpty == false)
        }
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish().status == 0)
    }

    @Test(
        "kill -9 in the middle: the sweep ends with the same trials stopped at the same tokens",
        arguments: ["stop", "promote"])
    func killedDaemonDecidesTheSame(_ mode: String) async throws {
        let text = Self.sweep(
            "crash", "early_terminate: {type: successive_halving, min_tokens: 2Ki, mode: \(mode)}")
        let calm = try TunerdBinary(), rough = try TunerdBinary()
        let quiet = try await calm.serve()
        #expect(
            try await calm.run("submit", calm.write("crash.yaml", text), "--wait").status == 0)
        let expected = try await rows(calm, "crash")
        #expect(Set(expected.map(\.state)).isSuperset(of: ["completed", "stopped"]))
        quiet.signal(SIGTERM)
        #expect(try await quiet.finish().status == 0)

        let seed = UInt64.random(in: 0..<1_000_000)
        var state = seed
        for round in 0..<4 {
            let daemon = try await rough.serve()
            if round == 0 {
                #expect(try await rough.run("submit", rough.write("crash.yaml", text)).status == 0)
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // How far the sweep is when it is killed is what varies; nothing is waited for.
            try await Task.sleep(for: .milliseconds(20 + Int(state >> 33) % 400))
            daemon.signal(SIGKILL)
            _ = try await daemon.finish()
        }
        let last = try await rough.serve()
        #expect(try await rough.run("watch", "crash").status == 0)
        let found = try await rows(rough, "crash")
        let moved = zip(expected, found).filter { $0 != $1 }
        #expect(found.count == expected.count && moved.isEmpty, "seed \(seed): \(moved)")
        last.signal(SIGTERM)
        #expect(try await last.finish().status == 0)
    }
}
