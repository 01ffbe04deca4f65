import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Golden numbers of an independent simulation: `f = w^2` for |w| <= 1, `2 exp(|w|-1) - 1` beyond; H0 = 2, H1 = 1,
/// PL constant 2, accuracy 1e-6.
@Suite("Warm-up") struct WarmUpGoldenTests {
    private struct Golden: Decodable {
        struct Row: Decodable {
            var w0, D0, boundPL: Double
            var adaptive, warm, fixed: Int
        }
        struct Fit: Decodable { var fs, ip, sp: Double }
        var A: [Row]
        var traceA: [[Double]]
        var maxstep: [[Double]]
        var tuned: [[Double]]
        var fit: Fit
    }

    private let golden: Golden
    private let smoothness = LossSmoothness(base: 2, slope: 1)

    init() throws {
        golden = try JSONDecoder().decode(
            Golden.self, from: goldenData("other/warmup.json", in: Bundle.module))
    }

    private static func loss(_ w: Double) -> Double { abs(w) <= 1 ? w * w : 2 * exp(abs(w) - 1) - 1 }
    private static func slope(_ w: Double) -> Double {
        abs(w) <= 1 ? 2 * w : (w < 0 ? -2 : 2) * exp(abs(w) - 1)
    }

    /// Steps to a gap of 1e-6, and those among them above the critical gap; `nil` when it diverges.
    private static func run(
        from start: Double, cap: Int = 2_000_000, step: (Double) -> Double
    ) -> (steps: Int, above: Int)? {
        var w = start
        var above = 0
        for k in 0..<cap {
            let gap = loss(w)
            if gap <= 1e-6 { return (k, above) }
            guard gap.isFinite else { return nil }
            if gap > 1 { above += 1 }
            w -= step(gap) * slope(w)
        }
        return nil
    }

    @Test func iterationCountsAndBoundsOfTheTable() {
        #expect(golden.A.count == 5)
        for row in golden.A {
            #expect(agrees(Self.loss(row.w0), row.D0, 1e-12))
            let adaptive = Self.run(from: row.w0) { smoothness.step(gap: $0) }
            let rate = smoothness.step(gap: row.D0)
            let fixed = Self.run(from: row.w0) { _ in rate }
            #expect(abs((adaptive?.steps ?? -9) - row.adaptive) <= 1, "w0 = \(row.w0)")
            #expect(abs((adaptive?.above ?? -9) - row.warm) <= 1, "w0 = \(row.w0)")
            #expect(abs((fixed?.steps ?? -9) - row.fixed) <= 1, "w0 = \(row.w0)")
            let bound = smoothness.polyakSteps(polyak: 2, gap: row.D0, accuracy: 1e-6)
            #expect(agrees(bound ?? .nan, row.boundPL))
            #expect(
                Double(row.adaptive)
                    <= smoothness.convexSteps(squaredDistance: row.w0 * row.w0, accuracy: 1e-6))
            let schedule = LossWarmUp(smoothness: smoothness)
            #expect(Double(row.warm) <= schedule.lengthBound(gap: row.D0, polyak: 2))
        }
    }

    @Test func lossesAndRatesOfTheTrace() {
        let schedule = LossWarmUp(smoothness: smoothness)
        let expected = Dictionary(uniqueKeysWithValues: golden.traceA.map { (Int($0[0]), $0) })
        var w = 4.0
        var seen = 0
        for k in 0...200 {
            let gap = Self.loss(w)
            if let row = expected[k] {
                seen += 1
                // Far down the recursion subtracts nearly equal numbers: the last row is a gap of 5e-13.
                #expect(agrees(gap, row[1]), "step \(k)")
                #expect(agrees(schedule.learningRate(gap: gap), row[2]), "step \(k)")
            }
            w -= schedule.learningRate(gap: gap) * Self.slope(w)
        }
        #expect(seen == golden.traceA.count)
    }

    @Test func tunedRatesReachTheAccuracyAsFast() {
        for row in golden.tuned {
            let fixed = Self.run(from: row[0]) { _ in row[2] }
            let schedule = LossWarmUp(smoothness: smoothness, multiplier: row[4])
            let adaptive = Self.run(from: row[0]) { schedule.learningRate(gap: $0) }
            #expect(abs(Double(fixed?.steps ?? -9) - row[1]) <= 1, "w0 = \(row[0])")
            #expect(abs(Double(adaptive?.steps ?? -9) - row[3]) <= 1, "w0 = \(row[0])")
        }
    }

    @Test func largestStableRates() {
        for row in golden.maxstep {
            let (w0, fixed) = (row[0], row[1])
            #expect(Self.run(from: w0, cap: 100_000) { _ in fixed * 0.999 } != nil)
            #expect(Self.run(from: w0, cap: 100_000) { _ in fixed * 1.001 } == nil)
            #expect(abs(row[2] / LossWarmUp.unstableMultiplier - 1) < 1e-4)
            for (multiplier, converges) in [(19.99, true), (20.05, false)] {
                let schedule = LossWarmUp(smoothness: smoothness, multiplier: multiplier)
                let result = Self.run(from: w0, cap: 100_000) { schedule.learningRate(gap: $0) }
                #expect((result != nil) == converges, "w0 = \(w0), m = \(multiplier)")
            }
        }
    }

    @Test func secantFitRecoversItsLineAndGuardsTheIntercept() {
        let fit = golden.fit
        // The golden line of a logistic trajectory, sampled at gaps a run passes through.
        let samples = (0..<40).map { k in
            let gap = 600 * pow(0.8, Double(k)) + 1
            return SecantSmoothnessFit.Sample(loss: fit.fs + gap, curvature: fit.ip + fit.sp * gap)
        }
        let result = SecantSmoothnessFit(samples: samples, optimum: fit.fs)
        #expect(agrees(result?.smoothness.slope ?? .nan, fit.sp, 1e-10))
        #expect(abs((result?.lineAtOptimum ?? .nan) - fit.ip) < 1e-9)
        #expect(agrees(result?.smoothness.base ?? .nan, result?.smallestLateSecant ?? .nan, 1e-15))
        #expect((result?.determination ?? 0) > 1 - 1e-9)
    }
}
