import ScalingLaws
import Testing

@testable import Tuner

@Suite("Numbers of tables")
struct TableNumbersTests {
    private func style(_ fields: [String]) throws -> TableNumbers {
        let text = fields.map { "\"\($0)\"" }.joined(separator: "\n")
        return TableNumbers(try DelimitedFields(Array(text.utf8), separator: 0x3B))
    }

    @Test(
        "a comma is what it can only be, or what the other numbers of the table are",
        arguments: [
            (["0,003"], "0,003", 0.003), (["3,5"], "3,5", 3.5), (["1.234,5"], "1.234,5", 1234.5),
            (["0,003"], "3,412", 3.412), (["0,003"], "-1,500e-3", -1.5e-3), (["1,234,567"], "1,234", 1234),
            (["1,234.5"], "1,234.5", 1234.5), (["1,234,567"], "12,345,678", 12_345_678),
            (["1.000.000"], "1.000.000", 1e6), ([], "1.234", 1.234), (["10.1.2.3"], "0.5", 0.5),
        ])
    func commas(_ fields: [String], _ text: String, _ value: Double) throws {
        #expect(try style(fields + [text]).reading(text, isCount: false) == .number(value))
    }

    @Test(
        "what can be meant in two ways is not guessed",
        arguments: [
            ([], "1,234"), (["0,5", "1,234,567"], "1,234"), (["0,5", "1.000.000"], "1.234"),
        ])
    func unclear(_ fields: [String], _ text: String) throws {
        #expect(try style(fields + [text]).reading(text, isCount: false) == .unclear)
    }

    @Test("texts stay texts", arguments: ["a, b", "1,2,3", "1,2.3.4", "v1.2.3", ",", "."])
    func texts(_ text: String) throws {
        #expect(try style([text]).reading(text, isCount: true) == .other)
    }

    @Test(
        "counts may have endings, other numbers may not",
        arguments: [
            ("125M", 125e6), ("2.5B", 2.5e9), ("64Ki", 65536), ("1e9", 1e9), ("1.1B", 1.1e9), (" 8k ", 8000),
            ("1e21", 1e21), ("3000T", 3e15),
        ])
    func counts(_ text: String, _ value: Double) throws {
        let style = try style([])
        #expect(style.reading(text, isCount: true) == .number(value))
        if text.contains(where: \.isUppercase) { #expect(style.reading(text, isCount: false) == .other) }
    }

    // MARK: - In tables

    private func fit(_ text: String, separator: Character = ",", where filter: [String] = []) throws
        -> TableFit
    {
        try TableFit(
            RunTable(text: text, file: "runs.csv", separator: separator),
            .init(mapping: madeUpMapping(), filter: filter.isEmpty ? nil : RowFilter(filter)))
    }

    @Test("a table with decimal commas gives the same law")
    func decimalCommas() throws {
        let text = MadeUpLaw().text.replacing(",", with: ";").replacing(".", with: ",")
        #expect(try fit(text, separator: ";").laws[0].law == fit(MadeUpLaw().text).laws[0].law)
    }

    @Test("a table with endings gives the same law, and filters find them by value")
    func endings() throws {
        var text = MadeUpLaw().text
        for (plain, written) in [
            ("50000000.0", "50M"), ("100000000.0", "0.1B"), ("200000000.0", "200M"), ("1000000000.0", "1B"),
            ("131072.0", "128Ki"),
        ] { text.replace(",\(plain),", with: ",\(written),") }
        #expect(text.contains("128Ki") && text.contains("0.1B"))
        #expect(try fit(text).laws[0].law == fit(MadeUpLaw().text).laws[0].law)
        #expect(try fit(text, where: ["N=100M"]).cells.count == 3)
    }

    @Test("an unclear number is refused where it stands, with what it can be")
    func refused() throws {
        let text = "D;lr;loss\n1e9;1e-3;3,412\n1e9;2e-3;3,305\n"
        let error = try #require(
            #expect(throws: TunerError.self) {
                _ = try TableFit(
                    RunTable(text: text, file: "runs.csv", separator: ";"),
                    .init(mapping: ColumnMapping(["token_budget=D", "learning_rate=lr", "loss=loss"])))
            })
        #expect(error.diagnostics.map(\.code) == ["unclear-number", "unclear-number"])
        #expect(error.diagnostics[0].line == 2)
        #expect(error.diagnostics[0].message.contains("can be 3.412 or 3412"))
        #expect(error.diagnostics[0].help?.contains("tr , .") == true)
    }

    @Test("an ending that is none is told with the one that was meant")
    func wrongEnding() throws {
        let text = MadeUpLaw().text.replacing(",50000000.0,", with: ",50m,")
        let error = try #require(#expect(throws: TunerError.self) { _ = try fit(text) })
        #expect(error.diagnostics[0].help?.contains("is the ending 'M'?") == true, "\(error)")
    }

    @Test("imported runs may have decimal commas, too")
    func imported() throws {
        let runs = try ImportedTrials(
            RunTable(
                text: "learning_rate;batch_size_tokens;token_budget;validation_loss\n0,003;100;8k;2,5\n",
                file: "runs.csv", separator: ";"), columns: [],
            definition: plannedSweep(method: .lawGuided, extra: [batchSizes([100, 200])]))
        #expect(runs.trials[0].proposal.hyperparameters["learning_rate"] == .real(0.003))
        #expect(runs.trials[0].metrics["validation_loss"] == 2.5)
    }
}

