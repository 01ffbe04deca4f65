import Engine
import Foundation
import Testing

@testable import Plugins

@Suite("Orthogonalisation and LMO directions") struct MatrixGoldenTests {
    /// Every entry of the golden file, dispatched by its title.
    @Test func everyEntryIsReproduced() throws {
        let cases = try goldenCases("matrix.json")
        #expect(cases.count == 15)
        for golden in cases {
            let title = try #require(golden["what"]?.text)
            let words = title.split(separator: " ").map(String.init)
            let input = try #require(golden["x"])
            let x = input.numbers
            let rows = input.list.count
            let columns = x.count / rows
            let expected = golden["y"]?.numbers ?? []
            switch words[0] {
            case "polar":
                let polar = SingularValues(x, rows: rows, columns: columns).polarFactor
                #expect(deviation(polar, expected, scale: 1) < 1e-12, "\(title)")
            case "newton_schulz":
                let steps = try #require(words.last?.split(separator: "=").last.flatMap { Int($0) })
                let result = newtonSchulz(
                    x, rows, columns, steps: steps, words[1] == "muon" ? .muon : .cubic)
                #expect(deviation(result, expected, scale: 1) < 1e-12, "\(title)")
            case "lmo_dir":
                let norm = try #require(LMONorm(rawValue: words[1]))
                #expect(deviation(direction(x, rows, columns, norm), expected, scale: 1) < 1e-12, "\(title)")
                let lengths = [
                    norm.dualNorm(x, rows: rows, columns: columns),
                    norm.primalNorm(x, rows: rows, columns: columns),
                ]
                let expectedLengths =
                    (golden["dual_norm"]?.numbers ?? []) + (golden["primal_norm"]?.numbers ?? [])
                #expect(deviation(lengths, expectedLengths) < 1e-12, "\(title)")
            default:
                try checkInexactness(golden, x, rows, columns)
            }
        }
    }

    /// `delta = |NS_k(X) - U V^T|_2` over the number of steps, for the three polynomials.
    private func checkInexactness(_ golden: JSONValue, _ x: [Double], _ rows: Int, _ columns: Int) throws {
        let polar = SingularValues(x, rows: rows, columns: columns).polarFactor
        for (name, coefficients) in [
            ("muon_coef", NewtonSchulzCoefficients.muon), ("cubic", .cubic), ("taylor5", .taylor),
        ] {
            let deltas = (golden["steps"]?.numbers ?? []).map { steps in
                let result = newtonSchulz(x, rows, columns, steps: Int(steps), coefficients)
                return LMONorm.spectral.primalNorm(
                    zip(result, polar).map { $0 - $1 }, rows: rows, columns: columns)
            }
            // Below 1e-12 the reference itself is rounding.
            #expect(zip(deltas, golden[name]?.numbers ?? []).allSatisfy { abs($0 - $1) < 1e-12 }, "\(name)")
            #expect(deltas.count == 13)
        }
    }

    @Test func aTallMatrixAndItsTransposeGiveTransposedResults() {
        let x = (0..<12).map { sin(Double($0 * $0) + 0.3) }
        let transposed = (0..<12).map { x[($0 % 4) * 3 + $0 / 4] }
        for coefficients in NewtonSchulzCoefficients.allCases {
            let tall = newtonSchulz(x, 4, 3, steps: 5, coefficients)
            let wide = newtonSchulz(transposed, 3, 4, steps: 5, coefficients)
            #expect(deviation((0..<12).map { tall[($0 % 4) * 3 + $0 / 4] }, wide, scale: 1) < 1e-12)
        }
    }

    @Test func everyDirectionHasLengthOneInItsNorm() {
        var generator = SplitMix64(20)
        for norm in LMONorm.allCases {
            for (rows, columns) in [(4, 3), (3, 4), (5, 5), (6, 1), (1, 6)] {
                let x = (0..<(rows * columns)).map { _ in generator.sym() }
                let length = norm.primalNorm(direction(x, rows, columns, norm), rows: rows, columns: columns)
                #expect(abs(length - 1) < 1e-12, "seed 20, \(norm) \(rows)x\(columns)")
            }
        }
    }

    @Test func zeroHasTheDirectionZero() {
        for norm in LMONorm.allCases {
            #expect(direction([Double](repeating: 0, count: 12), 4, 3, norm).allSatisfy { $0 == 0 })
        }
        #expect(newtonSchulz([Double](repeating: 0, count: 12), 4, 3, steps: 5, .muon).allSatisfy { $0 == 0 })
    }

    private func newtonSchulz(
        _ x: [Double], _ rows: Int, _ columns: Int, steps: Int, _ coefficients: NewtonSchulzCoefficients
    ) -> [Double] {
        var result = x
        var iteration = NewtonSchulz<Double>(
            steps: steps, coefficients: coefficients, shapes: [(rows, columns)])
        result.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            iteration.orthogonalize(base, rows: rows, columns: columns)
        }
        return result
    }

    private func direction(_ x: [Double], _ rows: Int, _ columns: Int, _ norm: LMONorm) -> [Double] {
        var result = x
        var oracle = Orthogonalizer<Double>(.exact, shapes: [])
        result.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            norm.turnIntoDirection(base, rows: rows, columns: columns, oracle: &oracle)
        }
        return result
    }
}
