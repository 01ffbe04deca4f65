import Foundation
import Testing

@testable import Tuner

@Suite struct FollowedFileTests {
    /// A file that the test writes as a program would.
    private final class Written {
        let path: String
        init(_ folder: ScratchFolder) { path = folder.url.appending(path: "metrics.jsonl").path }

        func append(_ text: String) throws {
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(atPath: path, contents: nil)
            }
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        }

        /// Cuts the file in place and writes anew.
        func overwrite(_ text: String) throws {
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        }

        /// Puts another file in its place.
        func replace(_ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        }

        func rotate() throws {
            try FileManager.default.moveItem(atPath: path, toPath: path + "." + UUID().uuidString)
        }
    }

    /// What a look finds: lines as they are, `*` for a new beginning.
    private func look(_ file: FollowedFile, isEnd: Bool = false) -> [String] {
        var found: [String] = []
        func take(_ event: FollowedFile.Event) {
            switch event {
            case .line(let line): found.append(String(decoding: line, as: UTF8.self))
            case .restart: found.append("*")
            }
        }
        if isEnd { file.finish(take) } else { file.read(take) }
        return found
    }

    @Test func linesComeOnceAndWhole() async throws {
        try await withScratchFolder { folder in
            let written = Written(folder)
            let file = FollowedFile(written.path)
            #expect(look(file) == [])
            #expect(file.trouble == .missing)
            try written.append("one\r\ntw")
            #expect(look(file) == ["one"])
            #expect(file.trouble == nil)
            #expect(look(file) == [])
            try written.append("o\n\nthree")
            #expect(look(file) == ["two", ""])
            #expect(look(file, isEnd: true) == ["three"])
            #expect(look(file, isEnd: true) == [])
        }
    }

    @Test func whatStoodThereBeforeIsNotRead() async throws {
        try await withScratchFolder { folder in
            let written = Written(folder)
            try written.append("step,loss\n1,9\n")
            let file = FollowedFile(written.path)
            #expect(file.firstLineBefore.map { String(decoding: $0, as: UTF8.self) } == "step,loss")
            #expect(look(file) == [])
            try written.append("2,8\n")
            #expect(look(file) == ["2,8"])
        }
    }

    @Test func aCutFileIsReadFromItsBeginningAndItsHalfLineForgotten() async throws {
        try await withScratchFolder { folder in
            let written = Written(folder)
            let file = FollowedFile(written.path)
            try written.append("one\ntwo\nthr")
            #expect(look(file) == ["one", "two"])
            try written.overwrite("four\n")
            #expect(look(file) == ["*", "four"])
            try written.overwrite("")
            #expect(look(file) == ["*"])
            try written.append("five\n")
            #expect(look(file) == ["five"])
        }
    }

    @Test func aRotatedFileIsReadToItsEndAndThenTheNewOne() async throws {
        try await withScratchFolder { folder in
            let written = Written(folder)
            let file = FollowedFile(written.path)
            try written.append("one\n")
            #expect(look(file) == ["one"])
            try written.append("two\nthree")
            try written.rotate()
            #expect(look(file) == ["two"])
            try written.append("four\n")
            #expect(look(file) == ["three", "*", "four"])
            try written.replace("five\nsix\n")
            #expect(look(file) == ["*", "five", "six"])
        }
    }

    @Test func severalRotationsBetweenTwoLooksLoseOnlyWhatIsGone() async throws {
        try await withScratchFolder { folder in
            let written = Written(folder)
            let file = FollowedFile(written.path)
            try written.append("one\n")
            #expect(look(file) == ["one"])
            for text in ["two\n", "three\n"] {
                try written.rotate()
                try written.append(text)
            }
            // Nobody has the name of the second file any more.
            #expect(look(file) == ["*", "three"])
        }
    }

    @Test func aRemovedFileIsReadOn() async throws {
        try await withScratchFolder { folder in
            let written = Written(folder)
            let file = FollowedFile(written.path)
            try written.append("one\n")
            #expect(look(file) == ["one"])
            let handle = try #require(FileHandle(forWritingAtPath: written.path))
            try FileManager.default.removeItem(atPath: written.path)
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("two\n".utf8))
            #expect(look(file) == ["two"])
        }
    }

    @Test func whatIsNoRegularFileIsNamedAndNotWaitedFor() async throws {
        try await withScratchFolder { folder in
            let pipe = folder.url.appending(path: "pipe").path
            #expect(mkfifo(pipe, 0o600) == 0)
            let file = FollowedFile(pipe)
            #expect(look(file) == [])
            #expect(file.trouble == .notAFile)
            let inside = FollowedFile(pipe + "/below")
            #expect(look(inside) == [])
            #expect(inside.trouble == .missing)
        }
    }

    @Test func aLineLongerThanTheLimitIsCutAndTheNextIsWhole() async throws {
        try await withScratchFolder { folder in
            let written = Written(folder)
            let file = FollowedFile(written.path)
            try written.append(String(repeating: "x", count: 3 << 20) + "\nshort\n")
            var found: [String] = []
            for _ in 0..<5 { found += look(file) }
            #expect(found.map(\.count) == [TrialProtocol.longestLine, 5])
        }
    }

    /// Random writing, cutting and looking: every whole line of the last state is there, in order, and no line is made up.
    @Test(arguments: [1, 2, 3]) func linesAreNeverTorn(seed: UInt64) async throws {
        try await withScratchFolder { folder in
            let written = Written(folder)
            let file = FollowedFile(written.path)
            var state = seed
            func random(_ n: UInt64) -> UInt64 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (state >> 33) % n
            }
            var (next, pending, found, all) = (0, "", [String](), [String]())
            for _ in 0..<400 {
                switch random(8) {
                case 0:
                    // A rotation after a whole line.
                    try written.append(pending)
                    pending = ""
                    found += look(file)
                    if FileManager.default.fileExists(atPath: written.path) { try written.rotate() }
                case 1, 2: found += look(file)
                default:
                    pending += "line \(next)\n"
                    all.append("line \(next)")
                    next += 1
                    let cut = pending.index(
                        pending.startIndex, offsetBy: Int(random(UInt64(pending.count + 1))))
                    try written.append(String(pending[..<cut]))
                    pending = String(pending[cut...])
                }
            }
            try written.append(pending)
            found += look(file, isEnd: true)
            #expect(found.filter { $0 != "*" } == all, "seed \(seed)")
        }
    }
}

