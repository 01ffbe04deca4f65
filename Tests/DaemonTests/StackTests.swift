import Foundation
import Testing

/// Very small trials that take turns on a worker, in the real program.
@Suite("Stacks", .serialized)
struct StackTests {
    private func sweep(_ name: String, _ workload: String, budget: String, stack: String) -> String {
        """
        name: \(name)
        workload: \(workload)
        optimizer: sgd
        method: grid
        parameters:
          learning_rate: {values: [1e-3, 1e-2, 3e-2, 1000]}
          batch_size_tokens: {values: [16, 64]}
        token_budgets: [\(budget)]
        retries: 0
        stack: \(stack)
        """
    }

    /// State, attempts and metrics of each trial, to the bit.
    private func trials(_ program: TunerdBinary, _ name: String) async throws -> [Int: Row] {
        let output = try await program.run("trials", name, "--json", "--store", program.store)
        let trials = try output.json()["trials"] as? [[String: Any]] ?? []
        return Dictionary(
            uniqueKeysWithValues: trials.map { trial in
                (
                    trial["number"] as? Int ?? 0,
                    Row(
                        state: trial["state"] as? String ?? "", attempt: trial["attempt"] as? Int ?? 0,
                        metrics: trial["metrics"] as? [String: Double] ?? [:])
                )
            })
    }

    private struct Row: Hashable {
        var state: String
        var attempt: Int
        var metrics: [String: Double]
    }

    @Test("A sweep in stacks has the trials it has without, to the bit", arguments: ["quadratic", "mlp"])
    func sameTrials(_ workload: String) async throws {
        let program = try TunerdBinary()
        for (name, stack) in [("alone", "off"), ("stacked", "16")] {
            let file = try program.write(
                "\(name).yaml", sweep(name, workload, budget: "4Ki", stack: stack))
            // 75: one budget is too few for a law.
            let output = try await program.run(
                "run", file, "--quiet", "--slots", "1", "--store", program.store)
            #expect(output.status == 75 || output.status == 0, "\(output.errors)")
        }
        let (alone, stacked) = (try await trials(program, "alone"), try await trials(program, "stacked"))
        #expect(alone.count == 8)
        #expect(alone == stacked)
        #expect(Set(alone.values.map(\.state)) == ["completed", "diverged"])
    }

    @Test("kill -9 of the worker of a stack: each of its trials costs an attempt and ends with the same bits")
    func killedWorker() async throws {
        let calm = try TunerdBinary(), rough = try TunerdBinary()
        let text = sweep("stack", "quadratic", budget: "256Ki", stack: "16")
        let quiet = try calm.write("stack.yaml", text)
        _ = try await calm.run("run", quiet, "--quiet", "--slots", "1", "--store", calm.store)
        let expected = try await trials(calm, "stack")

        let daemon = try await rough.serve("--slots", "1")
        let file = try rough.write("stack.yaml", text)
        #expect(try await rough.run("submit", file).status == 0)
        let worker = try #require(try await worker(of: daemon.identifier, in: rough))
        kill(worker, SIGKILL)
        #expect(try await rough.run("submit", file, "--wait").status == 0)
        let found = try await trials(rough, "stack")
        #expect(found.mapValues(\.state) == expected.mapValues(\.state))
        #expect(found.mapValues(\.metrics) == expected.mapValues(\.metrics))
        // The first stack is that of one batch size: four trials, of which one may have diverged before.
        let twice = found.filter { $0.value.attempt == 2 }
        #expect((3...4).contains(twice.count))
        #expect(found.values.allSatisfy { $0.attempt <= 2 })
        let events = try await rough.run("watch", "stack", "--json").output
        #expect(events.contains("SIGKILL"))
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish().status == 0)
    }

    /// The daemon's worker, once several trials are under way.
    private func worker(of daemon: Int32, in program: TunerdBinary) async throws -> Int32? {
        for _ in 0..<2000 {
            let status = try await program.run("status", "--json").json()
            if (status["running"] as? [Any] ?? []).count > 1 {
                let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon)/task")
                for task in tasks {
                    let file = "/proc/\(daemon)/task/\(task)/children"
                    let children = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
                    if let child = children.split(separator: " ").first { return Int32(child) }
                }
            }
        }
        return nil
    }
}
