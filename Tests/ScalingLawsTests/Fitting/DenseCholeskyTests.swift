import Foundation
import Testing

@testable import ScalingLaws

@Suite struct DenseCholeskyTests {
    @Test func solvesInvertsAndTakesTheDeterminant() throws {
        let matrix: [Double] = [4, 2, 1, 2, 5, 3, 1, 3, 6]
        let factor = try #require(DenseCholesky(matrix, order: 3))
        let x = factor.solve([7, 10, 10])
        for (value, expected) in zip(x, [1.0, 1, 1]) { #expect(abs(value - expected) < 1e-14) }
        #expect(abs(factor.logDeterminant - log(67.0)) < 1e-14)
        let inverse = factor.inverse()
        for i in 0..<3 {
            for j in 0..<3 {
                let entry = (0..<3).reduce(0.0) { $0 + matrix[i * 3 + $1] * inverse[$1 * 3 + j] }
                #expect(abs(entry - (i == j ? 1 : 0)) < 1e-14)
            }
        }
    }

    @Test func refusesWhatIsNotPositiveDefinite() {
        #expect(DenseCholesky([1, 2, 2, 1], order: 2) == nil)
        #expect(DenseCholesky([1, 1, 1, 1], order: 2) == nil)
    }

    @Test func curveDerivativesMatchDifferences() {
        for s in [-0.7, 1e-5, 0.4, 2.0] {
            for x in [-1.5, -0.01, 0.3, 1.2] {
                let h = 1e-6
                let here = CurveShape.evaluate(x, skew: s)
                let slope: Double =
                    (CurveShape.evaluate(x + h, skew: s).value - CurveShape.evaluate(x - h, skew: s).value)
                    / (2 * h)
                let skewSlope: Double =
                    (CurveShape.evaluate(x, skew: s + h).value - CurveShape.evaluate(x, skew: s - h).value)
                    / (2 * h)
                #expect(abs(here.slope - slope) < 1e-5, "s \(s), x \(x)")
                #expect(abs(here.skewSlope - skewSlope) < 1e-4, "s \(s), x \(x)")
            }
        }
    }
}
