import Engine
import Foundation
import ScalingLaws
import TestSupport
import Testing

@testable import Tuner

/// What holds for every exporter.
@Suite struct ExporterTests {
    static let names = ExporterRegistry.builtIn.map(\.format.name)

    @Test func namesAreUnique() {
        #expect(Set(Self.names).count == Self.names.count)
        #expect(
            Self.names == [
                "json", "yaml", "csv", "python", "latex", "svg", "svg-optima", "svg-pareto", "html",
            ])
    }

    @Test(arguments: names)
    func sameInputGivesTheSameBytes(name: String) throws {
        let exporter = try ExporterRegistry().exporter(named: name)
        let text = try exporter.export(ExportFixture.input)
        #expect(text == (try exporter.export(ExportFixture.input)))
        #expect(text.hasSuffix("\n"))
    }

    /// Files are compared with those in `Golden/export`; `UPDATE_GOLDEN=1` writes them anew.
    @Test(arguments: names)
    func fileIsTheOneThatWasLookedAt(name: String) throws {
        let exporter = try ExporterRegistry().exporter(named: name)
        let text = try exporter.export(ExportFixture.input)
        let file = "export/\(name).\(exporter.format.fileExtension)"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent()
                .appendingPathComponent("Golden/\(file)")
            try Data(text.utf8).write(to: golden)
            return
        }
        let expected = String(decoding: try goldenData(file, in: .module), as: UTF8.self)
        let difference = zip(text.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
        #expect(
            text == expected, "first difference: \(difference.map { "\($0.0) / \($0.1)" } ?? "in length")")
    }

    @Test(arguments: names)
    func sweepWithoutLawIsWrittenOrRefusedWithTheReason(name: String) throws {
        var input = ExportFixture.input
        input.law = nil
        input.recommendations = []
        input.lawFailure = TunerError(.notEnoughData, "one budget has finished trials")
        let exporter = try ExporterRegistry().exporter(named: name)
        do {
            #expect(try !exporter.export(input).isEmpty)
        } catch let error as TunerError {
            #expect(error == input.lawFailure)
        }
    }

    @Test("the picture goes on to a target only where a loss is predicted for it")
    func noWayToNowhere() throws {
        let exporter = try ExporterRegistry().exporter(named: "svg")
        let dashes = "stroke-dasharray=\"6 4\""
        #expect(try exporter.export(ExportFixture.input).contains(dashes))
        var input = ExportFixture.input
        for i in input.recommendations.indices { input.recommendations[i].predicted = [:] }
        #expect(try !exporter.export(input).contains(dashes))
    }

    @Test(arguments: names)
    func sweepWithoutTrialsDoesNotTrap(name: String) throws {
        var input = ExportFixture.input
        input.trials = []
        input.pareto.points = []
        input.law = nil
        input.recommendations = []
        do {
            _ = try ExporterRegistry().exporter(named: name).export(input)
        } catch let error as TunerError {
            #expect(error.code == .notEnoughData)
        }
    }

    @Test func unknownFormatNamesTheKnownOnes() {
        #expect(throws: TunerError.self) { try ExporterRegistry().exporter(named: "word") }
    }

    @Test func routerServesEveryFormatWithItsMediaType() async throws {
        let harness = RouterHarness()
        for exporter in ExporterRegistry.builtIn {
            let response = await harness.send("GET", "/v1/sweeps/first/export?format=\(exporter.format.name)")
            #expect(response.status == 200, "\(exporter.format.name)")
            #expect(response.header("content-type") == exporter.format.mediaType)
        }
    }

    @Test func csvHasALineForEachTrialAndQuotesWhatNeedsIt() throws {
        var input = ExportFixture.input
        input.trials[0].proposal.hyperparameters["note"] = HyperparameterValue.text("a,\"b\"")
        let lines = try CSVExporter().export(input).split(separator: "\n")
        #expect(lines.count == input.trials.count + 1)
        #expect(lines[1].contains("\"a,\"\"b\"\"\""))
    }

    @Test func shorterRunsAreExportedWhereThereAreSome() throws {
        var input = ExportFixture.input
        #expect(try !CSVExporter().export(input).contains("shorter_runs"))
        #expect(try !JSONExporter().export(input).contains("shorter_runs"))
        input.trials[1].shorterRuns = [
            ShorterRun(tokenBudget: 1000, metrics: ["validation_loss": 2.5, "epochs": 1]),
            ShorterRun(tokenBudget: 2000, metrics: ["validation_loss": 2.25]),
        ]
        input.law?.law.shorterRuns = 2
        let lines = try CSVExporter().export(input).split(separator: "\n")
        #expect(lines[0].hasSuffix(",shorter_runs"))
        #expect(lines[1].hasSuffix(","))
        #expect(lines[2].hasSuffix(",1000=2.5 2000=2.25"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(JSONExporter().export(input).utf8)) as? [String: Any])
        let trial = (json["trials"] as? [[String: Any]])?[1]
        let runs = trial?["shorter_runs"] as? [[String: Any]]
        #expect(runs?.map { $0["token_budget"] as? Int } == [1000, 2000])
        #expect((json["law"] as? [String: Any])?["shorter_runs"] as? Int == 2)
        #expect(try LawPictureExporter().export(input).contains("inside a longer run"))
        #expect(try !LawPictureExporter().export(ExportFixture.input).contains("inside a longer run"))
        #expect(try LaTeXExporter().export(input).contains("runs and 2 shorter ones inside them of up to"))
    }

    @Test func shorterRunsAreReadAsTheyWereWritten() {
        let runs = [
            ShorterRun(tokenBudget: 64, metrics: ["loss": 0.1 + 0.2]),
            ShorterRun(tokenBudget: 4_000_000_000, metrics: ["loss": -1e-300]),
        ]
        let field = ShorterRunText.field(runs, metric: "loss")
        #expect(ShorterRunText.runs(field, metric: "loss") == runs)
        #expect(ShorterRunText.runs("", metric: "loss") == [])
        for bad in ["64", "64=", "=2", "x=2", "64=nan", "0=1", "-5=1", "64=1=2", "64=1,128=2"] {
            #expect(ShorterRunText.runs(bad, metric: "loss") == nil, "\(bad)")
        }
    }

    @Test func aPageNeedsNothingBesideItAndShowsNothingAsMarkup() throws {
        var input = ExportFixture.input
        input.definition.summary = "<script>alert(1)</script> & \"more\""
        input.trials[0].proposal.hyperparameters["note"] = HyperparameterValue.text("<b>")
        let page = try PageExporter().export(input)
        #expect(!page.contains("<script") && !page.contains("<b>") && !page.contains("<?xml"))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;"))
        #expect(!page.contains("src=") && !page.contains("href="))
        #expect(page.components(separatedBy: "<svg").count == 4)
        for tag in ["table", "tr", "td", "th", "figure", "details", "ul", "pre", "dl"] {
            let opened = page.components(separatedBy: "<\(tag)>").count
            #expect(opened == page.components(separatedBy: "</\(tag)>").count, "\(tag)")
        }
        #expect(page.components(separatedBy: "<td>completed</td>").count > 30)
    }

    @Test("the page and the table show what the answer and the reused run are expected to lose")
    func regrets() throws {
        var input = ExportFixture.input
        input.recommendations[0].expectedRegret = 0.0042
        input.recommendations[0].carryOver = CarriedRun(
            tokenBudget: 8_000_000, values: [.learningRate: 0.0031, .batchSize: 12000], expectedRegret: 2.6)
        let page = try PageExporter().export(input)
        #expect(page.contains("<th>best run of 8M tokens</th>"))
        #expect(page.contains("<td>0.42 %</td>") && page.contains("<td>260 %</td></tr>"))
        #expect(page.contains("<td>0.0031</td></tr>") && page.contains("<td>12000</td></tr>"))
        let table = try LaTeXExporter().export(input)
        #expect(table.contains("& Exponent & Reused \\\\"))
        #expect(table.contains("Reused: best run of 8M tokens."))
        #expect(table.contains("& expected regret & 0.42\\,\\% & -- & -- & 260\\,\\% \\\\"))

        // Within what was run there is nothing to reuse, and of negative losses no share.
        input.recommendations[0].carryOver = nil
        #expect(try !LaTeXExporter().export(input).contains("Reused"))
        #expect(try PageExporter().export(input).contains("<td>0.42 %</td>"))
        input.recommendations[0].expectedRegret = nil
        #expect(try !PageExporter().export(input).contains("xpected regret"))
        #expect(try !LaTeXExporter().export(input).contains("expected regret"))
    }

    @Test func picturesAreWellFormed() throws {
        for name in ["svg", "svg-optima", "svg-pareto"] {
            let text = try ExporterRegistry().exporter(named: name).export(ExportFixture.input)
            #expect(text.contains("</svg>"))
            #expect(!text.contains("nan") && !text.contains("inf"))
        }
    }
}
