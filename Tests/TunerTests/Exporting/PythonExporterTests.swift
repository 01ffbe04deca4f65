import Foundation
import ScalingLaws
import Testing

@testable import Tuner

/// The exported module is run by Python and held against the law itself.
@Suite struct PythonExporterTests {
    private struct Answer: Decodable {
        struct Value: Decodable {
            var value: Double
            var interval: [Double]?
        }
        var steps: Int?
        var hyperparameters: [String: Value]
        var predicted: [String: Value]
        var extrapolation_factor: Double
    }

    /// Runs `recommend(...)` for each argument list.
    private func ask(_ calls: [String], of input: ExportInput = ExportFixture.input) throws -> [Answer] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("law-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(try PythonExporter().export(input).utf8).write(
            to: folder.appendingPathComponent("law.py"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let list = calls.map { "law.recommend(\($0))" }.joined(separator: ", ")
        process.arguments = [
            "python3", "-I", "-c",
            "import sys; sys.path.insert(0, sys.argv[1]); import json, law; print(json.dumps([\(list)]))",
            folder.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return try JSONDecoder().decode([Answer].self, from: data)
    }

    private func close(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
        abs(a - b) <= tolerance * abs(b)
    }

    @Test func valuesAreThoseOfTheLaw() throws {
        let budgets = [1e6, 2.5e6, 8e6, 1.234e8, 1e9, 8e9]
        let answers = try ask(budgets.map { "\($0)" })
        for (budget, answer) in zip(budgets, answers) {
            let expected = ExportFixture.law.recommend(RecommendationQuery(tokenBudget: budget))
            for (axis, value) in expected.values {
                let found = try #require(answer.hyperparameters[axis.rawValue])
                // Between the points of the grid what is carried over is interpolated.
                #expect(close(found.value, value.value, budget > 8e6 ? 0.02 : 1e-9), "\(axis) at \(budget)")
            }
            let loss = try #require(answer.predicted["validation_loss"])
            #expect(close(loss.value, expected.loss?.value ?? .nan, 5e-3))
            #expect(answer.hyperparameters["momentum"]?.value == 0.95)
            #expect(close(answer.extrapolation_factor, budget / 8e6))
        }
    }

    @Test func intervalsAreThoseOfTheLawOnTheGridAndNearThemBetween() throws {
        let grid = PythonExporter.grid(law: ExportFixture.law, targets: [1_000_000_000])
        let middles = zip(grid, grid.dropFirst()).map { ($0 * $1).squareRoot() }
        let answers = try ask((grid + middles).map { "\($0)" })
        for (index, budget) in (grid + middles).enumerated() {
            let tolerance = index < grid.count ? 1e-9 : 0.05
            let expected = ExportFixture.law.recommend(RecommendationQuery(tokenBudget: budget))
            for (axis, value) in expected.values {
                let found = try #require(answers[index].hyperparameters[axis.rawValue]?.interval)
                for (a, b) in zip(found, try #require(value.interval)) {
                    #expect(close(a, b, tolerance), "\(axis) at \(budget)")
                }
            }
        }
    }

    @Test("where data are used up the module claims no slope either")
    func usedUpData() throws {
        var input = ExportFixture.input
        input.law?.law.dataSize = 4e6
        let law = try #require(input.law?.law)
        #expect(law.slopeEnd == 1.6e7)
        let budgets = [1e6, 1.5e7, 2e7, 1e9]
        let answers = try ask(budgets.map { "\($0)" }, of: input)
        for (budget, answer) in zip(budgets, answers) {
            let expected = law.recommend(RecommendationQuery(tokenBudget: budget))
            for (axis, value) in expected.values {
                let found = try #require(answer.hyperparameters[axis.rawValue])
                #expect(close(found.value, value.value, 0.02), "\(axis) at \(budget)")
            }
            #expect(answer.predicted.isEmpty == (budget > 1.6e7))
        }
    }

    @Test func heldValuesConditionTheOthers() throws {
        let answer = try #require(try ask(["1e9, batch_size_tokens=32768"]).first)
        let expected = ExportFixture.law.recommend(
            RecommendationQuery(tokenBudget: 1e9, held: [.batchSize: 32768]))
        #expect(
            close(
                try #require(answer.hyperparameters["learning_rate"]).value,
                try #require(expected.values[.learningRate]).value, 0.1))
        #expect(answer.hyperparameters["batch_size_tokens"]?.value == 32768)
        #expect(answer.steps == 30518)
        #expect(answer.predicted.isEmpty)
    }
}
