import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Online quantiles") struct OnlineQuantileTests {
    struct Golden: Decodable {
        var zDelta: [[Double]]
        var tracker: [String: Double]
        var p2Median: [String: Double]
        var p2Ninetieth: [String: Double]
        var reservoir: [Double]
        var expmech: [Double]

        enum CodingKeys: String, CodingKey {
            case zDelta = "z_delta"
            case p2Median = "p2_0.5"
            case p2Ninetieth = "p2_0.9"
            case tracker, reservoir, expmech
        }
    }

    private let golden: Golden
    /// Pareto draws of index 1, whose quantile p is 1/(1-p).
    private let stream: [Double]

    init() throws {
        golden = try otherGolden("quantile")
        var generator = Xoshiro256StarStar(seed: 5)
        stream = (0..<10_000).map { _ in 1 / (1 - generator.unit()) }
    }

    @Test func fiveMarkersFollowTheGoldenPath() throws {
        for (p, expected) in [(0.5, golden.p2Median), (0.9, golden.p2Ninetieth)] {
            var estimate = P2Quantile(quantile: p)
            #expect(estimate.value == nil)
            for x in stream {
                estimate.add(x)
                if let value = expected["\(estimate.count)"] {
                    #expect(
                        agree(try #require(estimate.value), value, 1e-9), "p \(p) after \(estimate.count)")
                }
            }
            let rank = Int((p * 10_000).rounded(.up)) - 1
            #expect(stream.sorted()[rank] == expected["exact"])
        }
    }

    @Test func fewValuesAreReadByRankAndStrangersLeftOut() {
        var estimate = P2Quantile(quantile: 0.9)
        for x in [3.0, .nan, 1, .infinity, 2] { estimate.add(x) }
        #expect(estimate.count == 3)
        #expect(estimate.value == 3)
    }

    @Test func markersStayBetweenTheSmallestAndTheLargest() throws {
        var generator = Xoshiro256StarStar(seed: 8)
        for p in [0.01, 0.3, 0.99] {
            var estimate = P2Quantile(quantile: p)
            for _ in 0..<500 { estimate.add(Double(generator.next() % 7)) }
            #expect((0...6).contains(try #require(estimate.value)), "seed 8, p \(p)")
        }
    }

    @Test func reservoirHoldsTheGoldenSample() throws {
        var generator = Xoshiro256StarStar(seed: 99)
        var reservoir = Reservoir(capacity: 64)
        #expect(reservoir.quantile(0.5) == nil)
        for x in stream { reservoir.add(x, using: &generator) }
        #expect(reservoir.count == 10_000)
        #expect(agree(reservoir.values.reduce(0, +), golden.reservoir[0], 1e-9))
        #expect(reservoir.quantile(0.5) == golden.reservoir[1])
        #expect(reservoir.quantile(0.9) == golden.reservoir[2])
        #expect(agree(Reservoir.rankError(values: 64, failure: 0.05), 0.16976268946757744))
    }

    @Test func reservoirKeepsEveryValueEquallyOften() {
        var generator = Xoshiro256StarStar(seed: 3)
        var kept = [Int](repeating: 0, count: 20)
        for _ in 0..<4000 {
            var reservoir = Reservoir(capacity: 5)
            for i in 0..<20 { reservoir.add(Double(i), using: &generator) }
            for x in reservoir.values { kept[Int(x)] += 1 }
        }
        // 1000 each, deviation 27.
        #expect(kept.allSatisfy { abs($0 - 1000) < 125 }, "seed 3: \(kept)")
    }

    @Test func privateQuantileWeighsIntervalsAsPublished() {
        let mechanism = PrivateQuantile(quantile: 0.5, epsilon: 1, range: 0...10)
        let values = [6, 0.5, 1.5, 1, 2]
        let probabilities = mechanism.probabilities(of: values)
        #expect(probabilities.count == golden.expmech.count)
        for (a, b) in zip(probabilities, golden.expmech) { #expect(agree(a, b, 1e-9)) }

        let edges = [0, 0.5, 1, 1.5, 2, 6, 10]
        var generator = Xoshiro256StarStar(seed: 4)
        var counts = [Double](repeating: 0, count: 6)
        for _ in 0..<20_000 {
            let x = mechanism.draw(from: values, using: &generator)
            counts[(edges.lastIndex { $0 < x } ?? 0)] += 1
        }
        for (count, p) in zip(counts, probabilities) {
            #expect(abs(count / 20_000 - p) < 5 * (p * (1 - p) / 20_000).squareRoot(), "seed 4")
        }
    }

    @Test func privateQuantileChangesItsOddsByAtMostEpsilonWithOneRecord() {
        // Densities, not interval masses: compare both neighbours on the joint grid of values.
        let mechanism = PrivateQuantile(quantile: 0.7, epsilon: 0.8, range: 0...10)
        var generator = Xoshiro256StarStar(seed: 6)
        func density(_ values: [Double], at x: Double) -> Double {
            let edges = [0] + values.sorted() + [10]
            let i = edges.lastIndex { $0 <= x } ?? 0
            return mechanism.probabilities(of: values)[i] / (edges[i + 1] - edges[i])
        }
        for _ in 0..<50 {
            let values = (0..<12).map { _ in 10 * generator.unit() }
            let fewer = Array(values.dropLast())
            for _ in 0..<10 {
                let x = 10 * generator.unit()
                let odds = abs(log(density(values, at: x) / density(fewer, at: x)))
                #expect(odds <= 0.8 + 1e-12, "seed 6")
            }
        }
    }

    @Test func privateQuantileClampsWhatLiesOutside() {
        let mechanism = PrivateQuantile(quantile: 0.5, epsilon: 5, range: 0...1)
        let probabilities = mechanism.probabilities(of: [-3, .nan, 7, .infinity])
        #expect(probabilities[2] == 1, "all the length lies between the clamped values")
        var generator = Xoshiro256StarStar(seed: 2)
        #expect((0...1).contains(mechanism.draw(from: [-3, 7], using: &generator)))
        #expect(mechanism.probabilities(of: []) == [1])
    }

    @Test func trackerMatchesItsSimulatedDeviation() {
        // Log-normal norms of unit deviation: p, m, sigma_b, density of the log norm, published simulation.
        let rows: [(Double, Int, Double, Double, Double, Double)] = [
            (0.5, 100, 5, 0, 0.3989422804, 0.03607), (0.5, 20, 1, 0, 0.3989422804, 0.06265),
            (0.9, 100, 5, 1.2815515655, 0.1754983319, 0.04474), (0.5, 1000, 50, 0, 0.3989422804, 0.02684),
        ]
        for (p, m, noise, start, density, measured) in rows {
            var generator = Xoshiro256StarStar(seed: 12)
            var tracker = GeometricTracker(threshold: exp(start), quantile: p)
            var sum = 0.0, squares = 0.0
            let rounds = 40_000
            for _ in 0..<rounds {
                let level = log(tracker.threshold)
                var below = noise * generator.normal()
                if m < 1000 {
                    for _ in 0..<m where generator.normal() <= level { below += 1 }
                } else {
                    let chance = 0.5 * erfc(-level / 2.0.squareRoot())
                    let spread = (Double(m) * chance * (1 - chance)).squareRoot()
                    below += Double(m) * chance + spread * generator.normal()
                }
                tracker.update(fractionBelow: below / Double(m))
                sum += level - start
                squares += (level - start) * (level - start)
            }
            let mean = sum / Double(rounds)
            let deviation = (squares / Double(rounds) - mean * mean).squareRoot()
            let theory = tracker.settledDeviation(
                density: density, batchSize: Double(m), countNoise: noise)
            let settling = tracker.settlingRounds(density: density)
            let error = (settling / Double(rounds)).squareRoot()
            #expect(abs(deviation / theory - 1) < 0.02 + 4 * error, "seed 12, \(p) \(m)")
            #expect(abs(deviation / measured - 1) < 0.02 + 4 * error, "seed 12, \(p) \(m)")
        }
    }

    @Test func trackerNeedsRoundsForRareEvents() {
        #expect(
            agree(GeometricTracker.smallestClippedFraction(tailIndex: 1.6, steps: 10_000), 10 / 3200.0, 1e-12)
        )
        #expect(GeometricTracker.smallestClippedFraction(tailIndex: 1.6, steps: 10) == 0.5)
    }

    @Test func noiseSplitsBetweenGradientAndCount() throws {
        for row in golden.zDelta {
            let left = GeometricTracker.remainingMultiplier(row[0], countNoise: row[1])
            #expect(agree(try #require(left), row[2]))
        }
    }
}
