import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Delayed gradients") struct DelayedGradientTests {
    private struct Golden: Decodable { var delay, async: [[Double]] }

    private func golden() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: goldenData("other/misc.json", in: Bundle.module))
    }

    @Test func limitsOfTheTable() throws {
        let rows = try golden().delay
        #expect(rows.count == 8)
        for row in rows {
            let limit = DelayedGradient.stabilityLimit(delay: row[0])
            #expect(agrees(limit, row[1], 1e-12))
            // Bisection on the eigenvalues of the companion matrix ended 2e-9 above.
            #expect(abs(limit - row[2]) < 1e-8)
        }
        let exponent =
            log(DelayedGradient.stabilityLimit(delay: 64) / DelayedGradient.stabilityLimit(delay: 16))
            / log(4)
        #expect(agrees(exponent, -0.9831619747476315))
        for (n, threshold) in [(2, 1.0), (4, 0.445042), (8, 0.209057), (16, 0.101298), (32, 0.049861)] {
            #expect(agrees(DelayedGradient.stabilityLimit(workers: n), threshold, 1e-5))
        }
    }

    /// log of the size of the last tau + 1 iterates of `x - s x_delayed` over their size at the start.
    private static func growth(delay: Int, scaledStep s: Double, steps: Int) -> Double {
        var history = [Double](repeating: 1, count: delay + 1)
        var largest = 0.0
        for k in 0..<steps {
            let slot = (k + 1) % (delay + 1)
            let next = history[k % (delay + 1)] - s * history[slot]
            history[slot] = next
            if k >= steps - 4 * (delay + 1) { largest = max(largest, abs(next)) }
        }
        return log(largest)
    }

    @Test func recursionsGrowJustAboveTheLimitAndDecayJustBelow() {
        for delay in [0, 1, 2, 5, 16] {
            let limit = DelayedGradient.stabilityLimit(delay: Double(delay))
            #expect(Self.growth(delay: delay, scaledStep: 0.99 * limit, steps: 30_000) < -5, "tau \(delay)")
            #expect(Self.growth(delay: delay, scaledStep: 1.01 * limit, steps: 30_000) > 5, "tau \(delay)")
        }
    }

    /// Mean log growth per update of n workers with exponential times; `slowest` multiplies the time of worker 0.
    private static func drift(
        workers n: Int, scaledStep s: Double, adaptive: Bool = false, slowest: Double = 1, seed: UInt64
    ) -> Double {
        var generator = Xoshiro256StarStar(seed: seed)
        var read = [Double](repeating: 1, count: n)
        var readAt = [Int](repeating: 0, count: n)
        var x = 1.0
        var logScale = 0.0
        let updates = 60_000
        for k in 0..<updates {
            // Memoryless: the next to finish is drawn by rate.
            let slow = generator.unit() * (Double(n - 1) + 1 / slowest) < 1 / slowest
            let worker = slow || n == 1 ? 0 : 1 + Int(generator.next() % UInt64(n - 1))
            let gamma =
                adaptive
                ? DelayedGradient.adaptiveStep(s, smoothness: 1, delay: Double(k - readAt[worker])) : s
            x -= gamma * read[worker]
            read[worker] = x
            readAt[worker] = k + 1
            let size = read.reduce(abs(x)) { max($0, abs($1)) }
            // A fresh gradient at step 1 lands on the minimum exactly.
            guard size > 0 else { return -.infinity }
            if size > 1e100 || size < 1e-100 {
                x /= size
                for i in read.indices { read[i] /= size }
                logScale += log(size)
            }
        }
        return (logScale + log(read.reduce(abs(x)) { max($0, abs($1)) })) / Double(updates)
    }

    private static func largestStep(workers n: Int, slowest: Double = 1, seed: UInt64) -> Double {
        var (low, high) = (0.0, 2.5)
        for _ in 0..<9 {
            let middle = (low + high) / 2
            if drift(workers: n, scaledStep: middle, slowest: slowest, seed: seed) < 0 {
                low = middle
            } else {
                high = middle
            }
        }
        return low
    }

    @Test func randomWorkersTolerateMoreThanTheWorstCase() throws {
        let rows = try golden().async
        let seed: UInt64 = 41
        var limits: [Double] = []
        for row in rows.prefix(3) {
            let limit = Self.largestStep(workers: Int(row[0]), seed: seed)
            #expect(abs(limit / row[1] - 1) < 0.2, "n = \(row[0]), seed \(seed): \(limit)")
            limits.append(limit)
            #expect(
                limit
                    > 20
                    * DelayedGradient.worstCaseStep(smoothness: 1, largestDelay: row[3], meanDelay: row[2]))
        }
        let exponent = log(limits[2] / limits[0]) / log(16)
        let prior = StalenessRule.random.prior
        #expect(abs(exponent - prior.mean) < prior.deviation / 2, "seed \(seed): \(exponent)")
        // One worker twenty times slower changes nothing.
        let straggling = Self.largestStep(workers: 16, slowest: 20, seed: seed)
        #expect(abs(straggling / limits[1] - 1) < 0.2, "seed \(seed): \(straggling)")
    }

    @Test func adaptiveRuleIsStableForRandomWorkers() {
        for (n, slowest) in [(4, 1.0), (16, 1), (64, 1), (16, 20), (16, 5)] {
            #expect(Self.drift(workers: n, scaledStep: 1, adaptive: true, slowest: slowest, seed: 43) < 0)
        }
    }

    @Test func delayRulesKeepTheirLimits() {
        #expect(DelayedGradient.adaptiveStep(0.5, smoothness: 2, delay: 0) == 0.5)
        #expect(DelayedGradient.adaptiveStep(0.5, smoothness: 2, delay: 10) == 1 / 80.0)
        #expect(DelayedGradient.worstCaseStep(smoothness: 2, largestDelay: 0, meanDelay: 0) == 0.125)
        #expect(DelayedGradient.worstCaseStep(smoothness: 1, largestDelay: 16, meanDelay: 4) == 1 / 32.0)
        #expect(agrees(StalenessRule.deterministic.cap(2, from: 0, to: 12), 0.08, 1e-14))
        #expect(StalenessRule.random.cap(1, from: 3, to: 3) == 1)
    }
}
