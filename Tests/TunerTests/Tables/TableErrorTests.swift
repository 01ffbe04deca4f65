import ScalingLaws
import Testing

@testable import Tuner

@Suite("Errors of tables")
struct TableErrorTests {
    private func fail(
        _ text: String = MadeUpLaw().text, columns: [String]? = nil, group: String? = "cell",
        where filter: [String] = [], regime: [LawAxis] = []
    ) throws -> TunerError {
        try #require(
            #expect(throws: TunerError.self) {
                let mapping = try columns.map { try ColumnMapping($0) } ?? madeUpMapping()
                _ = try TableFit(
                    RunTable(text: text, file: "runs.csv"),
                    TableFit.Options(
                        mapping: mapping, group: group, filter: filter.isEmpty ? nil : RowFilter(filter),
                        regime: regime))
            })
    }

    @Test(
        "wrong columns are told of with what there is and what was meant",
        arguments: [
            (["learning_rte=lr"], "unknown quantity 'learning_rte'", "did you mean 'learning_rate'?"),
            (["lr=lr"], "unknown quantity 'lr'", "did you mean 'learning_rate'?"),
            (["loss=loss", "validation_loss=loss"], "validation_loss is given twice", "keep one"),
            (["token_budget=D", "steps=D"], "column 'D' is given for both", "keep one"),
            (["learning_rate"], "is not QUANTITY=COLUMN", "learning_rate=lr"),
            (["learning_rate="], "is not QUANTITY=COLUMN", "learning_rate=lr"),
            (
                ["token_budget=D", "learning_rate=lrr", "loss=loss"], "has no column 'lrr'",
                "did you mean 'lr'?"
            ),
            (["token_budget=D", "learning_rate=lr"], "given for validation_loss", "--column loss=COLUMN"),
            (["learning_rate=lr", "loss=loss"], "given for token_budget", "--column token_budget=COLUMN"),
            (
                ["token_budget=D", "loss=loss"], "given for learning_rate, batch",
                "--column learning_rate=COLUMN"
            ),
        ])
    func wrongColumns(_ columns: [String], _ message: String, _ help: String) throws {
        let error = try fail(columns: columns)
        #expect(error.code == .usage)
        #expect(error.message.contains(message), "\(error)")
        #expect(error.help?.contains(help) == true, "\(error)")
    }

    @Test("unknown quantities come with the list of those there are")
    func quantitiesAreListed() throws {
        let why = try #require(try fail(columns: ["nothing=lr"]).why)
        for quantity in TableQuantity.allCases { #expect(why.contains(quantity.rawValue)) }
    }

    @Test(
        "a field that cannot be read is told of with its line and column",
        arguments: [
            ("0.002", "fast", "invalid-number", "'fast' in column 'lr' is not a number"),
            ("0.002", "", "missing-value", "column 'lr' is empty"),
            ("0.002", "nan", "missing-value", "column 'lr' is empty"),
            ("0.002", "0x10", "invalid-number", "'0x10' in column 'lr' is not a number"),
            ("0.002", "-1e-3", "out-of-range", "'-1e-3' in column 'lr' cannot be a 'learning_rate'"),
            ("0.002", "1e999", "out-of-range", "'1e999' in column 'lr'"),
        ])
    func wrongField(_ old: String, _ new: String, _ code: String, _ message: String) throws {
        // The fourth line: cell, N, D, then the learning rate.
        let error = try fail(MadeUpLaw().text.replacing(",\(old),", with: ",\(new),", maxReplacements: 1))
        #expect(error.code == .invalidTable)
        let diagnostic = try #require(error.diagnostics.first)
        #expect(diagnostic.line == 4)
        #expect(diagnostic.column == 32)
        #expect(diagnostic.code == code)
        #expect(diagnostic.message.contains(message), "\(diagnostic)")
        #expect(diagnostic.why != nil || diagnostic.help != nil)
    }

    @Test("text in a loss is an error, while empty, nan and infinite losses are diverged runs")
    func losses() throws {
        let header = "D,lr,loss\n"
        let rows = (1...6).flatMap { i -> [String] in [1.0, 2, 4].map { "\($0)e9,0.00\(i),\(3 + Double(i))" }
        }
        func text(_ loss: String) -> String { header + (rows + ["1e9,0.1,\(loss)"]).joined(separator: "\n") }
        let columns = ["token_budget=D", "learning_rate=lr", "loss=loss"]
        for loss in ["", "nan", "NaN", "inf", "-inf", "NA", "null", " "] {
            let fit = try TableFit(
                RunTable(text: text(loss), file: "runs.csv"), .init(mapping: ColumnMapping(columns)))
            #expect(fit.cells.map(\.diverged) == [1, 0, 0], "'\(loss)'")
        }
        let error = try fail(text("boom"), columns: columns, group: nil)
        #expect(error.diagnostics.map(\.line) == [20])
    }

    @Test("a momentum of one or more is out of range, and asks whether it is one minus momentum")
    func momentumRange() throws {
        let text = "D,m,loss\n1e9,0.9,3\n1e9,1.0,3\n"
        let error = try fail(text, columns: ["token_budget=D", "momentum=m", "loss=loss"], group: nil)
        #expect(error.diagnostics.map(\.code) == ["out-of-range"])
        #expect(error.diagnostics[0].help?.contains("1 - momentum") == true)
    }

    @Test("a column of the wrong kind is two diagnostics and a count, not a thousand")
    func wholeColumnWrong() throws {
        let error = try fail(columns: ["token_budget=D", "learning_rate=cell", "loss=loss"])
        #expect(error.diagnostics.count == 2)
        #expect(error.message.contains("\(MadeUpLaw().lines.count) problems"))
        #expect(error.why?.contains("more are like those shown") == true)
    }

    @Test("lines with too few or too many fields are told of")
    func unevenLines() throws {
        let error = try fail(MadeUpLaw().text + "x,1\n")
        #expect(error.diagnostics.map(\.code) == ["field-count"])
        #expect(error.diagnostics.map(\.line) == [MadeUpLaw().lines.count + 2])
    }

    @Test("another separator is guessed from the header")
    func otherSeparator() throws {
        let error = try fail(MadeUpLaw().text.replacing(",", with: ";"))
        #expect(error.help == "the header has no separator; is it --separator ';'?")
    }

    @Test("filters: unknown columns, texts that are none, and no rows with what the column holds")
    func filters() throws {
        #expect(try fail(where: ["cel=x"]).help == "did you mean 'cell'?")
        #expect(try fail(where: ["cell"]).message.contains("is not a condition"))
        let none = try fail(where: ["cell=100M-3B"])
        #expect(none.code == .notEnoughData)
        #expect(none.why?.contains("'100M-2B'") == true)
        #expect(try fail("cell,N,D,lr,batch_tokens,loss\n").why == "there is only a header")
        #expect(try fail("").message.contains("is empty"))
    }

    @Test("cells that try one value each have no law, and --group is named")
    func nothingToCompare() throws {
        let rows = MadeUpLaw().lines.enumerated().filter { $0.offset % 28 == 12 }.map(\.element)
        let error = try fail(([MadeUpLaw.header] + rows).joined(separator: "\n"))
        #expect(error.code == .notEnoughData)
        #expect(error.message.contains("no cell tries two values"))
        #expect(error.help?.contains("--group") == true)
    }

    @Test("a table whose every run diverged has no law")
    func allDiverged() throws {
        let rows = MadeUpLaw().lines.map { $0.split(separator: ",").prefix(5).joined(separator: ",") + "," }
        let error = try fail(([MadeUpLaw.header] + rows).joined(separator: "\n"))
        #expect(error.code == .notEnoughData)
        #expect(error.message.contains("diverged"))
    }

    @Test("a regime names what is given and searched")
    func regime() throws {
        #expect(try fail(regime: [.momentum]).message.contains("no column is given"))
        var law = MadeUpLaw()
        law.batches = { _ in [131_072] }
        #expect(try fail(law.text, regime: [.batchSize]).message.contains("one value in every cell"))
    }

    @Test("a column name that stands twice in the header cannot be named")
    func doubleHeader() throws {
        let text = "D,lr,lr,loss\n1e9,1,1,3\n"
        let error = try fail(text, columns: ["token_budget=D", "learning_rate=lr", "loss=loss"], group: nil)
        #expect(error.message.contains("2 columns 'lr'"))
    }

    @Test(
        "questions that cannot be understood",
        arguments: [
            ("model_size=1e9", "names no token_budget"), ("token_budget", "not QUANTITY=VALUE"),
            ("token_budget=many", "'many' is not a number"), ("token_budget=-1", "cannot be '-1'"),
            ("token_budget=1e30", "cannot be"), ("token_budget=0.5", "asks for 0.5"),
            ("token_budget=1e9,tokens=1", "unknown quantity 'tokens'"),
            ("token_budget=1e9,token_budget=2e9", "twice"),
            ("token_budget=1e9,loss=2", "unknown quantity 'loss'"),
            ("token_budget=1e9,momentum=1", "cannot be '1'"),
        ])
    func wrongQuestions(_ text: String, _ message: String) throws {
        let error = try #require(#expect(throws: TunerError.self) { try TableQuestion(text) })
        #expect(error.code == .usage)
        #expect(error.message.contains(message), "\(error)")
    }

    @Test("numbers no run can have are refused where they stand, derived ones too, and nothing overflows")
    func hugeNumbers() throws {
        let columns = ["token_budget=D", "learning_rate=lr", "batch_size_tokens=B", "loss=loss"]
        let text = "D,lr,B,C,N,S,loss\n1e9,1,8,1,1,1,3\n1e300,1,1e30,1e308,1e-300,1e300,3\n"
        let given = try fail(text, columns: columns, group: nil)
        #expect(given.diagnostics.map { "\($0.line) \($0.code)" } == ["3 out-of-range", "3 out-of-range"])
        for derived in [
            ["compute=C", "model_size=N", "learning_rate=lr"], ["steps=S", "batch_size_tokens=lr"],
        ] {
            let error = try fail(text, columns: derived + ["loss=loss"], group: nil)
            #expect(error.diagnostics.map(\.line) == [3], "\(error)")
        }
        #expect(throws: TunerError.self) { try TableQuestion("token_budget=1e9,batch_size_tokens=1e300") }
    }

    @Test("a law over model sizes is not asked without one")
    func missingModelSize() throws {
        let fit = try TableFit(
            RunTable(text: MadeUpLaw().text, file: "runs.csv"), .init(mapping: madeUpMapping(), group: "cell")
        )
        let error = try #require(
            #expect(throws: TunerError.self) { try fit.predict(TableQuestion("token_budget=1e10")) })
        #expect(error.message.contains("no model_size"))
        #expect(try TableQuestion("model_size=1e9,compute=6e19").tokenBudget == 1e10)
    }
}
