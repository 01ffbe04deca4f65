import Foundation
import ScalingLaws
import Testing

@testable import Tuner

/// Tables whose rows say nothing, or say wrong things.
@Suite("Tables that say nothing")
struct UntellingTableTests {
    private func fit(
        _ lines: [String], header: String = MadeUpLaw.header, epochs: Bool = false
    ) throws -> TableFit {
        var mapping = [
            "model_size=N", "token_budget=D", "learning_rate=lr", "batch_size_tokens=batch_tokens",
            "loss=loss",
        ]
        if epochs { mapping.append("epochs=epochs") }
        return try TableFit(
            RunTable(text: ([header] + lines).joined(separator: "\n"), file: "runs.csv"),
            .init(mapping: ColumnMapping(mapping), group: "cell"))
    }

    /// The lines with losses made anew from index, learning rate, batch size and old loss; `nil` where it diverged.
    private func lines(_ loss: (Int, Double, Double, Double) -> Double?) -> [String] {
        MadeUpLaw().lines.enumerated().map { index, line in
            var fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard let old = Double(fields[5]), let rate = Double(fields[3]), let batch = Double(fields[4])
            else {
                return line
            }
            fields[5] = loss(index, rate, batch, old).map { "\($0)" } ?? ""
            return fields.joined(separator: ",")
        }
    }

    @Test("equal losses make no law, within cells that differ, too")
    func equal() throws {
        for scale in [0.0, 1] {
            let lines = MadeUpLaw().lines.map { line in
                let fields = line.split(separator: ",")
                return fields.prefix(5).joined(separator: ",")
                    + ",\(3 + scale * (Double(fields[1]) ?? 0) / 1e9)"
            }
            let error = try #require(#expect(throws: TunerError.self) { _ = try fit(lines) })
            #expect(error.code == .notEnoughData)
            #expect(error.message.contains("ended with the same loss"), "\(error)")
        }
    }

    @Test("a batch size that makes no difference is told of, the learning rate that does is not")
    func noEffect() throws {
        // The loss at the batch size of the middle, whatever it is, with noise and without.
        for noise in [0, 1e-3] {
            var random = SystemRandomNumberGenerator()
            let law = MadeUpLaw()
            let lines = law.lines.map { line -> String in
                let f = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                let (n, d, rate) = (Double(f[1]) ?? 1, Double(f[2]) ?? 1, Double(f[3]) ?? 1)
                let u = log(rate / law.bestRate(n, d, 131_072))
                let slip = noise * Double.random(in: -1...1, using: &random)
                return (f[0...4] + ["\(law.floor(n, d) * exp(u * u / 50 + slip))"]).joined(separator: ",")
            }
            let told = try fit(lines).warnings.filter { $0.code == "no-effect" }
            // Chance alone would hide it once in twenty.
            if noise > 0, told.isEmpty { continue }
            #expect(told.count == 1, "\(told)")
            #expect(told.first?.text.hasPrefix("batch_size_tokens makes no difference") == true)
        }
        #expect(try !fit(MadeUpLaw().lines).warnings.contains { $0.code == "no-effect" })
    }

    @Test("rows that stand there twice count once, and are told of")
    func repeated() throws {
        let once = try fit(MadeUpLaw().lines)
        let twice = try fit(MadeUpLaw().lines + MadeUpLaw().lines)
        #expect(twice.laws[0].law == once.laws[0].law)
        let warning = try #require(twice.warnings.first { $0.code == "repeated-rows" })
        #expect(warning.text.contains("line \(MadeUpLaw().lines.count + 2) that of line 2"))
        // With a column that tells them apart they are replicates.
        let seeds = [0, 1].flatMap { seed in MadeUpLaw().lines.map { "\($0),\(seed)" } }
        let replicates = try fit(seeds, header: MadeUpLaw.header + ",seed")
        #expect(!replicates.warnings.contains { $0.code == "repeated-rows" })
        #expect(replicates.cells[0].runs.count == 2 * once.cells[0].runs.count)
    }

