import Foundation
import Testing

@testable import Engine

@Suite struct DataTests {
    private func file(_ folder: URL, _ name: String, _ data: Data) throws -> String {
        let file = folder.appendingPathComponent(name)
        try data.write(to: file)
        return file.path
    }

    private func message(_ body: () throws -> some Any) -> String {
        do {
            _ = try body()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test func libsvmLinesBecomeRows() throws {
        try withFolder { folder in
            let path = try file(folder, "a", Data("+1 1:0.5 3:2 # note\r\n\n-1 2:-1e-1\n".utf8))
            let table = try LIBSVMFile.read(path)
            #expect(table == LabelledTable(columns: 3, features: [0.5, 0, 2, 0, -0.1, 0], labels: [1, -1]))
        }
    }

    @Test(arguments: [
        ("x 1:1\n", ":1: 'x' is not a label"), ("1 1:1\n1 0:1\n", ":2: index 0"),
        ("1 2:1 1:1\n", "index 1 after 2"),
        ("1 1\n", "'1' is not 'index:value'"), ("1 1:nan\n", "is not 'index:value'"),
        ("", "holds no examples"),
    ])
    func malformedLIBSVMIsNamedWithItsLine(text: String, expected: String) throws {
        try withFolder { folder in
            let path = try file(folder, "a", Data(text.utf8))
            #expect(message { try LIBSVMFile.read(path) }.contains(expected))
        }
    }

    @Test func csvHasHeaderSeparatorAndNamedLabels() throws {
        try withFolder { folder in
            let text = "width;height;kind\n1;2;\"cat\"\n3.5;-4;ant\n"
            let table = try CSVFile.read(try file(folder, "a.csv", Data(text.utf8)))
            #expect(table == LabelledTable(columns: 2, features: [1, 2, 3.5, -4], labels: [1, 0]))
        }
    }

    @Test(arguments: [
        ("1,2,0\n1,0\n", ":2: has 2 fields"), ("1,2,0\n1,b,0\n", ":2: 'b' is not a number"),
        ("1\n", "one field"),
        ("a,b\n", "holds no examples"), ("1,2\n1,\n", ":2: has no label"),
    ])
    func malformedCSVIsNamedWithItsLine(text: String, expected: String) throws {
        try withFolder { folder in
            let path = try file(folder, "a", Data(text.utf8))
            #expect(message { try CSVFile.read(path) }.contains(expected))
        }
    }

    private let images = Data([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 51, 0])
    private let labels = Data([0, 0, 8, 1, 0, 0, 0, 2, 7, 3])

    @Test func idxImagesAndLabelsMakeATable() throws {
        try withFolder { folder in
            let table = try IDXFile.read(
                images: file(folder, "i", images), labels: file(folder, "l", labels))
            #expect(table == LabelledTable(columns: 2, features: [0, 1, 0.2, 0], labels: [7, 3]))
        }
    }

    @Test func malformedIDXIsRefused() throws {
        try withFolder { folder in
            let good = try file(folder, "l", labels)
            let cut = try file(folder, "cut", images.dropLast())
            #expect(message { try IDXFile.read(images: cut, labels: good) }.contains("has 3 values"))
            let archive = try file(folder, "gz", Data([0x1F, 0x8B, 8, 0, 0]))
            #expect(message { try IDXFile.read(images: archive, labels: good) }.contains("gunzip"))
            let huge = try file(folder, "huge", Data([0, 0, 8, 2] + [UInt8](repeating: 255, count: 8)))
            #expect(message { try IDXFile.read(images: huge, labels: good) }.contains("too much"))
            let whole = try file(folder, "i", images)
            #expect(message { try IDXFile.read(images: whole, labels: whole) }.contains("labels are needed"))
        }
    }

    @Test func textIsSplitByPosition() throws {
        try withFolder { folder in
            let path = try file(folder, "t.txt", Data(String(repeating: "abcé", count: 100).utf8))
            let corpus = try TextCorpus(path: path, byBytes: false, sequenceLength: 8)
            #expect(corpus.vocabulary == 4)
            #expect(corpus.training.count == 360)
            #expect(corpus.validation.prefix(4) == [0, 1, 2, 3])
            #expect(try TextCorpus(path: path, byBytes: true, sequenceLength: 8).vocabulary == 256)
            #expect(
                try TextCorpus(path: folder.path, byBytes: false, sequenceLength: 8).training
                    == corpus.training)
            let short = message { try TextCorpus(path: path, byBytes: false, sequenceLength: 100) }
            #expect(short.contains("too few for sequence_length 100"))
            let binary = try file(folder, "bad", Data([0xFF, 0xFE, 0x41]))
            #expect(
                message { try TextCorpus(path: binary, byBytes: false, sequenceLength: 2) }.contains("UTF-8"))
        }
    }

    @Test func everyEpochShowsEveryExampleOnce() {
        let table = LabelledTable(
            columns: 1, features: (0..<50).map { Float($0) }, labels: (0..<50).map { Float($0) })
        let source = TableSource<Double>(table, outputs: 1, oneHot: false, standardised: false)
        var x = [Double](repeating: 0, count: 90)
        var targets = x
        source.write(0..<90, seed: 4, x: &x, targets: &targets)
        #expect(x == targets)
        let held = Set(source.validationInputs)
        #expect(held.count == 5)
        #expect(Set(x[..<45]) == Set((0..<50).map(Double.init)).subtracting(held))
        #expect(Set(x[45...]) == Set(x[..<45]))
        #expect(Array(x[45...]) != Array(x[..<45]))
    }

    @Test(.enabled(if: sharedData("libsvm/a1a.txt") != nil))
    func logisticRegressionLearnsARealFile() throws {
        let path = try #require(sharedData("libsvm/a1a.txt"))
        let metrics = try completed(
            job("logistic-regression", ["path": .text(path)], rate: 0.5, batch: 32, budget: 20_000))
        #expect((metrics["validation_loss"] ?? 1) < 0.45)
        #expect((metrics["validation_error"] ?? 1) < 0.22)
        #expect(abs((metrics["epochs"] ?? 0) - 20_000 / 1445.0) < 0.1)
        #expect((metrics["model_size"] ?? 0) > 100)
    }

    @Test(.enabled(if: sharedData("text/tinyshakespeare.txt") != nil))
    func charGPTLearnsARealText() throws {
        let path = try #require(sharedData("text/tinyshakespeare.txt"))
        let metrics = try completed(
            job("char-gpt", ["path": .text(path)], rate: 0.3, batch: 512, budget: 100_000, momentum: 0.9))
        #expect((metrics["validation_loss"] ?? 9) < 3.0)
        #expect((metrics["epochs"] ?? 0) < 0.2)
    }
}
