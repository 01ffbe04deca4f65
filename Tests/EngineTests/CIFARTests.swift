import Foundation
import Testing

@testable import Engine

/// The binary version of the CIFAR sets, on files this suite writes.
@Suite struct CIFARTests {
    private static let plane = 32 * 32

    /// A record: labels, then a red, a green and a blue plane. Each byte names its plane and its place.
    private func record(_ labels: [UInt8], _ value: (_ channel: Int, _ pixel: Int) -> UInt8) -> Data {
        Data(labels) + Data((0..<3).flatMap { c in (0..<Self.plane).map { value(c, $0) } })
    }

    private func marked(_ labels: [UInt8], from start: Int) -> Data {
        record(labels) { UInt8(truncatingIfNeeded: start + 7 * $0 + $1) }
    }

    private func write(_ data: Data, to folder: URL, _ name: String) throws -> String {
        let file = folder.appendingPathComponent(name)
        try data.write(to: file)
        return file.path
    }

    private func failure(_ path: String, _ format: CIFARFile.Format = .ten) -> String {
        do {
            _ = try CIFARFile.read(path, format)
            return "no error"
        } catch { return "\(error)" }
    }

    @Test func planesBecomePixels() throws {
        try withFolder { folder in
            let path = try write(marked([3], from: 0) + marked([9], from: 100), to: folder, "a.bin")
            let images = try CIFARFile.read(path, .ten)
            #expect((images.side, images.channels, images.classes, images.count) == (32, 3, 10, 2))
            #expect(images.labels == [3, 9])
            // Pixel 0 of the first image, pixel 1 of the first, pixel 33 (second row, second column) of the second.
            #expect(images.pixels[0..<6] == [0, 7, 14, 1, 8, 15])
            let start = 3 * Self.plane + 3 * 33
            #expect(images.pixels[start..<(start + 3)] == [133, 140, 147])
        }
    }

    @Test func theSetOfAHundredHasTwoLabels() throws {
        try withFolder { folder in
            let path = try write(
                marked([19, 99], from: 0) + marked([0, 4], from: 1), to: folder, "train.bin")
            #expect(try CIFARFile.read(path, .hundred).labels == [99, 4])
            #expect(try CIFARFile.read(path, .hundred).classes == 100)
            #expect(try CIFARFile.read(path, .coarse).labels == [19, 0])
            #expect(try CIFARFile.read(path, .coarse).classes == 20)
        }
    }

    @Test func aFolderIsItsBatchesInOrderWithoutTheTest() throws {
        try withFolder { folder in
            _ = try write(marked([2], from: 0), to: folder, "data_batch_2.bin")
            _ = try write(marked([1], from: 0), to: folder, "data_batch_1.bin")
            _ = try write(marked([7], from: 0), to: folder, "test_batch.bin")
            _ = try write(Data("airplane\n".utf8), to: folder, "batches.meta.txt")
            #expect(try CIFARFile.read(folder.path, .ten).labels == [1, 2])
        }
    }

