import Engine
import Foundation
import Testing

@testable import Methods

@Suite("Dirichlet splits") struct DirichletSplitTests {
    private static let seeds: [UInt64] = [1, 2, 3, 4, 5]

    private func classes(_ counts: [Int]) -> [Int] {
        counts.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    }

    /// Share of class 0 of every worker.
    private func shares(_ split: DirichletSplit, _ classes: [Int]) -> [Double] {
        split.rows.map { rows in Double(rows.count { classes[$0] == 0 }) / Double(rows.count) }
    }

    @Test(arguments: seeds) func everyRowIsGivenAtMostOnceAndAllGetEquallyMany(seed: UInt64) {
        for (counts, workers) in [([40, 63], 7), ([5, 90, 12], 10), ([9], 9), ([3, 1], 2)] {
            let classes = classes(counts)
            for alpha in [1e-3, 0.5, 1e6] {
                let split = DirichletSplit(
                    classes: classes, workers: workers, concentration: alpha, seed: seed)
                let all = split.rows.flatMap(\.self)
                #expect(Set(all).count == all.count, "seed \(seed)")
                #expect(split.rows.allSatisfy { $0.count == classes.count / workers }, "seed \(seed)")
                #expect(all.allSatisfy(classes.indices.contains))
            }
        }
    }

    @Test(arguments: seeds) func theSameSeedIsTheSameSplit(seed: UInt64) {
        let classes = classes([50, 50])
        func split(_ seed: UInt64) -> DirichletSplit {
            DirichletSplit(classes: classes, workers: 5, concentration: 0.5, seed: seed)
        }
        #expect(split(seed) == split(seed))
        #expect(split(seed) != split(seed + 100))
    }

    @Test func aLargeConcentrationIsEvenAndASmallOneIsOneClass() {
        let classes = classes([2000, 2000])
        let even = DirichletSplit(classes: classes, workers: 10, concentration: 1e6, seed: 3)
        // A binomial share of 400 rows deviates by 0.025.
        #expect(shares(even, classes).allSatisfy { abs($0 - 0.5) < 0.1 })
        let uneven = DirichletSplit(classes: classes, workers: 10, most: 100, concentration: 1e-3, seed: 3)
        #expect(shares(uneven, classes).allSatisfy { $0 < 0.01 || $0 > 0.99 })
        #expect(Set(shares(uneven, classes).map { $0 > 0.5 }).count == 2)
    }

    /// While no class runs out, shares are Beta(alpha, alpha) of variance 1 / (4 (2 alpha + 1)), and binomial around it.
    @Test(arguments: [0.3, 1, 4]) func sharesHaveTheVarianceOfTheirDistribution(alpha: Double) {
        let classes = classes([20_000, 20_000])
        let split = DirichletSplit(classes: classes, workers: 400, most: 50, concentration: alpha, seed: 11)
        let shares = shares(split, classes)
        let variance = shares.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / 400
        let beta = 1 / (4 * (2 * alpha + 1))
        let expected = beta + (0.25 - beta) / 50
        #expect(abs(variance / expected - 1) < 0.25, "\(variance) against \(expected)")
    }

    @Test func workersOfAFileHaveItsRowsAndItsMinimum() {
        var generator = SplitMix64(4)
        let design = Matrix(rows: 60, columns: 3, (0..<180).map { _ in generator.sym() })
        let labels = Vector((0..<60).map { design.row($0)[0] + 0.3 * generator.sym() > 0 ? 1 : -1 })
        let problem = LogisticRegression(
            design: design, labels: labels, workers: 6, regularization: 1e-3, concentration: 0.2, seed: 1)
        #expect(problem.workers.map(\.examples) == [Int](repeating: 10, count: 6))
        let pool = problem.pool()
        #expect(pool.exactGradient(at: problem.solution).norm < 1e-10)
        // All rows are used, so that the loss is that of one worker with all of them.
        let whole = LogisticRegression.Worker(design: design, labels: labels, regularization: 1e-3)
        let x = Vector([0.3, -1, 2])
        #expect(abs(pool.loss(at: x) - whole.loss(at: x, batch: .all)) < 1e-12)
    }
}
