import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Minibatch sampling properties") struct SamplingPropertyTests {
    private static func random(_ generator: inout Xoshiro256StarStar) -> (FiniteSumProblem, Double) {
        let n = Double(2 + generator.next() % 60)
        let mean = 0.1 + generator.unit()
        let problem = FiniteSumProblem(
            examples: n, strongConvexity: mean * (0.01 + 0.9 * generator.unit()), smoothness: mean,
            largestSmoothness: mean * (1 + (n - 1) * generator.unit()), gradientNoise: 2 * generator.unit())
        return (problem, pow(10, -3 * generator.unit()))
    }

    @Test func bestBatchIsThatOfBruteForce() {
        let seed: UInt64 = 17
        var generator = Xoshiro256StarStar(seed: seed)
        for round in 0..<400 {
            let (problem, accuracy) = Self.random(&generator)
            for sampling in MinibatchSampling.allCases {
                let question = OptimalBatch(problem: problem, sampling: sampling, accuracy: accuracy)
                let limit = sampling == .replacement ? 400 : Int(problem.examples)
                let costs = (1...limit).map { question.cost(batch: Double($0)) }
                let least = costs.min() ?? 0
                let best = question.integer
                guard best <= limit else { continue }
                #expect(costs[best - 1] <= least * (1 + 1e-10), "seed \(seed), round \(round), \(sampling)")
                // The largest batch that costs no more.
                let last = costs.lastIndex { $0 <= least * (1 + 1e-13) } ?? 0
                if sampling == .replacement { #expect(best == last + 1, "seed \(seed), round \(round)") }
            }
        }
    }

    @Test func noiseFormulasAreThoseOfEnumeration() {
        // Three coordinates of gradient, five examples, all subsets.
        let seed: UInt64 = 23
        var generator = Xoshiro256StarStar(seed: seed)
        var rows = (0..<5).map { _ in (0..<3).map { _ in generator.sym24() } }
        for j in 0..<3 {
            let mean = rows.reduce(0) { $0 + $1[j] } / 5
            for i in 0..<5 { rows[i][j] -= mean }
        }
        let norms = rows.map { dot($0, $0) }
        let problem = FiniteSumProblem(
            examples: 5, strongConvexity: 0.1, smoothness: 1, largestSmoothness: 2,
            gradientNoise: norms.reduce(0, +) / 5)
        let probabilities = [0.2, 0.5, 0.9, 1, 0.35]
        var independent = 0.0
        var uniform = 0.0
        var subsets = [Double](repeating: 0, count: 6)
        var counts = subsets
        for mask in 0..<32 {
            let members = (0..<5).filter { mask >> $0 & 1 == 1 }
            func square(_ weight: (Int) -> Double) -> Double {
                let sum = (0..<3).map { j in members.reduce(0) { $0 + weight($1) * rows[$1][j] } / 5 }
                return dot(sum, sum)
            }
            var chance = 1.0
            for i in 0..<5 { chance *= members.contains(i) ? probabilities[i] : 1 - probabilities[i] }
            independent += chance * square { 1 / probabilities[$0] }
            let equal = pow(0.4, Double(members.count)) * pow(0.6, Double(5 - members.count))
            uniform += equal * square { _ in 2.5 }
            if !members.isEmpty {
                subsets[members.count] += square { _ in 5 / Double(members.count) }
                counts[members.count] += 1
            }
        }
        #expect(
            agrees(
                IndependentSampling.gradientNoise(squaredNorms: norms, probabilities: probabilities),
                independent, 1e-12))
        #expect(agrees(MinibatchSampling.independent.gradientNoise(problem, batch: 2), uniform, 1e-12))
        for tau in 1...4 {
            let mean = subsets[tau] / counts[tau]
            #expect(agrees(MinibatchSampling.subsets.gradientNoise(problem, batch: Double(tau)), mean, 1e-12))
        }
        #expect(MinibatchSampling.subsets.gradientNoise(problem, batch: 5) == 0)
    }

    @Test func generalIndependentFormulasContainTheUniformOnes() {
        let each = [1.0, 3, 2, 5]
        let problem = FiniteSumProblem(
            examples: 4, strongConvexity: 0.1, smoothness: 2, largestSmoothness: 5, gradientNoise: 2.5)
        let uniform = [Double](repeating: 0.5, count: 4)
        #expect(
            agrees(
                IndependentSampling.expectedSmoothness(smoothness: 2, each: each, probabilities: uniform),
                MinibatchSampling.independent.expectedSmoothness(problem, batch: 2), 1e-14))
        #expect(
            agrees(
                IndependentSampling.gradientNoise(squaredNorms: [1, 2, 3, 4], probabilities: uniform),
                MinibatchSampling.independent.gradientNoise(problem, batch: 2), 1e-14))
    }

    @Test func stepIsLinearInTheBatchUntilSmoothnessDecides() {
        let problem = FiniteSumProblem(
            examples: 1e6, strongConvexity: 0.01, smoothness: 1, largestSmoothness: 50, gradientNoise: 4)
        let step = { MinibatchSampling.replacement.rate(problem, batch: $0).step(accuracy: 0.01) }
        #expect(agrees(step(200) / step(100), 2, 1e-12))
        #expect(step(1e6) <= 0.5)
        let quiet = FiniteSumProblem(
            examples: 100, strongConvexity: 0.1, smoothness: 1, largestSmoothness: 5, gradientNoise: 0)
        let best = OptimalBatch(problem: quiet, sampling: .subsets, accuracy: 0.01)
        #expect(best.integer == 1)
        let rate = MinibatchSampling.subsets.rate(quiet, batch: 1)
        #expect(rate.step(accuracy: 0.01) == rate.largestStep)
        #expect(rate.iterations(accuracy: 1, squaredDistance: 0.1) == 0)
    }

    @Test func batchPriorHasTheExponentOfItsRange() {
        let problem = FiniteSumProblem(
            examples: 1e9, strongConvexity: 0.01, smoothness: 1, largestSmoothness: 5, gradientNoise: 1)
        let middle = BatchPrior(problem: problem, accuracy: 1e-2)
        #expect(abs(middle.accuracyExponent + 1) < 0.01)
        #expect(!middle.isOne && !middle.isSaturated)
        let loose = BatchPrior(problem: problem, accuracy: 1e4)
        #expect(loose.isOne && loose.batch == 1 && loose.accuracyExponent == 0)
        let strict = BatchPrior(problem: problem, accuracy: 1e-12)
        #expect(strict.isSaturated && abs(strict.accuracyExponent) < 0.1)
        #expect(strict.logDeviation > middle.logDeviation)
        #expect(problem.accuracy(lossGap: 0.05) == 0.1)
    }

    @Test func switchingScheduleIsContinuousToAFewPercentAndDecays() {
        let rate = SampledRate(strongConvexity: 0.01, expectedSmoothness: 1, gradientNoise: 1)
        let schedule = SwitchingSchedule(rate: rate)
        #expect(schedule.switchStep == 400)
        #expect(schedule.learningRate(step: 400) == 0.5)
        #expect(abs(schedule.learningRate(step: 401) / 0.5 - 1) < 0.01)
        #expect(agrees(schedule.learningRate(step: 1_000_000), 2e-4, 1e-5))
        #expect(schedule.bound(steps: 399, squaredDistance: 1) == nil)
    }

    @Test func cheapestPartitionIsFound() {
        let rates = [(1, 8.0, 4.0), (2, 4.0, 2.0), (4, 3.0, 0.5), (8, 2.5, 0)].map {
            (
                batch: $0.0,
                rate: SampledRate(strongConvexity: 1, expectedSmoothness: $0.1, gradientNoise: $0.2)
            )
        }
        #expect(PartitionSampling.optimum(candidates: rates, accuracy: 1) == 2)
        #expect(PartitionSampling.optimum(candidates: rates, accuracy: 0.1) == 8)
        #expect(PartitionSampling.optimum(candidates: [], accuracy: 1) == nil)
    }
}
