import Testing

@testable import Tuner

@Suite struct HalvingTests {
    private typealias Kit = StoppingConformance

    private func rule(_ mode: EarlyTermination.Mode, objectives: Int = 1) -> SuccessiveHalvingRule {
        SuccessiveHalvingRule(
            choice: EarlyTermination(rule: .successiveHalving, minTokens: 125, mode: mode),
            objectiveCount: objectives)
    }

    private func decide(
        _ rule: inout SuccessiveHalvingRule, _ trial: Int, _ eighth: Int, _ value: Double
    ) -> TrialDirective {
        let report = Kit.report(trial, eighth, [value])
        rule.record(report)
        return rule.decide(report)
    }

    @Test func stoppingKeepsTheBestThirdOfThoseSoFar() {
        var rule = rule(.stop)
        #expect(decide(&rule, 1, 1, 5) == .proceed)
        #expect(decide(&rule, 2, 1, 6) == .stop)
        #expect(decide(&rule, 3, 1, 4) == .proceed)
        #expect(decide(&rule, 4, 1, 4.5) == .stop)
        for (trial, value) in [(5, 7.0), (6, 8)] { #expect(decide(&rule, trial, 1, value) == .stop) }
        // Of seven two are kept.
        #expect(decide(&rule, 7, 1, 4.2) == .proceed)
        // Judged once: trial 1 would not be kept any more, and goes on between the rungs.
        #expect(decide(&rule, 1, 2, 4.9) == .proceed)
        // At the next rung, 375 tokens, it is alone; trial 3 is better there.
        #expect(decide(&rule, 1, 3, 4.8) == .proceed)
        #expect(decide(&rule, 3, 3, 3) == .proceed)
        #expect(decide(&rule, 7, 3, 3.5) == .stop)
    }

    @Test func promotionHoldsUntilATrialIsAmongTheBest() {
        var rule = rule(.promote)
        #expect(decide(&rule, 1, 1, 5) == .pause)
        rule.hold(Kit.trial(1))
        #expect(decide(&rule, 2, 1, 4) == .pause)
        rule.hold(Kit.trial(2))
        #expect(rule.promotion(closing: false) == nil)
        // The third fills the rung and is not the best; the second is.
        #expect(decide(&rule, 3, 1, 6) == .pause)
        rule.hold(Kit.trial(3))
        #expect(rule.promotion(closing: false) == 2)
        #expect(rule.promotion(closing: false) == nil)
        // What is among the best at once is not held at all.
        #expect(decide(&rule, 4, 1, 3) == .proceed)
        // The promoted trial is not judged at the first rung again, and held at the next.
        #expect(decide(&rule, 2, 2, 3.9) == .proceed)
        #expect(decide(&rule, 2, 3, 3.8) == .pause)
        rule.hold(Kit.trial(2))
        // Nothing else is left: the best of each rung goes on, the most advanced first.
        #expect(rule.promotion(closing: true) == 2)
        // Of four at the first rung one is kept, and that is trial 4, which is not held.
        #expect(rule.promotion(closing: true) == nil)
    }

    @Test func divergedTrialsFillARungFromBelow() {
        var rule = rule(.promote)
        #expect(decide(&rule, 1, 1, 5) == .pause)
        rule.hold(Kit.trial(1))
        rule.conclude(Kit.trial(2), .diverged)
        #expect(rule.promotion(closing: false) == nil)
        rule.conclude(Kit.trial(3), .diverged)
        #expect(rule.promotion(closing: false) == 1)
        // One that diverges late counts at the rung it did not reach, once at the one it did.
        #expect(decide(&rule, 4, 1, 4) == .proceed)
        rule.conclude(Kit.trial(4), .diverged)
        #expect(decide(&rule, 5, 1, 4.5) == .pause)
    }

    @Test func aCancelledTrialIsNeverLetGoOn() {
        var rule = rule(.promote)
        for (trial, value) in [(1, 1.0), (2, 2), (3, 3)] {
            // The third report fills the rung while trials one and two are already held.
            #expect(decide(&rule, trial, 1, value) == .pause)
            rule.hold(Kit.trial(trial))
        }
        rule.conclude(Kit.trial(1), .ended)
        // Its measurement still counts: the best third is its place.
        #expect(rule.promotion(closing: false) == nil)
    }

    @Test func theWholeFrontOfSeveralObjectivesGoesOn() {
        var rule = rule(.promote, objectives: 2)
        for (trial, point) in [(1, [1.0, 3]), (2, [3.0, 1]), (3, [2.0, 2]), (4, [4.0, 4])] {
            let report = Kit.report(trial, 1, point)
            rule.record(report)
            let directive = rule.decide(report)
            #expect(directive == (trial == 3 ? .proceed : .pause))
            if directive == .pause { rule.hold(report.trial) }
        }
        #expect(rule.promotion(closing: false) == 1)
        #expect(rule.promotion(closing: false) == 2)
        #expect(rule.promotion(closing: true) == nil)
    }
}