@Suite("Filters of rows")
struct RowFilterTests {
    private let table = "size,name,loss\n1M,a,3\n2000000,b,\n4e6,a>b,2.5\nunknown,c,2\n"

    private func kept(_ conditions: [String]) throws -> [Int] {
        try RowFilter(conditions).rows(of: RunTable(text: table, file: "runs.csv"))
    }

    @Test(
        "comparisons are by value, and what is no number is neither less nor more",
        arguments: [
            (["size<2M"], [0]), (["size<=2M"], [0, 1]), (["size>2M"], [2]), (["size>=2e6"], [1, 2]),
            (["size=1e6"], [0]), (["size==1M"], [0]), (["size!=2M"], [0, 2, 3]), (["loss<2.6"], [2, 3]),
            (["loss!="], [0, 2, 3]), (["loss="], [1]), (["name=a>b"], [2]), (["name!=a"], [1, 2, 3]),
            (["size > 1M", "loss <= 2.5"], [2]), (["size>=1M", "size<4M"], [0, 1]),
        ])
    func conditions(_ conditions: [String], _ rows: [Int]) throws {
        #expect(try kept(conditions) == rows, "\(conditions)")
    }

    @Test("texts are not ordered, and what is no condition says what one is")
    func errors() throws {
        let order = try #require(#expect(throws: TunerError.self) { _ = try RowFilter(["name<b"]) })
        #expect(order.code == .usage && order.message.contains("'b', which is not a number"))
        for text in ["size", "<3", "=3", ""] {
            let error = try #require(#expect(throws: TunerError.self) { _ = try RowFilter([text]) })
            #expect(error.message.contains("is not a condition"), "\(text)")
        }
    }

    @Test(
        "conditions of the fit are not those of the cells that are asked for, which is said where it matters")
    func notInherited() throws {
        let table = try RunTable(text: table, file: "runs.csv")
        let fitted = try RowFilter(["name=a", "loss>2"])
        let asked = try RowFilter(["name!=a"], option: "--predict-cells")
        let warning = try #require(try fitted.notInherited(by: asked, in: table))
        #expect(warning.code == "where-not-inherited")
        #expect(warning.text.contains("2 of the 3 rows") && warning.text.contains("'loss>2'"))
        #expect(!warning.text.contains("name=a"), "a column both name was set apart on purpose")
        #expect(try RowFilter(["name=a"]).notInherited(by: asked, in: table) == nil)
        let same = try RowFilter(["loss>2"], option: "--predict-cells")
        #expect(try fitted.notInherited(by: same, in: table)?.text.contains("'name=a'") == true)
    }
}