@Suite struct ObservationLinesTests {
    private func read(_ lines: inout ObservationLines, _ text: String) -> LenientObservation? {
        if case .observation(let found) = lines.read(Array(text.utf8)) { return found }
        return nil
    }

    @Test func objectsOfNumbersAreObservations() {
        var lines = ObservationLines(.jsonLines, pattern: nil)
        let flat = read(
            &lines, #"{"step": 20, "val/Loss": 2.5, "note": "x", "lr": null, "ok": true, "tokens": 4e3}"#)
        #expect(flat?.step == 20)
        #expect(flat?.tokens == 4000)
        #expect(flat?.metrics == ["val_loss": 2.5])
        #expect(
            read(&lines, #"{"step": 3, "metrics": {"validation_loss": 1}}"#)?.metrics == [
                "validation_loss": 1
            ])
        #expect(
            read(&lines, #"{"observation":{"sequence":4,"metrics":{"validation_loss":1}}}"#)?.sequence == 4)
        #expect(read(&lines, #"{"validation_loss": NaN}"#)?.metrics["validation_loss"]?.isNaN == true)
        for nothing in ["", "loss 3", "[1]", #"{"step": 3}"#, #"{"step": 3, "loss"#, #"{"a": {"b": 1}}"#] {
            #expect(read(&lines, nothing) == nil, "\(nothing)")
        }
        guard
            case .finished(.diverged(7, _)) = lines.read(
                Array(#"{"finished":{"outcome":"diverged","step":7}}"#.utf8))
        else {
            Issue.record("no end")
            return
        }
    }

    @Test func tablesHaveColumns() {
        var lines = ObservationLines(.csv, pattern: nil)
        #expect(read(&lines, "step;\"val loss\";name") == nil)
        let row = read(&lines, "10;2.5;\"a;b\"")
        #expect(row?.step == 10)
        #expect(row?.metrics == ["val_loss": 2.5])
        #expect(read(&lines, "20;;x") == nil)
        #expect(read(&lines, "20;3") == nil)
        // A file that goes on under another name, without and with its columns.
        lines.restart()
        #expect(read(&lines, "30;1.5;")?.metrics == ["val_loss": 1.5])
        lines.restart()
        #expect(read(&lines, "step;accuracy;name") == nil)
        #expect(read(&lines, "40;0.5;c")?.metrics == ["accuracy": 0.5])
    }

    @Test func columnsThatWereThereBeforeAreKnown() {
        var lines = ObservationLines(.csv, pattern: nil, columns: Array("step,validation_loss".utf8))
        #expect(read(&lines, "5,nan")?.metrics["validation_loss"]?.isNaN == true)
    }
}
