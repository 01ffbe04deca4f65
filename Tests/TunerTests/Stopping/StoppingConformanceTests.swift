import Testing

@testable import Tuner

@Suite struct StoppingConformanceTests {
    private static let choices: [EarlyTermination] =
        EarlyTermination.Rule.allCases.flatMap { rule in
            [EarlyTermination(rule: rule), EarlyTermination(rule: rule, minTokens: 250, eta: 2)]
        } + [
            EarlyTermination(rule: .successiveHalving, mode: .promote),
            EarlyTermination(rule: .hyperband, mode: .promote),
        ]

    @Test(arguments: choices, [1, 2])
    func everyRuleKeepsToTheContract(_ choice: EarlyTermination, objectiveCount: Int) {
        for seed in UInt64(1)...5 {
            let suite = StoppingConformance(
                make: { StoppingRegistry.make(choice, objectiveCount: objectiveCount, seed: 3) },
                objectiveCount: objectiveCount, minTokens: choice.minTokens ?? 125)
            let breaches = suite.breaches(seed: seed)
            #expect(breaches.isEmpty, "\(choice) seed \(seed): \(breaches)")
        }
    }

    @Test(arguments: BrokenRule.Fault.allCases)
    func aBrokenRuleIsFoundOut(_ fault: BrokenRule.Fault) {
        let breaches = (UInt64(1)...5).flatMap { seed in
            StoppingConformance(make: { BrokenRule(fault) }, minTokens: 250).breaches(seed: seed)
        }
        #expect(breaches.contains(fault.rawValue), "found only \(Set(breaches))")
    }

    @Test func theRuleTheBrokenOnesAreMadeOfIsSound() {
        let suite = StoppingConformance(
            make: {
                SuccessiveHalvingRule(
                    choice: EarlyTermination(rule: .successiveHalving, minTokens: 250), objectiveCount: 1)
            }, minTokens: 250)
        #expect(suite.breaches(seed: 1).isEmpty)
    }
}
