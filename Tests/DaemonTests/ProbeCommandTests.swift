import Foundation
import Testing

/// `tunerd probe`, and `probe: true` in a sweep.
@Suite("Probes of the program", .serialized)
struct ProbeCommandTests {
    private static func sweep(_ more: String = "", optimizer: String = "sgd") -> String {
        """
        name: probed
        workload: {name: logistic-regression, inputs: 8}
        optimizer: \(optimizer)
        parameters:
          learning_rate: {min: 1e-5, max: 10}
          batch_size_tokens: {value: 32}
        token_budgets: [1Ki, 2Ki]
        target_token_budget: 64Ki
        \(more)
        """
    }

    @Test("a probe measures in a process of its own and predicts for every budget")
    func probe() async throws {
        let program = try TunerdBinary()
        let file = try program.write("probed.yaml", Self.sweep())
        let answer = try await program.run("probe", file, "--json").json()
        let predictions = answer["predictions"] as? [[String: Any]] ?? []
        #expect(predictions.map { $0["token_budget"] as? Int } == [1024, 2048, 65536])
        let rates = predictions.compactMap { $0["learning_rate"] as? Double }
        #expect(rates.count == 3)
        #expect(abs(rates[0] / rates[1] - 2.0.squareRoot()) < 1e-9)
        let text = try await program.run("probe", file).output
        #expect(text.contains("SMOOTHNESS") || text.contains("smoothness"))
        #expect(text.contains("tokens of gradients"))
    }

    @Test("what cannot be predicted ends with one message")
    func refusal() async throws {
        let program = try TunerdBinary()
        let file = try program.write("probed.yaml", Self.sweep(optimizer: "qc-sgd"))
        let refused = try await program.run("probe", file)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("no-geometry"))
        let checked = try await program.run(
            "check", try program.write("b.yaml", Self.sweep("probe: true", optimizer: "qc-sgd")))
        #expect(checked.status == 65)
        #expect(checked.errors.contains("probe-not-possible"))
    }

    @Test("a sweep with a probe shows the prediction beside what it found")
    func sweep() async throws {
        let program = try TunerdBinary()
        let file = try program.write("probed.yaml", Self.sweep("probe: true"))
        _ = try await program.run("run", file)
        let detail = try await program.run("show", "probed", "--store", program.store, "--json").json()
        let cells = (detail["probe"] as? [String: Any])?["cells"] as? [[String: Any]] ?? []
        #expect(cells.map { $0["token_budget"] as? Int } == [1024, 2048])
        for cell in cells {
            let ratio = try #require(cell["predicted_over_best"] as? Double)
            #expect(ratio > 0.1 && ratio < 10)
        }
        let shown = try await program.run("show", "probed", "--store", program.store)
        #expect(shown.output.contains("probe at 1Ki"))
    }
}
