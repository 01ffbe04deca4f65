import CTunerKernels
import Engine
import Testing

@testable import Plugins

@Suite("Kernels") struct KernelTests {
    @Test func singlePrecisionAdamFollowsTheRuleForEveryLength() {
        let seed: UInt64 = 31
        var generator = SplitMix64(seed)
        for (level, count) in (0...2).flatMap({ level in [1, 3, 16, 64, 129].map { (level, $0) } }) {
            guard let kernels = tuner_kernels_at(Int32(level))?.pointee else { continue }
            var arrays = (0..<4).map { _ in (0..<count).map { _ in Float(generator.sym()) } }
            arrays[2] = arrays[2].map(abs)
            var (x, m, v) = (arrays[0], arrays[1], arrays[2])
            var (x2, m2, v2) = (x, m, v)
            let c = Kernels.Adam<Float>(
                coupledDecay: 0.01, keep1: 0.9, keep2: 0.99, rate: 0.02, inverseCorrection2: 1.7,
                epsilon: 1e-8,
                shrink: 0.999)
            var same = c.floats
            kernels.adam_step(&x, &m, &v, arrays[3], count, &same)
            withPointers(&x2, &m2, &v2, arrays[3]) { Kernels.adamStepExact($0, $1, $2, $3, count, c) }
            let worst = zip(x, x2).map { abs($0 - $1) }.max() ?? 0
            #expect(worst < 1e-6, "seed \(seed), instruction set \(level), count \(count)")
            for (a, b) in zip(m + v, m2 + v2) { #expect(abs(a - b) <= 2e-7) }
        }
    }

    @Test func sumOfSquaresIsExactOnWholeNumbersOfAnyLength() {
        for count in [0, 1, 7, 8, 4095, 4096, 4097, 10_000] {
            let u = (0..<count).map { Float($0 % 3) }
            let expected = u.reduce(0.0) { $0 + Double($1 * $1) }
            u.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                #expect(Kernels.sumOfSquares(base, count: count) == expected)
            }
        }
    }
}
