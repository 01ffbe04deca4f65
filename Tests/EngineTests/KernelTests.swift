import CTunerKernels
import Foundation
import Testing

@testable import Engine

/// The C loops of every instruction set this machine has against their naive twins, at sizes with and without a rest.
@Suite struct KernelTests {
    /// What this machine can run; `tuner_kernels_at`.
    static let levels = (0...2).filter { tuner_kernels_at(Int32($0)) != nil }

    private func kernels(_ level: Int) throws -> tuner_kernels {
        try #require(tuner_kernels_at(Int32(level))).pointee
    }

    @Test(arguments: levels, [1, 7, 16, 19, 64, 101])
    func geluEqualsItsNaiveTwin(level: Int, columns: Int) throws {
        let rows = 3
        let x: [Float] = normals(rows * columns, seed: 3).map { 3 * $0 }
        let bias: [Float] = normals(columns, seed: 4)
        let above: [Float] = normals(rows * columns, seed: 5)
        var (h, h2) = (x, x)
        var (y, y2) = (x, x)
        try kernels(level).gelu_forward(&h, bias, &y, rows, columns)
        GELU.naiveForward(h: &h2, bias: bias, y: &y2, rows: rows, columns: columns)
        #expect(worstDifference(y, y2) < 1e-6)
        #expect(worstDifference(h, h2) < 1e-6)
        var (d, d2) = (above, above)
        var (sums, sums2) = (bias, bias)
        try kernels(level).gelu_backward(h, &d, &sums, rows, columns)
        GELU.naiveBackward(slope: h, d: &d2, dBias: &sums2, rows: rows, columns: columns)
        #expect(d == d2)
        #expect(worstDifference(sums, sums2) < 1e-6)
    }

    @Test(arguments: levels) func geluAndItsSlopeAreAccurateFarOut(level: Int) throws {
        let x = (0..<4000).map { Float(Double($0 - 2000) * 0.01) }
        let zeros = [Float](repeating: 0, count: x.count)
        var (h, y) = (x, x)
        try kernels(level).gelu_forward(&h, zeros, &y, 1, x.count)
        let reference = x.map { v in
            let v = Double(v)
            return 0.5 * v * (1 + tanh((2 / Double.pi).squareRoot() * (v + 0.044715 * v * v * v)))
        }
        let worst = zip(y, reference).map { abs(Double($0) - $1) / max(1, abs($1)) }.max() ?? 1
        #expect(worst < 1e-6)
        #expect(h.first == 0 || abs(h.first ?? 1) < 1e-6)
        #expect(abs((h.last ?? 0) - 1) < 1e-6)
    }

    @Test(arguments: levels) func exponentialsAreAccurateOverTheirWholeRange(level: Int) throws {
        var worst = 0.0
        for i in 0..<3_000 {
            var row: [Float] = [0, Float(-Double(i) * 0.0263)]
            let exact = exp(Double(row[1]))
            _ = try kernels(level).softmax(&row, 2)
            worst = max(worst, abs(Double(row[1]) / Double(row[0]) / exact - 1))
        }
        // A few units in the last place of a Float: the exponential's, and one rounding of each quotient.
        #expect(worst < 6e-7)
        var lost: [Float] = [0, .nan, 1]
        _ = try kernels(level).softmax(&lost, 3)
        #expect(lost.contains { $0.isNaN })
    }

    @Test(arguments: levels, [1, 5, 16, 17, 23, 65])
    func softmaxEqualsItsNaiveTwin(level: Int, count: Int) throws {
        var fast: [Float] = normals(count, seed: 5).map { 10 * $0 }
        var naive = fast
        let a = try kernels(level).softmax(&fast, count)
        let b = Softmax.naiveRow(&naive, count: count)
        #expect(worstDifference(fast, naive) < 1e-6)
        #expect(abs(a - b) < 1e-5)
    }

    @Test(arguments: levels, [1, 16, 37])
    func logisticLossEqualsItsNaiveTwin(level: Int, count: Int) throws {
        let z: [Float] = normals(count, seed: 5).map { 10 * $0 }
        let targets = (0..<count).map { Float($0 % 3) / 2 }
        var (fast, naive) = (z, z.map { Double($0) })
        let a = try kernels(level).logistic(&fast, targets, count, 0.5)
        let b = Loss.naiveLogistic(z: &naive, targets: targets.map { Double($0) }, rows: count, scale: 0.5)
        #expect(abs(a - b) < 1e-6 * max(1, b))
        #expect(worstDifference(fast.map { Double($0) }, naive) < 1e-6)
    }

