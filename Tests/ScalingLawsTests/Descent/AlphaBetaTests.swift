import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Alpha-beta condition") struct AlphaBetaTests {
    private struct Golden: Decodable {
        struct Triples: Decodable {
            var beta1, beta2: Double
            var best: [Double]
        }
        var tri: Triples
        var tri_ratio: [Double]
    }

    private let fit = AlphaBetaFit(
        samples: [(0.9, 0.5, 1), (-0.05, 0.2, 0.6), (0.4, -0.1, 0.3), (1.2, 0.8, 0.9)].map {
            AlphaBetaFit.Sample(alignment: $0.0, descent: $0.1, gap: $0.2)
        })

    @Test func goldenTriples() throws {
        let golden = try JSONDecoder().decode(
            Golden.self, from: goldenData("other/ab.json", in: Bundle.module))
        #expect(agrees(fit.beta(alpha: 1), golden.tri.beta1, 1e-12))
        #expect(agrees(fit.beta(alpha: 2), golden.tri.beta2, 1e-12))
        // Where maximising alpha - beta ends: at the end of its grid.
        #expect(agrees(fit.beta(alpha: golden.tri.best[0]), golden.tri.best[1], 1e-12))
        let best = try #require(fit.best())
        #expect(agrees(best.alpha, golden.tri_ratio[0], 1e-12))
        #expect(agrees(best.beta, golden.tri_ratio[1], 1e-12))
        #expect(agrees(best.beta / best.margin, golden.tri_ratio[2], 1e-12))
    }

    @Test func betaIsConvexInAlphaAndTheBestPairHasTheSmallestRatio() throws {
        let best = try #require(fit.best())
        for alpha in stride(from: 0.05, through: 9.9, by: 0.05) {
            let middle = fit.beta(alpha: alpha)
            #expect(2 * middle <= fit.beta(alpha: alpha - 0.05) + fit.beta(alpha: alpha + 0.05) + 1e-12)
            if alpha > middle { #expect(middle / (alpha - middle) >= best.beta / best.margin - 1e-12) }
        }
    }

    @Test func convexRunsNeedNoBeta() throws {
        // f_i = (x - a)^2 with a common minimiser: p = 2 x^2, d = e = x^2.
        let samples = (1...50).map { k in
            let x = 3 / Double(k)
            return AlphaBetaFit.Sample(alignment: 2 * x * x, descent: x * x, gap: x * x)
        }
        let best = try #require(AlphaBetaFit(samples: samples).best())
        #expect(best.beta == 0)
        #expect(best.alpha == 0.05)
        #expect(AlphaBetaFit(samples: samples).beta(alpha: 1.999) == 0)
    }

    @Test func runsThatNoPairExplainsHaveNone() {
        let uphill = AlphaBetaFit.Sample(alignment: -1, descent: 0.5, gap: 0)
        #expect(AlphaBetaFit(samples: [uphill]).beta(alpha: 1) == .infinity)
        #expect(AlphaBetaFit(samples: [uphill]).best() == nil)
        #expect(AlphaBetaFit(samples: []).best() == nil)
        let broken = AlphaBetaFit.Sample(alignment: .nan, descent: 1, gap: 1)
        #expect(AlphaBetaFit(samples: [broken]).samples.isEmpty)
    }

    @Test func bestStepOfAHorizonIsCutToTheLargest() {
        let convex = AlphaBetaCondition(alpha: 1, beta: 0)
        let step = { convex.bestStep(steps: $0, squaredDistance: 4, smoothness: 2, interpolationGap: 0.1) }
        #expect(agrees(step(1000), 0.1, 1e-14))
        #expect(step(1) == convex.largestStep(smoothness: 2))
        #expect(agrees(step(4e6) / step(1e6), 0.5, 1e-14))
        #expect(convex.bestStep(steps: 9, squaredDistance: 4, smoothness: 2, interpolationGap: 0) == 0.25)
        #expect(convex.floor(interpolationGap: 1) == 0)
    }

    /// `(x-a)^2/(1+(x-a)^2)`, four of them: smooth with L = 2, far from convex.
    private struct Hills {
        let centres = [-0.5, -0.1, 0.2, 0.5]
        func loss(_ x: Double, _ a: Double) -> Double { (x - a) * (x - a) / (1 + (x - a) * (x - a)) }
        func slope(_ x: Double, _ a: Double) -> Double {
            let square = 1 + (x - a) * (x - a)
            return 2 * (x - a) / (square * square)
        }
        func mean(_ x: Double) -> Double { centres.reduce(0) { $0 + loss(x, $1) } / 4 }
        var optimum: Double {
            (0...20_000).map { -0.5 + 5e-5 * Double($0) }.min { mean($0) < mean($1) } ?? 0
        }
    }

    @Test func scanOfANonConvexSumIsNearThePairOfAFinerGrid() throws {
        let hills = Hills()
        let optimum = hills.optimum
        let samples = stride(from: -3.0, through: 3, by: 0.01).flatMap { x in
            hills.centres.map { a in
                AlphaBetaFit.Sample(
                    alignment: hills.slope(x, a) * (x - optimum),
                    descent: hills.loss(x, a) - hills.loss(optimum, a), gap: hills.loss(x, a))
            }
        }
        let best = try #require(AlphaBetaFit(samples: samples).best())
        let finest = 0.43796209957880156 / (0.6235588972431078 - 0.43796209957880156)
        let ratio = best.beta / best.margin
        #expect(ratio >= finest * (1 - 1e-3) && ratio < finest * 1.06, "\(best)")
    }

    @Test func theoremHoldsOnANonConvexSum() {
        let hills = Hills()
        let optimum = hills.optimum
        let best = hills.mean(optimum)
        #expect(abs(optimum - 0.0435) < 1e-4)
        #expect(abs(best - 0.111143) < 1e-6)
        let tight = AlphaBetaCondition(alpha: 0.6235588972431078, beta: 0.43796209957880156)
        let wide = AlphaBetaCondition(alpha: 10, beta: 9.597461)
        let seed: UInt64 = 29
        var generator = Xoshiro256StarStar(seed: seed)
        let rows: [(AlphaBetaCondition, Double, Double)] = [
            (tight, 1, 1.74695), (tight, 0.3, 4.26211), (wide, 1, 5.64718), (wide, 0.3, 6.12059),
        ]
        for (pair, fraction, golden) in rows {
            for x in stride(from: -3.0, through: 3, by: 0.01) {
                for a in hills.centres {
                    let left = hills.slope(x, a) * (x - optimum)
                    let right =
                        pair.alpha * (hills.loss(x, a) - hills.loss(optimum, a)) - pair.beta
                        * hills.loss(x, a)
                    #expect(left >= right - 1e-4, "x = \(x), a = \(a)")
                }
            }
            let gamma = fraction * pair.largestStep(smoothness: 2)
            let bound = pair.bound(
                step: gamma, steps: 400, squaredDistance: (2 - optimum) * (2 - optimum), smoothness: 2,
                interpolationGap: best)
            #expect(agrees(bound, golden, 1e-4))
            var total = 0.0
            for _ in 0..<50 {
                var x = 2.0
                for _ in 0..<400 {
                    total += (hills.mean(x) - best) / (50 * 400)
                    x -= gamma * hills.slope(x, hills.centres[Int(generator.next() % 4)])
                }
            }
            #expect(total <= bound && total >= bound / 200, "seed \(seed): \(total) of \(bound)")
        }
    }
}
