import Foundation
import Testing

/// Sweeps of programs that write their observations to files, with the real program around them.
@Suite("Observations from files", .serialized)
struct ObservationFileProgramTests {
    /// A trainer whose best learning rate falls as `T^-1/2 N^-1/2`, in a table it writes anew at every step.
    private static let trainer = """
        import math, os, sys
        rate, tokens, size, folder = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
        best = 0.1 * (tokens / 1000) ** -0.5 * (size / 100) ** -0.5
        loss = 1 + (tokens / 1000) ** -0.3 + (size / 100) ** -0.3 + 0.1 * math.log(rate / best) ** 2
        rows = ["step,train/loss,validation_loss"]
        for step in range(1, 4):
            rows.append(f"{step},{loss + 1 / step},{loss + 0.1 * (3 - step)}")
            with open(folder + "/new", "w") as file:
                file.write("\\n".join(rows) + "\\n")
            os.rename(folder + "/new", folder + "/metrics.csv")
        print("validation_loss 99")
        """
    private static let sweep = """
        name: files
        command: [python3, train.py, "${learning_rate}", "${token_budget}", "${model_size}", "${trial_directory}"]
        observations: {from: file, path: metrics.csv}
        parameters:
          learning_rate: {min: 1e-3, max: 1, step: x4}
        token_budgets: [1000, 4000, 16000]
        model_sizes: [100, 400]
        target_token_budget: 64k
        target_model_size: 1600
        method: grid
        """

    @Test("a sweep over model sizes is read from tables, and answers for any size")
    func sizes() async throws {
        let program = try TunerdBinary()
        _ = try program.write("train.py", Self.trainer)
        let file = try program.write("files.yaml", Self.sweep)
        let run = try await program.run("run", file, "--json")
        #expect(run.status == 0, "\(run.errors)")
        #expect(try run.json()["model_size"] as? Double == 1600)
        func rate(_ size: String) async throws -> Double {
            let answer = try await program.run(
                "recommend", "files", "--store", program.store, "--model-size", size, "--json")
            #expect(answer.status == 0, "\(answer.errors)")
            let values = try answer.json()["hyperparameters"] as? [String: [String: Any]]
            return try #require(values?["learning_rate"]?["value"] as? Double)
        }
        let (small, large) = try await (rate("100"), rate("6400"))
        #expect(
            abs(log2(small / large) - 3) < 0.6, "64 times the size, an eighth of the rate: \(small) \(large)")
        let far = try await program.run(
            "recommend", "files", "--store", program.store, "--model-size", "1B", "--strict")
        #expect(far.status == 12, "\(far.errors)")
        let text = try await program.run(
            "recommend", "files", "--store", program.store, "--model-size", "6400")
        #expect(text.output.contains("for 64k tokens and a model of 6400 parameters"), "\(text.output)")
        let trials = try await program.run("trials", "files", "--store", program.store, "--json").json()
        let metrics = (trials["trials"] as? [[String: Any]])?.first?["metrics"] as? [String: Double]
        #expect(metrics?["train_loss"] != nil)
        let page = try await program.run("export", "files", "--store", program.store, "--format", "html")
        #expect(
            page.output.contains("<h2>For 64k tokens and 1.6k parameters</h2>"), "\(page.output.prefix(3000))"
        )
    }

    @Test("a run answers for each of its target cells")
    func targetCells() async throws {
        let program = try TunerdBinary()
        _ = try program.write("train.py", Self.trainer)
        let targets = "target_token_budget: 64k\ntarget_model_size: 1600"
        let cells =
            "target_cells: [{model_size: 1600, token_budget: 64k}, {model_size: 800, token_budget: 32k}]"
        let file = try program.write("files.yaml", Self.sweep.replacing(targets, with: cells))
        let run = try await program.run("run", file)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("for 64k tokens and a model of 1600 parameters"), "\(run.output)")
        #expect(run.output.contains("for 32k tokens and a model of 800 parameters"))
        let shown = try await program.run("show", "files", "--store", program.store, "--json").json()
        #expect((shown["target_cells"] as? [[String: Int]])?.map { $0["model_size"] } == [1600, 800])
    }

    @Test("a program that never writes its file fails with the file named")
    func missing() async throws {
        let program = try TunerdBinary()
        _ = try program.write("train.py", "print('validation_loss 3')")
        let file = try program.write("files.yaml", Self.sweep)
        let run = try await program.run("run", file)
        #expect(run.status == 1)
        #expect(run.errors.contains("metrics.csv' was written"), "\(run.errors)")
        #expect(run.errors.contains("needs a column named 'validation_loss'"))
    }
}
