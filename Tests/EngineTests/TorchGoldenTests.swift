import Foundation
import TestSupport
import Testing

@testable import Engine

/// Ten steps of gradient descent in single precision against the same in PyTorch (`scripts/torch-golden.py`).
@Suite struct TorchGoldenTests {
    private struct File: Decodable {
        struct Model: Decodable {
            var seed: UInt64
            var sizes: [String: Double]
            var losses: [Double]

            func size(_ name: String) throws -> Int { Int(try #require(sizes[name])) }
        }
        var models: [String: Model]
    }

    private func golden(_ name: String) throws -> File.Model {
        let data = try goldenData("torch-losses.json", in: .module)
        return try #require(try JSONDecoder().decode(File.self, from: data).models[name])
    }

    /// The script's weights, in the order of the layout.
    private func weights(_ layout: ParameterLayout, _ random: inout SplitMix64) -> [Float] {
        layout.slots.flatMap { slot in
            (0..<slot.count).map { _ -> Float in
                let s = random.sym()
                switch slot.role {
                case .scale: return Float(1 + 0.1 * s)
                case .bias: return Float(0.1 * s)
                case .embedding: return Float(0.5 * s)
                default: return Float(s * (3 / Double(slot.shape[1])).squareRoot())
                }
            }
        }
    }

    /// Descends from the script's weights; `pass` adds to the gradient and returns the mean loss.
    private func check(
        _ golden: File.Model, _ w: [Float],
        _ pass: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Double
    ) throws {
        let rate = Float(try #require(golden.sizes["learning_rate"]))
        var w = w
        for (step, expected) in golden.losses.enumerated() {
            var g = [Float](repeating: 0, count: w.count)
            let loss = pass(w, &g)
            #expect(abs(loss - expected) < 1e-4, "step \(step)")
            for i in w.indices { w[i] -= rate * g[i] }
        }
        #expect(golden.losses.count == 10)
    }

    private func check(
        _ golden: File.Model, _ model: some LabelledModel<Float>, inputs: Int, classes: Int
    ) throws {
        let rows = try golden.size("rows")
        var random = SplitMix64(golden.seed)
        let w = weights(model.layout, &random)
        let x = (0..<(rows * inputs)).map { _ in Float(random.sym()) }
        let ids = (0..<rows).map { _ in Int32(random.index(classes)) }
        try check(golden, w) { w, g in
            model.forward(w, x: x, rows: rows)
            let sum =
                classes == 2
                ? Loss.logistic(
                    z: model.outputs, targets: ids.map { Float($0) }, rows: rows, scale: 1 / Float(rows))
                : Loss.crossEntropy(
                    z: model.outputs, ids: ids, rows: rows, classes: classes, scale: 1 / Float(rows))
            model.backward(w, g, x: x, rows: rows)
            return sum / Double(rows)
        }
    }

    @Test func charGPT() throws {
        let golden = try golden("char-gpt")
        let (v, t, b) = (
            try golden.size("vocabulary"), try golden.size("length"), try golden.size("sequences")
        )
        let model = GPT<Float>(
            .init(
                vocabulary: v, length: t, width: try golden.size("width"), depth: try golden.size("depth"),
                heads: try golden.size("heads")), maximumSequences: b)
        var random = SplitMix64(golden.seed)
        let w = weights(model.layout, &random)
        let ids = (0..<(b * t)).map { _ in Int32(random.index(v)) }
        let targets = (0..<(b * t)).map { _ in Int32(random.index(v)) }
        try check(golden, w) { w, g in
            model.forward(w, ids: ids, sequences: b)
            let sum = Loss.crossEntropy(
                z: model.scratch.logits, ids: targets, rows: b * t, classes: v, scale: 1 / Float(b * t))
            model.backward(w, g, ids: ids, sequences: b)
            return sum / Double(b * t)
        }
    }

    @Test func perceptron() throws {
        let golden = try golden("mlp")
        let (inputs, outputs) = (try golden.size("inputs"), try golden.size("outputs"))
        let model = Perceptron<Float>(
            .init(
                inputs: inputs, width: try golden.size("width"), depth: try golden.size("depth"),
                outputs: outputs), maximumRows: try golden.size("rows"))
        try check(golden, model, inputs: inputs, classes: outputs)
    }

    @Test func convolutionalNetwork() throws {
        let golden = try golden("cnn")
        let configuration = ConvolutionalNetwork<Float>.Configuration(
            side: try golden.size("side"), channels: try golden.size("channels"),
            filters: try golden.size("filters"), outputs: try golden.size("outputs"))
        try check(
            golden, ConvolutionalNetwork<Float>(configuration), inputs: configuration.inputs,
            classes: configuration.outputs)
    }

    @Test func logisticRegression() throws {
        let golden = try golden("logistic-regression")
        let inputs = try golden.size("inputs")
        let model = Perceptron<Float>(
            .init(inputs: inputs, width: 1, depth: 0, outputs: 1), maximumRows: try golden.size("rows"))
        try check(golden, model, inputs: inputs, classes: 2)
    }
}
