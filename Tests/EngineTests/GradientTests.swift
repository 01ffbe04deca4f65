import Foundation
import Testing

@testable import Engine

/// Backward passes against central differences in Double. The step 1e-5 leaves errors near 1e-9; a wrong term shows
/// at 1e-2 or more.
@Suite struct GradientTests {
    /// Checks `sum_i c_i y_i(x)` for random c: `pass` returns y and, given c, the gradient with respect to x.
    private func check(
        _ x: [Double], outputs: Int, _ pass: ([Double], [Double]?) -> (y: [Double], dx: [Double])
    ) {
        let c: [Double] = normals(outputs, seed: 77)
        let analytic = pass(x, c).dx
        let numeric = numericalGradient(x, at: Array(x.indices)) { moved in
            zip(pass(moved, nil).y, c).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(worstDifference(analytic, numeric) < 1e-7)
    }

    @Test func linear() {
        let (n, i, o) = (3, 5, 4)
        check(normals(n * i + o * i + o, seed: 1), outputs: n * o) { v, c in
            let (x, w, b) = (
                Array(v[..<(n * i)]), Array(v[(n * i)..<(n * i + o * i)]), Array(v[(n * i + o * i)...])
            )
            var y = [Double](repeating: 0, count: n * o)
            Linear.forward(x: x, weight: w, bias: b, y: &y, rows: n, inputs: i, outputs: o)
            guard let c else { return (y, []) }
            var (dx, dw, db) = (x, [Double](repeating: 0, count: o * i), [Double](repeating: 0, count: o))
            Linear.backward(
                x: x, weight: w, dy: c, dx: &dx, dWeight: &dw, dBias: &db, rows: n, inputs: i, outputs: o)
            return (y, dx + dw + db)
        }
    }

    @Test func gelu() {
        let (n, c) = (4, 5)
        check(normals(n * c + c, seed: 2).map { 2 * $0 }, outputs: n * c) { v, weights in
            var (h, y) = (Array(v[..<(n * c)]), [Double](repeating: 0, count: n * c))
            GELU.forward(h: &h, bias: Array(v[(n * c)...]), y: &y, rows: n, columns: c)
            guard var d = weights else { return (y, []) }
            var db = [Double](repeating: 0, count: c)
            GELU.backward(slope: h, d: &d, dBias: &db, rows: n, columns: c)
            return (y, d + db)
        }
    }

    @Test(arguments: [8, 5])
    func layerNorm(width c: Int) {
        let n = 3
        check(normals(n * c + 2 * c, seed: 3), outputs: n * c) { v, weights in
            let (x, g, b) = (Array(v[..<(n * c)]), Array(v[(n * c)..<(n * c + c)]), Array(v[(n * c + c)...]))
            var (y, mean, inverse) = (x, [Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
            LayerNorm.forward(
                x: x, gain: g, bias: b, y: &y, mean: &mean, inverse: &inverse, rows: n, columns: c)
            guard let weights else { return (y, []) }
            var (dx, dg, db) = (
                [Double](repeating: 0, count: n * c), [Double](repeating: 0, count: c),
                [Double](repeating: 0, count: c)
            )
            LayerNorm.backward(
                x: x, gain: g, mean: mean, inverse: inverse, dy: weights, dx: &dx, dGain: &dg, dBias: &db,
                rows: n,
                columns: c)
            return (y, dx + dg + db)
        }
    }

    @Test func attention() {
        let shape = Attention.Shape(sequences: 2, length: 9, heads: 2, headWidth: 3)
        check(normals(2 * 9 * 18, seed: 4), outputs: 2 * 9 * 6) { qkv, c in
            var p = [Double](repeating: 0, count: shape.probabilities)
            var out = [Double](repeating: 0, count: 2 * 9 * 6)
            var scratch = [Double](repeating: 0, count: shape.scratch)
            Attention.forward(qkv: qkv, probabilities: &p, out: &out, scratch: &scratch, shape: shape)
            guard let c else { return (out, []) }
            var d = qkv
            Attention.backward(qkv: qkv, probabilities: p, dout: c, dqkv: &d, scratch: &scratch, shape: shape)
            return (out, d)
        }
    }

    @Test func embedding() {
        let ids: [Int32] = [0, 2, 2, 1, 0, 2]
        check(normals(3 * 4 + 3 * 4, seed: 5), outputs: 24) { v, c in
            var x = [Double](repeating: 0, count: 24)
            Embedding.forward(
                ids: ids, tokens: Array(v[..<12]), positions: Array(v[12...]), x: &x, sequences: 2, length: 3,
                width: 4)
            guard let c else { return (x, []) }
            var (dt, dp) = ([Double](repeating: 0, count: 12), [Double](repeating: 0, count: 12))
            Embedding.backward(
                ids: ids, dx: c, dTokens: &dt, dPositions: &dp, sequences: 2, length: 3, width: 4)
            return (x, dt + dp)
        }
    }

    @Test func losses() {
        let targets = [0.2, 0.5, 0.3, 0, 1, 0]
        let ids: [Int32] = [2, 1]
        let functions: [(inout [Double]) -> Double] = [
            { Loss.crossEntropy(z: &$0, ids: ids, rows: 2, classes: 3, scale: 1) },
            { Loss.crossEntropy(z: &$0, targets: targets, rows: 2, classes: 3, scale: 1) },
            { Loss.logistic(z: &$0, targets: targets, rows: 6, scale: 1) },
            { Loss.squared(z: &$0, targets: targets, rows: 2, outputs: 3, scale: 1) },
        ]
        let z: [Double] = normals(6, seed: 6)
        for function in functions {
            var analytic = z
            _ = function(&analytic)
            let numeric = numericalGradient(z, at: Array(0..<6)) { moved in
                var moved = moved
                return function(&moved)
            }
            #expect(worstDifference(analytic, numeric) < 1e-8)
        }
    }

    static let models: [(String, [String: HyperparameterValue])] = [
        ("char-gpt", ["width": .integer(8), "sequence_length": .integer(5), "vocabulary": .integer(7)]),
        (
            "char-gpt",
            [
                "width": .integer(12), "heads": .integer(3), "depth": .integer(1),
                "sequence_length": .integer(9),
                "vocabulary": .integer(11),
            ]
        ),
        ("mlp", ["width": .integer(9), "inputs": .integer(4), "classes": .integer(3)]),
        ("mlp", ["width": .integer(6), "depth": .integer(3), "task": .text("regression")]),
        ("logistic-regression", ["inputs": .integer(7), "l2": .real(0.1)]),
        ("cnn", ["image_side": .integer(8), "filters": .integer(3), "classes": .integer(3)]),
        ("cnn", ["image_side": .integer(4), "image_channels": .integer(2), "filters": .integer(8)]),
        (
            "cnn",
            [
                "image_side": .integer(8), "image_channels": .integer(3), "filters": .integer(5),
                "classes": .integer(4),
            ]
        ),
        ("matrix-regression", ["rows": .integer(5), "columns": .integer(9)]),
        ("quadratic", ["dimension": .integer(9), "noise": .real(0)]),
    ]

    @Test(arguments: models.indices)
    func everyModel(index: Int) throws {
        let (name, options) = Self.models[index]
        let workload = try WorkloadRegistry.builtIn.makeWorkload(name, options: options, Double.self)
        try checkModel(workload)
    }

    private func checkModel<W: GradientWorkload>(_ workload: W) throws where W.Scalar == Double {
        var start = workload.initialParameters(seed: 3)
        let shift: [Double] = normals(start.values.count, seed: 8)
        for i in start.values.indices { start.values[i] += 0.1 * shift[i] }
        var gradient = MinibatchGradient<Double>(mean: ParameterVector(layout: workload.layout))
        _ = workload.minibatchGradient(of: 4..<7, seed: 5, at: start, into: &gradient, perExample: false)
        var generator = SplitMix64(9)
        // Every tensor is sampled, so that no part of the backward pass is left out.
        let coordinates = workload.layout.slots.flatMap { slot in
            (0..<min(6, slot.count)).map { _ in slot.offset + generator.index(slot.count) }
        }
        var scratch = gradient
        let numeric = numericalGradient(start.values, at: coordinates) { values in
            workload.minibatchGradient(
                of: 4..<7, seed: 5, at: ParameterVector(layout: workload.layout, values: values),
                into: &scratch,
                perExample: false)
        }
        #expect(worstDifference(coordinates.map { gradient.mean.values[$0] }, numeric) < 1e-6)
    }

    @Test(arguments: ["char-gpt", "mlp", "cnn", "logistic-regression", "matrix-regression", "quadratic"])
    func rowsOfExamplesAverageToTheMean(name: String) throws {
        let workload = try WorkloadRegistry.builtIn.makeWorkload(name, options: [:], Double.self)
        try checkRows(workload)
    }

    private func checkRows<W: GradientWorkload>(_ workload: W) throws where W.Scalar == Double {
        let start = workload.initialParameters(seed: 1)
        let count = workload.layout.count
        var mean = MinibatchGradient<Double>(mean: ParameterVector(layout: workload.layout))
        var rows = mean
        let a = workload.minibatchGradient(of: 0..<5, seed: 1, at: start, into: &mean, perExample: false)
        let b = workload.minibatchGradient(of: 0..<5, seed: 1, at: start, into: &rows, perExample: true)
        let perExample = try #require(rows.perExample)
        #expect(mean.perExample == nil)
        #expect(abs(a - b) < 1e-12)
        #expect(worstDifference(rows.mean.values, mean.mean.values) < 1e-12)
        let averaged = (0..<count).map { i in (0..<5).reduce(0.0) { $0 + perExample[$1 * count + i] } / 5 }
        #expect(worstDifference(averaged, mean.mean.values) < 1e-12)
    }
}
