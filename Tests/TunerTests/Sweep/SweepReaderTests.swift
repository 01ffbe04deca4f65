import Engine
import Foundation
import Testing

@testable import Tuner

@Suite struct SweepReaderTests {
    private let good = """
        name: first-sweep
        description: "größe \\u00e9"
        workload: {name: char-gpt, depth: 4}
        optimizer: {name: muon, schedule: {shape: wsd, decay_fraction: 0.1}}
        parameters:
          learning_rate: &range {min: 1e-4, max: 1e-1, step: x2}
          momentum: {values: [0.9, 0.95]}
          weight_decay: *range
          batch_size_tokens: {values: [4Ki, 8Ki]}
        token_budgets: [1M, 2M]
        target_token_budget: 1B
        law: {regime: [learning_rate]}
        trial_timeout: 2h

        """

    @Test func readThrowsEveryProblemInOneError() {
        let source = SweepSource(
            text: good.replacing("8Ki", with: "8K").replacing("2h", with: "2"), file: "a.yaml",
            directory: folderOfTests)
        let error = #expect(throws: TunerError.self) { try SweepReader(catalog: .forTests).read(source) }
        #expect(error?.code == .invalidSweep)
        #expect(error?.message == "sweep file 'a.yaml' has 2 problems")
        #expect(error?.diagnostics.map(\.line) == [9, 13])
    }

    @Test func lineEndsOfAnySystemCountOnce() {
        for end in ["\n", "\r\n", "\r"] {
            let text = good.replacing("8Ki", with: "8K").replacing("\n", with: end)
            #expect(checkSweep(text).diagnostics.map(\.line) == [9], "\(end.debugDescription)")
        }
    }

