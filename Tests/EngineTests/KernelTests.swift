import Foundation
import Testing

@testable import Engine

/// Fast kernels against their naive twins, at sizes with and without a rest.
@Suite struct KernelTests {
    @Test func exponentialIsAccurateOverItsWholeRange() {
        var worst = 0.0
        for i in 0..<40_000 {
            let x = Float(-79.5 + Double(i) * 0.004)
            let value = vectorExponential(SIMD8(repeating: x))[3]
            worst = max(worst, abs(Double(value) / exp(Double(x)) - 1))
        }
        // Three units in the last place of a Float.
        #expect(worst < 3.6e-7)
        #expect(vectorExponential(SIMD8(repeating: .nan))[0].isNaN)
        #expect(vectorExponential(SIMD8(repeating: -1e9))[0] < 1e-30)
    }

    @Test(arguments: [1, 7, 8, 64, 101])
    func geluEqualsItsNaiveTwin(count: Int) {
        let x: [Float] = normals(count, seed: 3).map { 3 * $0 }
        var (y, gate) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        var (y2, gate2) = (y, gate)
        GELU.forward(x: x, y: &y, gate: &gate, count: count)
        GELU.naiveForward(x: x, y: &y2, gate: &gate2, count: count)
        #expect(worstDifference(y, y2) < 1e-6)
        #expect(worstDifference(gate, gate2) < 1e-6)
        let reference = x.map { v in
            let v = Double(v)
            return Float(0.5 * v * (1 + tanh((2 / Double.pi).squareRoot() * (v + 0.044715 * v * v * v))))
        }
        #expect(worstDifference(y, reference) < 1e-6)
    }

    @Test(arguments: [1, 5, 8, 9, 23, 65])
    func softmaxEqualsItsNaiveTwin(count: Int) {
        var fast: [Float] = normals(count, seed: 5).map { 10 * $0 }
        var naive = fast
        let a = Softmax.row(&fast, count: count, factor: 0.7)
        let b = Softmax.naiveRow(&naive, count: count, factor: 0.7)
        #expect(worstDifference(fast, naive) < 1e-6)
        #expect(abs(a - b) < 1e-5)
    }

    @Test func causalSoftmaxHasZerosAboveTheDiagonal() {
        let length = 19
        var fast: [Float] = normals(length * length, seed: 6)
        var naive = fast.map { Double($0) }
        Softmax.causal(&fast, length: length, factor: 0.5)
        Softmax.causal(&naive, length: length, factor: 0.5)
        #expect(worstDifference(fast.map { Double($0) }, naive) < 1e-6)
        for t in 0..<length {
            let row = fast[(t * length)..<((t + 1) * length)]
            #expect(row.dropFirst(t + 1).allSatisfy { $0 == 0 })
            #expect(abs(row.reduce(0, +) - 1) < 1e-6)
        }
    }

    @Test func layerNormEqualsItsNaiveTwin() {
        let (n, c) = (7, 24)
        let x: [Float] = normals(n * c, seed: 1)
        let gain: [Float] = normals(c, seed: 2)
        let bias: [Float] = normals(c, seed: 3)
        let dy: [Float] = normals(n * c, seed: 4)
        func run(_ fast: Bool) -> [Float] {
            var y = [Float](repeating: 0, count: n * c)
            var (mean, inverse) = ([Float](repeating: 0, count: n), [Float](repeating: 0, count: n))
            var (dx, dg, db) = (y, [Float](repeating: 0, count: c), [Float](repeating: 0, count: c))
            if fast {
                LayerNorm.forward(
                    x: x, gain: gain, bias: bias, y: &y, mean: &mean, inverse: &inverse, rows: n, columns: c)
                LayerNorm.backward(
                    x: x, gain: gain, mean: mean, inverse: inverse, dy: dy, dx: &dx, dGain: &dg, dBias: &db,
                    rows: n, columns: c)
            } else {
                LayerNorm.naiveForward(
                    x: x, gain: gain, bias: bias, y: &y, mean: &mean, inverse: &inverse, rows: n, columns: c)
                LayerNorm.naiveBackward(
                    x: x, gain: gain, mean: mean, inverse: inverse, dy: dy, dx: &dx, dGain: &dg, dBias: &db,
                    rows: n, columns: c)
            }
            return y + mean + inverse + dx + dg + db
        }
        #expect(worstDifference(run(true), run(false)) < 2e-6)
    }

    @Test func attentionEqualsTheSumsOfItsDefinition() {
        let shape = Attention.Shape(sequences: 2, length: 11, heads: 2, headWidth: 3)
        let c = shape.width
        let qkv: [Double] = normals(2 * 11 * 3 * c, seed: 9)
        var p = [Double](repeating: 0, count: 2 * 2 * 11 * 11)
        var out = [Double](repeating: 0, count: 2 * 11 * c)
        Attention.forward(qkv: qkv, probabilities: &p, out: &out, shape: shape)
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

    @Test func columnSumsTakeWidthsThatAreNoMultipleOfAVector() {
        let y: [Float] = normals(5 * 19, seed: 2)
        var sums = [Float](repeating: 1, count: 19)
        Linear.addColumnSums(of: y, to: &sums, rows: 5, columns: 19)
        let naive = (0..<19).map { j in (0..<5).reduce(Float(1)) { $0 + y[$1 * 19 + j] } }
        #expect(worstDifference(sums, naive) < 1e-6)
    }
}