    @Test(arguments: levels, [16, 24, 5, 48])
    func layerNormEqualsItsNaiveTwin(level: Int, c: Int) throws {
        let n = 7
        let x: [Float] = normals(n * c, seed: 1)
        let gain: [Float] = normals(c, seed: 2)
        let bias: [Float] = normals(c, seed: 3)
        let dy: [Float] = normals(n * c, seed: 4)
        let kernels = try kernels(level)
        func run(_ fast: Bool) -> [Float] {
            var y = [Float](repeating: 0, count: n * c)
            var (mean, inverse) = ([Float](repeating: 0, count: n), [Float](repeating: 0, count: n))
            var (dx, dg, db) = (y, [Float](repeating: 0, count: c), [Float](repeating: 0, count: c))
            if fast {
                kernels.norm_forward(x, gain, bias, &y, &mean, &inverse, n, c, Float(LayerNorm.epsilon))
                kernels.norm_backward(x, gain, mean, inverse, dy, &dx, &dg, &db, n, c)
            } else {
                LayerNorm.naiveForward(
                    x: x, gain: gain, bias: bias, y: &y, mean: &mean, inverse: &inverse, rows: n, columns: c)
                LayerNorm.naiveBackward(
                    x: x, gain: gain, mean: mean, inverse: inverse, dy: dy, dx: &dx, dGain: &dg, dBias: &db,
                    rows: n, columns: c)
            }
            return y + mean + inverse + dx + dg + db
        }
        #expect(worstDifference(run(true), run(false)) < 4e-6)
    }

    /// Lengths below, at and beside a block of rows, heads of one and of several vectors.
    @Test(arguments: levels, [(1, 16), (11, 16), (16, 32), (64, 32), (77, 48)])
    func attentionByBlocksEqualsProductsOfWholeMatrices(level: Int, sizes: (length: Int, width: Int)) throws {
        let shape = Attention.Shape(sequences: 2, length: sizes.length, heads: 3, headWidth: sizes.width)
        let kernels = try kernels(level)
        let n = shape.sequences * shape.length * shape.width
        let qkv: [Float] = normals(3 * n, seed: 9)
        let dout: [Float] = normals(n, seed: 10)
        var (p, p2) = (
            [Float](repeating: 0, count: shape.probabilities),
            [Float](repeating: 0, count: shape.probabilities)
        )
        var (out, d) = ([Float](repeating: 0, count: n), [Float](repeating: .nan, count: 3 * n))
        var (out2, d2) = (out, d)
        var scratch = [Float](repeating: .nan, count: shape.scratch)
        var sizes = tuner_attention(
            sequences: shape.sequences, length: shape.length, heads: shape.heads, head_width: shape.headWidth)
        kernels.attention_forward(qkv, &p, &out, &scratch, &sizes)
        kernels.attention_backward(qkv, p, dout, &d, &scratch, &sizes)
        Attention.plainForward(qkv: qkv, probabilities: &p2, out: &out2, shape: shape)
        Attention.plainBackward(
            qkv: qkv, probabilities: p2, dout: dout, dqkv: &d2, scratch: &scratch, shape: shape)
        #expect(worstDifference(p, p2) < 2e-6)
        #expect(worstDifference(out, out2) < 2e-6)
        #expect(worstDifference(d, d2) < 4e-6)
        for row in 0..<(shape.sequences * shape.heads * shape.length) {
            let after = (row * shape.stride + row % shape.length + 1)..<((row + 1) * shape.stride)
            #expect(p[after].allSatisfy { $0 == 0 })
        }
    }

    @Test func attentionEqualsTheSumsOfItsDefinition() {
        let shape = Attention.Shape(sequences: 2, length: 11, heads: 2, headWidth: 3)
        let c = shape.width
        let qkv: [Double] = normals(2 * 11 * 3 * c, seed: 9)
        var p = [Double](repeating: 0, count: shape.probabilities)
        var out = [Double](repeating: 0, count: 2 * 11 * c)
        var scratch = [Double](repeating: 0, count: shape.scratch)
        Attention.forward(qkv: qkv, probabilities: &p, out: &out, scratch: &scratch, shape: shape)
        var naive = out
        for b in 0..<2 {
            for h in 0..<2 {
                for t in 0..<11 {
                    let at = { (s: Int, part: Int, j: Int) in qkv[(b * 11 + s) * 3 * c + part * c + h * 3 + j]
                    }
                    let scores = (0...t).map { s in
                        exp((0..<3).reduce(0.0) { $0 + at(t, 0, $1) * at(s, 1, $1) } / 3.0.squareRoot())
                    }
                    let sum = scores.reduce(0, +)
                    for j in 0..<3 {
                        naive[(b * 11 + t) * c + h * 3 + j] = (0...t).reduce(0.0) {
                            $0 + scores[$1] / sum * at($1, 2, j)
                        }
                    }
                }
            }
        }
        #expect(worstDifference(out, naive) < 1e-13)
    }

    @Test(arguments: levels, [3, 19, 64, 100])
    func columnSumsTakeEveryWidth(level: Int, columns: Int) throws {
        let y: [Float] = normals(5 * columns, seed: 2)
        var sums = [Float](repeating: 1, count: columns)
        try kernels(level).add_column_sums(y, &sums, 5, columns)
        let naive = (0..<columns).map { j in (0..<5).reduce(Float(1)) { $0 + y[$1 * columns + j] } }
        #expect(worstDifference(sums, naive) < 1e-6)
    }
}