    @Test func bytesThatAreNotUTF8AreFoundAtTheirPlace() {
        let bytes = Data("name: é\nworkload: a".utf8) + [0xFF, 0x41]
        let error = #expect(throws: TunerError.self) {
            try SweepSource(bytes: bytes, file: "a.yaml", directory: folderOfTests)
        }
        let diagnostic = error?.diagnostics.first
        #expect(diagnostic?.code == "bad-encoding")
        #expect(diagnostic?.line == 2)
        #expect(diagnostic?.column == 12)
        #expect(diagnostic?.message == "byte '0xFF' is not UTF-8")
    }

    @Test func aFileOverOneMebibyteIsRefused() {
        let bytes = Data(repeating: UInt8(ascii: "#"), count: (1 << 20) + 1)
        let error = #expect(throws: TunerError.self) {
            try SweepSource(bytes: bytes, file: "a.yaml", directory: folderOfTests)
        }
        #expect(error?.diagnostics.map(\.code) == ["file-too-large"])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(checkSweep(text).diagnostics.map(\.code) == ["file-too-large"])
    }

    @Test func aFileOfOneMebibyteIsReadInTime() {
        let values = (1...49_000).map { "0.\($0)1" }.joined(separator: ", ")
        let text = good.replacing("[0.9, 0.95]", with: "[\(values)]")
        let start = ContinuousClock.now
        #expect(checkSweep(text).diagnostics.map(\.code) == ["too-many-values"])
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func manyMisspelledKeysAreRefusedInTime() {
        let text = good + (1...50_000).map { "nam\($0): 1\n" }.joined()
        let start = ContinuousClock.now
        #expect(checkSweep(text).diagnostics.map(\.code) == ["too-many-values"])
        let some = good + (1...200).map { "nam\($0): 1\n" }.joined()
        #expect(checkSweep(some).diagnostics.count == DiagnosticList.most)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test(arguments: [400, 50_000]) func nestedPatternsDoNotOverflowTheStack(_ depth: Int) {
        let pattern = String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        let text = """
            name: c
            command: [x]
            parameters: {a: [1, 2]}
            token_budgets: [1]
            observations: {pattern: '\(pattern)'}

            """
        #expect(!checkSweep(text).diagnostics.isEmpty)
    }

    @Test func nestingWithoutEndIsStopped() {
        for bracket in ["[", "{", "- ", "? ", "{a: "] {
            let text = String(repeating: bracket, count: 20_000)
            #expect(checkSweep(text).diagnostics.map(\.code) == ["too-deep"], "\(bracket)")
        }
    }

    @Test func aMissingFileIsNotAnInvalidSweep() {
        let error = #expect(throws: TunerError.self) {
            try SweepSource(
                contentsOf: folderOfTests.appendingPathComponent("absent.yaml"), named: "absent.yaml")
        }
        #expect(error?.code == .failed)
        #expect(error?.why == "there is no such file")
        #expect(throws: TunerError.self) { try SweepSource(contentsOf: folderOfTests) }
    }

    @Test func pathsAreTakenFromTheFolderOfTheFile() throws {
        let text = good.replacing("depth: 4", with: "path: ../corpus.txt")
        let folder = URL(fileURLWithPath: folderOfTests.path + "/bad", isDirectory: false)
        let source = SweepSource(text: text, file: "a.yaml", directory: folder)
        let definition = try SweepReader(catalog: .forTests).read(source)
        guard case .workload(_, let options) = definition.subject else { return }
        #expect(options["path"] == .text(folderOfTests.appendingPathComponent("corpus.txt").path))
    }

    @Test func gridsOfRangesEndAtTheirMaximum() {
        typealias Domain = SweepDefinition.SearchParameter.Domain
        let log = Domain.range(min: 1e-4, max: 1e-1, scale: .log, step: 10, integer: false)
        #expect(
            log.gridValues?.compactMap(\.number).map { ($0 * 1e6).rounded() } == [100, 1000, 10_000, 100_000])
        let linear = Domain.range(min: 0, max: 1, scale: .linear, step: 0.1, integer: false)
        #expect(linear.gridValues?.count == 11)
        #expect(linear.gridValues?.last == .real(1))
        let complement = Domain.range(min: 0.5, max: 0.9375, scale: .complementLog, step: 2, integer: false)
        #expect(complement.gridValues == [.real(0.5), .real(0.75), .real(0.875), .real(0.9375)])
        let whole = Domain.range(min: 1, max: 10, scale: .log, step: 1.5, integer: true)
        #expect(whole.gridValues?.compactMap(\.number) == [1, 2, 3, 5, 8])
        #expect(Domain.range(min: 0, max: 1, scale: .linear, step: nil, integer: false).gridCount == nil)
    }

    @Test func nearNamesAreSuggestedAndFarOnesAreNot() {
        let names = ["learning_rate", "momentum", "batch_size_tokens"]
        #expect(NearestName.suggestion(for: "lerning_rate", among: names) == "learning_rate")
        #expect(NearestName.suggestion(for: "Learning-Rate", among: names) == "learning_rate")
        #expect(NearestName.suggestion(for: "lr", among: names) == "learning_rate")
        #expect(NearestName.suggestion(for: "mmt", among: names) == nil)
        #expect(NearestName.suggestion(for: "beta", among: names) == nil)
        #expect(NearestName.distance("kitten", "sitting") == 3)
        #expect(NearestName.distance("", "abc") == 3)
    }

    @Test func mutilatedFilesNeverCrashAndErrorsStayInside() {
        #expect(checkSweep(good).diagnostics.map(\.rendered) == [])
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix(state: seed)
        let scalars = Array(good.unicodeScalars)
        let spice = Array("{}[]:,-?&*!|>'\"%@`#\t\n\r \\$0e~<=é\u{FEFF}\u{85}\u{0}名".unicodeScalars)
        for round in 0..<1500 {
            var text = scalars
            for _ in 0...Int.random(in: 0...3, using: &random) where !text.isEmpty {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: text.removeSubrange(place...)
                case 1: text.remove(at: place)
                case 2: text.insert(spice[Int.random(in: 0..<spice.count, using: &random)], at: place)
                case 3: text[place] = spice[Int.random(in: 0..<spice.count, using: &random)]
                default: text.insert(contentsOf: text[place...].prefix(40), at: place)
                }
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: text)
            let (definition, diagnostics) = checkSweep(String(view))
            let lines = SourceText(file: "", text: String(view)).lines
            let isInside = diagnostics.allSatisfy { diagnostic in
                (1...lines.count).contains(diagnostic.line) && diagnostic.column >= 1
                    && diagnostic.length >= 1
                    && diagnostic.column <= lines[diagnostic.line - 1].count + 1
            }
            #expect(
                isInside && (definition == nil) == !diagnostics.isEmpty,
                "seed \(seed), round \(round): \(String(view).debugDescription)")
        }
    }
}

/// SplitMix64: repeatable random numbers.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
