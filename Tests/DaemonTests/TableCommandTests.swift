import Foundation
import Testing

/// `tunerd fit --table` as a person types it.
@Suite("Fit of a table on the command line", .serialized)
struct TableCommandTests {
    private static let runs = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "examples/tables/runs.csv").path

    private static let columns = [
        "--column", "model_size=N", "--column", "token_budget=D", "--column", "learning_rate=lr",
        "--column", "batch_size_tokens=batch_tokens", "--column", "loss=loss",
    ]

    private func fit(_ table: String, _ more: String...) async throws -> CommandOutput {
        let program = try TunerdBinary()
        // Its folder, where the output goes, is there as long as it is.
        defer { withExtendedLifetime(program) {} }
        return try await program.start(["fit", "--table", table] + Self.columns + more).finish()
    }

    @Test("JSON has the law, every prediction with both intervals and the factor, and warnings with codes")
    func json() async throws {
        let done = try await fit(
            Self.runs, "--group", "cell", "--where", "split=train", "--predict",
            "model_size=1e9,token_budget=1e12", "--predict-cells", "split=test", "--json")
        #expect(done.status == 0, "\(done.errors)")
        let answer = try done.json()
        let law = try #require(answer["law"] as? [String: Any])
        #expect((law["axes"] as? [[String: Any]])?.count == 2)
        let predictions = try #require(answer["predictions"] as? [[String: Any]])
        #expect(predictions.map { $0["cell"] as? String } == [nil, "200M-16B", "400M-16B"])
        #expect(predictions.map { $0["extrapolation_factor"] as? Double } == [250, 4, 4])
        for prediction in predictions {
            let values = try #require(prediction["hyperparameters"] as? [String: [String: Any]])
            for name in ["learning_rate", "batch_size_tokens"] {
                #expect((values[name]?["interval"] as? [Double])?.count == 2)
                #expect((values[name]?["interval_95"] as? [Double])?.count == 2)
            }
        }
        let asked = predictions[0]["warnings"] as? [[String: Any]] ?? []
        #expect(asked.contains { $0["code"] as? String == "wide-extrapolation" })
        let warnings = try #require(answer["warnings"] as? [[String: Any]])
        #expect(warnings.allSatisfy { $0["code"] is String && $0["text"] is String })
    }

    @Test("the text has cells, formula, exponents with what identifies them, and predictions")
    func text() async throws {
        let done = try await fit(Self.runs, "--group", "cell", "--predict-cells", "split=test")
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.contains(/validation_loss = .*\(T\/.*\(N\//), "the loss depends on both")
        for part in ["BEST LEARNING_RATE", "learning_rate = ", "IDENTIFIED BY", "data", "REGRET"] {
            #expect(done.output.contains(part), "\(part)")
        }
    }

    @Test("tabs in a .tsv file and any separator that is named give the same law")
    func separators() async throws {
        let program = try TunerdBinary()
        let text = try String(contentsOfFile: Self.runs, encoding: .utf8)
        let tabs = try program.write("runs.tsv", text.replacing(",", with: "\t"))
        let windows = try program.write(
            "runs.txt", "\u{FEFF}" + text.replacing(",", with: ";").replacing("\n", with: "\r\n"))
        let law = try await fit(Self.runs, "--json").json()["law"] as? NSDictionary
        #expect(law != nil)
        #expect(try await fit(tabs, "--json").json()["law"] as? NSDictionary == law)
        #expect(try await fit(windows, "--separator", ";", "--json").json()["law"] as? NSDictionary == law)
    }

    @Test(
        "exit statuses tell a table that cannot be read from one that does not suffice and from wrong usage")
    func exitStatuses() async throws {
        let program = try TunerdBinary()
        let text = try String(contentsOfFile: Self.runs, encoding: .utf8)
        let broken = try program.write("broken.csv", text.replacing(",0.002,", with: ",fast,"))
        let unread = try await fit(broken)
        #expect(unread.status == 65)
        #expect(unread.output.isEmpty)
        #expect(unread.errors.contains("broken.csv:4:34: error: 'fast' in column 'lr' is not a number"))
        #expect(try await fit(Self.runs, "--where", "split=none").status == 75)
        #expect(try await fit("/nowhere.csv").status == 1)
        #expect(try await fit(Self.runs, "--column", "beta=lr").status == 64)
        for wrong in [["fit"], ["fit", "sweep", "--table", "x.csv"], ["fit", "sweep", "--group", "cell"]] {
            #expect(try await program.start(wrong).finish().status == 64, "\(wrong)")
        }
    }
}