    @Test func malformedFilesAreRefused() throws {
        try withFolder { folder in
            let ten = marked([3], from: 0) + marked([9], from: 1)
            let cut = failure(try write(ten.dropLast(), to: folder, "cut.bin"))
            #expect(cut.contains("6145 bytes") && cut.contains("3072 bytes are left after 1 images"))
            #expect(cut.contains("cut.bin") && cut.contains("[bad-data-file]"))

            let hundred = try write(
                marked([1, 2], from: 0) + marked([1, 3], from: 0), to: folder, "train.bin")
            #expect(failure(hundred).contains("write 'format: cifar-100'"))
            #expect(
                failure(try write(ten, to: folder, "ten.bin"), .hundred).contains("write 'format: cifar-10'"))

            let label = failure(try write(ten + marked([10], from: 0), to: folder, "label.bin"))
            #expect(label.contains("image 3 has the label 10") && label.contains("0 to 9"))

            #expect(failure(try write(Data(), to: folder, "empty.bin")).contains("is empty"))
            #expect(
                failure(try write(marked([1], from: 0), to: folder, "one.bin")).contains("one image only"))
            #expect(
                failure(try write(Data([0x1F, 0x8B, 8, 0]), to: folder, "a.tar.gz")).contains("gunzip"))
            #expect(failure(folder.path + "/nothing").contains("[missing-data-file]"))
            let bare = folder.appendingPathComponent("bare")
            try FileManager.default.createDirectory(at: bare, withIntermediateDirectories: true)
            _ = try write(ten, to: bare, "test_batch.bin")
            #expect(failure(bare.path).contains("holds no batches"))
        }
    }

    @Test func channelsHaveMeanZeroAndDeviationOneOverWhatIsTrainedOn() throws {
        try withFolder { folder in
            var generator = SplitMix64(5)
            // The third channel has one value only.
            let data = (0..<30).reduce(Data()) { data, i in
                data
                    + record([UInt8(i % 10)]) { channel, _ in
                        channel == 2 ? 77 : UInt8(40 * channel + generator.index(100 * (channel + 1)))
                    }
            }
            let source = ImageSource<Double>(try CIFARFile.read(try write(data, to: folder, "a.bin"), .ten))
            let count = try #require(source.trainingExamples)
            #expect((count, source.inputs, source.outputs) == (27, 3 * Self.plane, 10))
            #expect(source.validationInputs.count == 3 * source.inputs)
            var x = [Double](repeating: 0, count: count * source.inputs)
            var targets = [Double](repeating: 0, count: count * 10)
            source.write(0..<count, seed: 4, x: &x, targets: &targets)
            for channel in 0..<3 {
                let values = stride(from: channel, to: x.count, by: 3).map { x[$0] }
                let mean = values.reduce(0, +) / Double(values.count)
                let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
                #expect(abs(mean) < 1e-9)
                #expect(abs(square - (channel == 2 ? 0 : 1)) < 1e-9, "channel \(channel)")
            }
            #expect((0..<count).allSatisfy { n in targets[(10 * n)..<(10 * n + 10)].reduce(0, +) == 1 })
        }
    }

    /// Images whose class is the channel that is brighter than the others.
    private func colours(_ count: Int, to folder: URL) throws -> String {
        var generator = SplitMix64(3)
        let data = (0..<count).reduce(Data()) { data, i in
            data + record([UInt8(i % 3)]) { c, _ in UInt8((c == i % 3 ? 90 : 60) + generator.index(100)) }
        }
        return try write(data, to: folder, "colours.bin")
    }

    @Test(arguments: ["cnn", "mlp"])
    func networksLearnColours(workload: String) throws {
        try withFolder { folder in
            var options: [String: HyperparameterValue] = [
                "path": .text(try colours(90, to: folder)), "format": .text("cifar-10"),
            ]
            options[workload == "cnn" ? "filters" : "width"] = .integer(4)
            let metrics = try completed(
                job(workload, options, rate: 0.05, batch: 16, budget: 16 * 40, momentum: 0.9))
            #expect((metrics["validation_loss"] ?? 9) < 0.7)
            #expect((metrics["validation_error"] ?? 1) < 0.2)
            #expect(abs((metrics["epochs"] ?? 0) - 640 / 81.0) < 0.01)
        }
    }

    @Test func gradientsOfAFileAreThoseOfItsLoss() throws {
        try withFolder { folder in
            let options: [String: HyperparameterValue] = [
                "path": .text(try colours(12, to: folder)), "format": .text("cifar-10"),
                "filters": .integer(2),
            ]
            try checkGradient(
                try WorkloadRegistry.builtIn.makeWorkload("cnn", options: options, Double.self))
        }
    }

    private func checkGradient<W: GradientWorkload>(_ workload: W) throws where W.Scalar == Double {
        let start = workload.initialParameters(seed: 3)
        var gradient = MinibatchGradient<Double>(mean: ParameterVector(layout: workload.layout))
        _ = workload.minibatchGradient(of: 2..<5, seed: 5, at: start, into: &gradient, perExample: false)
        var generator = SplitMix64(9)
        let coordinates = workload.layout.slots.flatMap { slot in
            (0..<min(4, slot.count)).map { _ in slot.offset + generator.index(slot.count) }
        }
        var scratch = gradient
        let numeric = numericalGradient(start.values, at: coordinates) { values in
            workload.minibatchGradient(
                of: 2..<5, seed: 5, at: ParameterVector(layout: workload.layout, values: values),
                into: &scratch, perExample: false)
        }
        #expect(worstDifference(coordinates.map { gradient.mean.values[$0] }, numeric) < 1e-6)
    }

    @Test func contradictingOptionsAreRefused() throws {
        func failure(_ workload: String, _ options: [String: HyperparameterValue]) -> String {
            do {
                _ = try WorkloadRegistry.builtIn.makeWorkload(workload, options: options)
                return "no error"
            } catch { return "\(error)" }
        }
        let format: [String: HyperparameterValue] = ["format": .text("cifar-10")]
        #expect(failure("cnn", format).contains("without a path"))
        let both = format.merging(["path": .text("a"), "labels_path": .text("b")]) { $1 }
        #expect(failure("cnn", both).contains("leave 'labels_path' out"))
        try withFolder { folder in
            let regression = format.merging(
                ["path": .text(try colours(6, to: folder)), "task": .text("regression")]) { $1 }
            #expect(failure("mlp", regression).contains("labels are classes"))
        }
    }
}
