import Testing

@testable import Tuner

@Suite("Delimited text")
struct DelimitedTextTests {
    private func texts(_ text: String, separator: Character = ",") throws -> [[String]] {
        try DelimitedText.records(of: text, separator: separator.asciiValue ?? 0).map { $0.map(\.text) }
    }

    @Test(
        "quoted fields, line ends, byte order mark and empty lines",
        arguments: [
            ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r1,2", [["a", "b"], ["1", "2"]]),
            ("\u{FEFF}a,b\n1,2", [["a", "b"], ["1", "2"]]),
            ("a,b\n\n\n1,2\n\n", [["a", "b"], ["1", "2"]]),
            ("a,\"b,c\"\n", [["a", "b,c"]]),
            ("\"say \"\"so\"\"\",2", [["say \"so\"", "2"]]),
            ("\"two\nlines\",2\n3,4", [["two\nlines", "2"], ["3", "4"]]),
            ("\"two\r\nlines\",2\r\n3,4", [["two\r\nlines", "2"], ["3", "4"]]),
            ("a,,\n,,", [["a", "", ""], ["", "", ""]]),
            ("\"\"\nx", [[""], ["x"]]),
            ("5'10\",x", [["5'10\"", "x"]]),
            ("é,ü\n日,本", [["é", "ü"], ["日", "本"]]),
            ("", []),
        ])
    func reads(_ text: String, _ expected: [[String]]) throws {
        #expect(try texts(text) == expected)
    }

    @Test("any one separator")
    func separators() throws {
        #expect(try texts("a\tb,c", separator: "\t") == [["a", "b,c"]])
        #expect(try texts("a;1,5", separator: ";") == [["a", "1,5"]])
    }

    @Test("fields know where they stand, after quoted line ends too")
    func places() throws {
        let records = try DelimitedText.records(of: "é,bb\r\n\"x\ny\",zz,\"q\"\r\n", separator: 0x2C)
        #expect(records[0][1].place == SourcePlace(line: 1, column: 3, length: 2))
        #expect(records[1][0].place == SourcePlace(line: 2, column: 1, length: 1))
        #expect(records[1][1].place == SourcePlace(line: 3, column: 4, length: 2))
        #expect(records[1][2].place == SourcePlace(line: 3, column: 7, length: 3))
    }

    @Test("quotes that do not match are told with their place")
    func brokenQuotes() {
        func error(_ text: String) -> TunerError? {
            #expect(throws: TunerError.self) { try RunTable(text: text, file: "t.csv") }
        }
        let open = error("a,b\n1,\"2\n3,4\n")
        #expect(open?.code == .invalidTable)
        #expect(open?.diagnostics.first.map { "\($0.line):\($0.column) \($0.code)" } == "2:3 unclosed-quote")
        let behind = error("a,b\n\"1\"x,2\n")
        #expect(
            behind?.diagnostics.first.map { "\($0.line):\($0.column) \($0.code)" } == "2:4 text-after-quote")
    }

    @Test("what is written with quotes is read back, whatever it holds")
    func roundTrip() throws {
        let seed = UInt64.random(in: 0...(.max))
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let alphabet = Array("ab,\"\n\r\t é;")
        for _ in 0..<200 {
            let width = 1 + next(4)
            let rows = (0..<1 + next(4)).map { _ in
                (0..<width).map { _ in String((0..<next(6)).map { _ in alphabet[next(alphabet.count)] }) }
            }
            let text = rows.map { row in
                row.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",")
            }.joined(separator: "\r\n")
            #expect(try texts(text) == rows, "seed \(seed): \(text.debugDescription)")
        }
    }
}
