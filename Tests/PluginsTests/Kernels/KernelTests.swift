import Engine
import Testing

@testable import Plugins

@Suite("Kernels") struct KernelTests {
    @Test func polynomialSquareRootIsWithinTwoUnitsInTheLastPlace() {
        var worst: Float = 0
        var y: Float = 1e-37
        while y < 1e37 {
            let root = y.squareRoot()
            worst = max(worst, abs(Kernels.polynomialSquareRoot(y) - root) / root.ulp)
            y *= 1.0137
        }
        #expect(worst <= 2, "\(worst) ulp")
        #expect(Kernels.polynomialSquareRoot(0) == 0)
    }

    @Test func singlePrecisionAdamFollowsTheRuleForEveryLength() {
        let seed: UInt64 = 31
        var generator = SplitMix64(seed)
        for count in [1, 3, 7, 8, 9, 64, 129] {
            var arrays = (0..<4).map { _ in (0..<count).map { _ in Float(generator.sym()) } }
            arrays[2] = arrays[2].map(abs)
            var (x, m, v) = (arrays[0], arrays[1], arrays[2])
            var (x2, m2, v2) = (x, m, v)
            let c = Kernels.Adam<Float>(
                coupledDecay: 0.01, keep1: 0.9, keep2: 0.99, rate: 0.02, inverseCorrection2: 1.7,
                epsilon: 1e-8,
                shrink: 0.999)
            withPointers(&x, &m, &v, arrays[3]) { Kernels.adamStepFloat($0, $1, $2, $3, count, c) }
            withPointers(&x2, &m2, &v2, arrays[3]) { Kernels.adamStepExact($0, $1, $2, $3, count, c) }
            let worst = zip(x, x2).map { abs($0 - $1) }.max() ?? 0
            #expect(worst < 1e-6, "seed \(seed), count \(count)")
            #expect(m == m2 && v == v2)
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
