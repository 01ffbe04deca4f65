import Foundation
import Testing

/// The daemon as a real process that is killed.
@Suite("Crashes", .serialized)
struct CrashTests {
    /// Some sixty trials of milliseconds to tenths of seconds.
    private static let sweep = """
        name: crash
        workload:
          name: stream-least-squares
          modes: 2000
        optimizer: sgd
        parameters:
          learning_rate: {min: 1e-3, max: 1}
          batch_size_tokens: {values: [4, 16, 64]}
        token_budgets: [4Ki, 16Ki, 64Ki]
        target_token_budget: 1Mi
        seed: 3
        """

    /// A trial of one run: what it is and what it gave, to the bit.
    private struct Row: Hashable {
        var number: Int
        var point: String
        var loss: Double
    }

    private func rows(_ program: TunerdBinary, _ sweep: String) async throws -> [Row] {
        let output = try await program.run("trials", sweep, "--json")
        let trials = try output.json()["trials"] as? [[String: Any]] ?? []
        return try trials.map { trial in
            let point = try JSONSerialization.data(
                withJSONObject: [trial["hyperparameters"] ?? [:], trial["token_budget"] ?? 0],
                options: [.sortedKeys])
            let metrics = trial["metrics"] as? [String: Any] ?? [:]
            return Row(
                number: trial["number"] as? Int ?? 0, point: String(decoding: point, as: UTF8.self),
                // On a slow machine a trial under way may have an observation already.
                loss: trial["state"] as? String == "completed"
                    ? metrics["validation_loss"] as? Double ?? .infinity : .infinity)
        }
    }

    @Test(
        "kill -9 of the daemon at random moments: no finished trial is lost and the sweep ends with the same trials"
    )
    func killedDaemonGoesOn() async throws {
        let calm = try TunerdBinary(), rough = try TunerdBinary()
        let file = try calm.write("crash.yaml", Self.sweep)
        let quiet = try await calm.serve()
        #expect(try await calm.run("submit", file, "--wait").status == 0)
        let expected = try await rows(calm, "crash")
        quiet.signal(SIGTERM)
        #expect(try await quiet.finish().status == 0)

        let seed = UInt64.random(in: 0..<1_000_000)
        var state = seed
        let roughFile = try rough.write("crash.yaml", Self.sweep)
        var finishedBefore: Set<Row> = []
        for round in 0..<4 {
            let daemon = try await rough.serve()
            if round == 0 { #expect(try await rough.run("submit", roughFile).status == 0) }
            let now = try await rows(rough, "crash").filter { $0.loss.isFinite }
            #expect(finishedBefore.isSubset(of: now), "seed \(seed): a finished trial was lost")
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            try await Task.sleep(for: .milliseconds(50 + Int(state >> 33) % 700))
            finishedBefore = Set(try await rows(rough, "crash").filter { $0.loss.isFinite })
            daemon.signal(SIGKILL)
            _ = try await daemon.finish()
        }
        let last = try await rough.serve()
        #expect(try await rough.run("watch", "crash").status == 0)
        #expect(try await rows(rough, "crash") == expected, "seed \(seed)")
        last.signal(SIGTERM)
        #expect(try await last.finish().status == 0)
    }
}
