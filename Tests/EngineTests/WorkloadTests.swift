import Foundation
import Testing

@testable import Engine

/// What the generated problems promise about their noise, their truth and their data.
@Suite struct WorkloadTests {
    private let seed: UInt64 = 11

    /// Gradients of examples at the optimum of a quadratic are pure noise.
    private func noises(_ options: [String: HyperparameterValue], examples: Int) throws -> [[Double]] {
        let workload = try WorkloadRegistry.builtIn.makeWorkload("quadratic", options: options, Double.self)
        return noises(workload, examples: examples)
    }

    private func noises<W: GradientWorkload>(_ workload: W, examples: Int) -> [[Double]]
    where W.Scalar == Double {
        let zero = ParameterVector<Double>(layout: workload.layout)
        return (0..<examples).map { n in
            var g = zero.values
            _ = workload.addGradient(of: n..<(n + 1), seed: seed, at: zero, weight: 1, to: &g)
            return g
        }
    }

    @Test func gaussianNoiseOfAQuadraticHasItsLength() throws {
        let noises = try noises(["dimension": .integer(16), "noise": .real(3)], examples: 4000)
        let square = noises.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } } / 4000
        // Deviation of the mean square: 9 sqrt(2 / 16 / 4000), times four.
        #expect(abs(square - 9) < 0.2, "seed \(seed)")
        let mean = noises.reduce(0) { $0 + $1[0] } / 4000
        #expect(abs(mean) < 0.05)
    }

    @Test(arguments: [1.2, 3.0]) func heavyNoiseFallsAsItsPower(index: Double) throws {
        let options: [String: HyperparameterValue] = ["dimension": .integer(400), "tail_index": .real(index)]
        let lengths = try noises(options, examples: 4000).map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        for x in [2.0, 4.0] {
            let share = Double(lengths.count { $0 > x }) / 4000
            let exact = pow(x, -index)
            #expect(abs(share - exact) < 4 * (exact / 4000).squareRoot() + 0.003, "seed \(seed)")
        }
    }

    @Test func aQuadraticFallsAtTheRatesOfItsSpectrum() throws {
        let workload = try WorkloadRegistry.builtIn.makeWorkload(
            "quadratic", options: ["dimension": .integer(3), "noise": .real(0), "start_exponent": .real(1)],
            Double.self)
        #expect(exactLoss(workload, rate: 0.5, steps: 20).isApproximately(expected()))
        func expected() -> Double {
            (1...3).reduce(0.0) { sum, i in
                let (l, start) = (1 / Double(i), 1 / Double(i))
                return sum + 0.5 * l * start * pow(1 - 0.5 * l, 40)
            }
        }
    }

    private func exactLoss<W: GradientWorkload>(_ workload: W, rate: Double, steps: Int) -> Double
    where W.Scalar == Double {
        var w = workload.initialParameters(seed: 1)
        for step in 0..<steps {
            var g = [Double](repeating: 0, count: w.values.count)
            _ = workload.addGradient(of: step..<(step + 1), seed: 1, at: w, weight: 1, to: &g)
            for i in g.indices { w.values[i] -= rate * g[i] }
        }
        return workload.validationMetrics(at: w, full: true)["validation_loss"] ?? .nan
    }

    @Test(arguments: [(4, 7), (7, 4)]) func riskOfAMatrixRegressionIsTheMeanOfItsLosses(p: Int, q: Int) throws
    {
        let options: [String: HyperparameterValue] = [
            "rows": .integer(p), "columns": .integer(q), "label_noise": .real(0.5),
            "input_exponent": .real(0),
        ]
        let workload = try WorkloadRegistry.builtIn.makeWorkload(
            "matrix-regression", options: options, Double.self)
        try checkRisk(workload)
    }

    private func checkRisk<W: GradientWorkload>(_ workload: W) throws where W.Scalar == Double {
        var w = workload.initialParameters(seed: 1)
        // With white inputs the signal has mean square one, whatever its singular values.
        let atZero = try #require(workload.validationMetrics(at: w, full: true)["validation_loss"])
        #expect(abs(atZero - 0.5 * (1 + 0.25)) < 1e-12)
        w.values = normals(w.values.count, seed: 3)
        let exact = try #require(workload.validationMetrics(at: w, full: true)["validation_loss"])
        var g = [Double](repeating: 0, count: w.values.count)
        let count = 20_000
        let mean = workload.addGradient(of: 0..<count, seed: seed, at: w, weight: 0, to: &g) / Double(count)
        #expect(abs(mean / exact - 1) < 0.04, "seed \(seed)")
        #expect(workload.lossFloor == 0.125)
    }

    @Test func patternsAreTheSameWhereverTheyLie() throws {
        let source = PatternSource<Double>(side: 8, channels: 2, classes: 3, noise: 0, seed: 5)
        var x = [Double](repeating: 0, count: 40 * source.inputs)
        var targets = [Double](repeating: 0, count: 40 * 3)
        source.write(0..<40, seed: 1, x: &x, targets: &targets)
        let sums = (0..<40).map { n in
            x[(n * source.inputs)..<((n + 1) * source.inputs)].map { $0 * $0 }.reduce(0, +)
        }
        #expect(sums.allSatisfy { abs($0 - Double(source.inputs)) < 1e-9 })
        let labels = (0..<40).map { n in targets[(3 * n)..<(3 * n + 3)].firstIndex(of: 1).map { $0 - 3 * n } }
        #expect(Set(labels) == [0, 1, 2])
        let sorted = { (n: Int) in x[(n * source.inputs)..<((n + 1) * source.inputs)].sorted() }
        for n in 1..<40 where labels[n] == labels[0] {
            #expect(worstDifference(sorted(n), sorted(0)) < 1e-12)
        }
    }

    @Test func aConvolutionalNetworkLearnsThePatterns() throws {
        let metrics = try completed(
            job(
                "cnn", ["image_side": .integer(8), "filters": .integer(8), "classes": .integer(4)], rate: 0.1,
                batch: 64, budget: 64 * 100, momentum: 0.9))
        #expect((metrics["validation_loss"] ?? 9) < 1.0)
        #expect((metrics["validation_error"] ?? 1) < 0.4)
    }

    @Test func imagesThatCannotBeHalvedTwiceAreRefused() {
        #expect(throws: EngineError.self) {
            _ = try WorkloadRegistry.builtIn.makeWorkload("cnn", options: ["image_side": .integer(10)])
        }
    }

    @Test func sparseRowsMultiplyAsTheirTable() throws {
        let (rows, columns) = (7, 40)
        var generator = SplitMix64(2)
        let dense = (0..<(rows * columns)).map { _ in generator.bernoulli(0.1) ? generator.sym() : 0 }
        let sparse = try #require(SparseRows(dense, columns: columns))
        let chosen: [Int32] = [3, 0, 3, 6]
        let w: [Double] = normals(columns, seed: 1)
        var z = [Double](repeating: 0, count: 4)
        var g = w
        chosen.withUnsafeBufferPointer { chosen in
            sparse.multiply(rows: chosen, by: w, plus: 2, into: &z)
            sparse.addTransposed(rows: chosen, times: [1, 2, 3, 4], to: &g)
        }
        for (i, row) in chosen.enumerated() {
            let expected = (0..<columns).reduce(2.0) { $0 + dense[Int(row) * columns + $1] * w[$1] }
            #expect(abs(z[i] - expected) < 1e-12)
        }
        for j in 0..<columns {
            let added = zip(chosen, 1...4).reduce(0.0) { $0 + Double($1.1) * dense[Int($1.0) * columns + j] }
            #expect(abs(g[j] - w[j] - added) < 1e-12)
        }
        #expect(SparseRows([Double](repeating: 1, count: 40), columns: columns) == nil)
    }

    /// The whole epoch takes the rows in another order than its examples one by one.
    @Test func aSparseEpochIsTheSumOfItsExamples() throws {
        try withFolder { folder in
            var generator = SplitMix64(7)
            let lines = (0..<50).map { n in
                "\(n % 2) "
                    + generator.sample(30, 3).sorted().map { "\($0 + 1):\(generator.uniform())" }
                    .joined(separator: " ")
            }
            let file = folder.appendingPathComponent("sparse.txt")
            try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
            let workload = try WorkloadRegistry.builtIn.makeWorkload(
                "logistic-regression", options: ["path": .text(file.path)], Double.self)
            checkEpoch(workload)
        }
    }

    private func checkEpoch<W: GradientWorkload>(_ workload: W) where W.Scalar == Double {
        var w = workload.initialParameters(seed: 1)
        w.values = normals(w.values.count, seed: 3)
        var (whole, single) = (
            [Double](repeating: 0, count: w.values.count), [Double](repeating: 0, count: w.values.count)
        )
        let a = workload.addGradient(of: 45..<90, seed: 4, at: w, weight: 1, to: &whole)
        let b = (45..<90).reduce(0.0) {
            $0 + workload.addGradient(of: $1..<($1 + 1), seed: 4, at: w, weight: 1, to: &single)
        }
        #expect(abs(a - b) < 1e-9)
        #expect(worstDifference(whole, single) < 1e-12)
    }
}

extension Double {
    /// Within a millionth of a millionth of another number.
    fileprivate func isApproximately(_ other: Double) -> Bool { abs(self - other) <= 1e-12 * abs(other) }
}