    @Test(
        "one loss that cannot be is left out and named; the others keep the scale, and a loss is predicted",
        arguments: ["0", "-1", "0.03", "1e-9"])
    func wrongLoss(_ written: String) throws {
        var lines = MadeUpLaw().lines
        let good = try fit(lines.enumerated().filter { $0.offset != 40 }.map(\.element))
        lines[40] = lines[40].split(separator: ",").prefix(5).joined(separator: ",") + "," + written
        let fit = try fit(lines)
        let warning = try #require(fit.warnings.first { $0.code == "loss-left-out" })
        #expect(warning.text.contains("on line 42") && warning.text.contains("column 'loss'"), "\(warning)")
        #expect(fit.laws[0].law == good.laws[0].law)
        #expect(fit.laws[0].law.lossScale == .logarithm && fit.laws[0].law.lossLaw != nil)
    }

    @Test("a metric that goes below zero keeps all its runs")
    func signedMetric() throws {
        let fit = try fit(lines { _, _, _, old in old - 3 })
        #expect(!fit.warnings.contains { $0.code == "loss-left-out" })
        #expect(fit.laws[0].law.lossScale == .identity)
    }

    @Test("epochs of a column come to the law, which then speaks of reused data")
    func epochs() throws {
        let lines = MadeUpLaw().lines.map { line in
            "\(line),\((Double(line.split(separator: ",")[2]) ?? 0) / 5e8)"
        }
        let fit = try fit(lines, header: MadeUpLaw.header + ",epochs", epochs: true)
        #expect(fit.warnings.contains { $0.code == "data-reused" && $0.text.contains("8.0 times") })
        #expect(fit.laws[0].law.dataSize == 5e8)
    }
}

@Suite("Rows that decide loss laws")
struct InfluentialRowTests {
    private func fit(_ change: (Int, Double) -> Double) throws -> LossLawTableFit {
        var lines = ["N,D,loss"]
        func add(_ n: Double, _ d: Double) {
            let ripple = 1 + 2e-3 * sin(7.0 * Double(lines.count))
            let loss = (1.8 + 400 * pow(n, -0.34) + 1500 * pow(d, -0.36)) * ripple
            lines.append("\(n),\(d),\(change(lines.count, loss))")
        }
        // A run that is much shorter than the others, and ten times ten others.
        add(3.2e8, 2e8)
        for i in 0..<10 { for j in 0..<10 { add(2e7 * pow(2, Double(i)), 6.4e9 * pow(1.6, Double(j))) } }
        var options = LossLawTableFit.Options(
            mapping: try ColumnMapping(["model_size=N", "token_budget=D", "loss=loss"]))
        options.replicates = 0
        return try LossLawTableFit(
            RunTable(text: lines.joined(separator: "\n"), file: "runs.csv"), options)
    }

    @Test("a row that moves an exponent is named with what it is without it")
    func one() throws {
        let fit = try fit { $0 == 1 ? 1.5 * $1 : $1 }
        let influence = try #require(fit.fit.influence)
        #expect(influence.rows == [0])
        #expect(abs((influence.exponents["beta"] ?? 0) - 0.36) < 0.05)
        let warning = try #require(fit.warnings.first { $0.code == "influential-rows" })
        #expect(warning.text.hasPrefix("line 2 decides the exponents"), "\(warning)")
    }

    @Test("noise decides nothing")
    func none() throws {
        let fit = try fit { $1 }
        #expect(fit.fit.influence == nil)
        #expect(!fit.warnings.contains { $0.code == "influential-rows" })
    }

    @Test("a loss off by a point is left out of a loss law, and named")
    func slip() throws {
        let fit = try fit { $0 == 50 ? 10 * $1 : $1 }
        #expect(fit.fit.rowsUsed == 100)
        #expect(fit.warnings.contains { $0.code == "loss-left-out" && $0.text.contains("on line 51") })
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: chinchilla)))
    func theDigitisedRuns() throws {
        var options = LossLawTableFit.Options(
            mapping: try ColumnMapping(["model_size=N", "token_budget=D", "loss=loss"]))
        options.replicates = 0
        let fit = try LossLawTableFit(RunTable(contentsOf: chinchilla), options)
        let warning = try #require(fit.warnings.first { $0.code == "influential-rows" })
        #expect(warning.text.hasPrefix("lines 2, 3, 4, 5 and 6 decide the exponents"))
        #expect(warning.text.contains("beta 0.367 in place of 0.453"))
    }
}

private let chinchilla = "../shared/data/chinchilla_epoch.csv"
