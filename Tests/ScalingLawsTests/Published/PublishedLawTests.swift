import Foundation
import ScalingLaws
import Testing

@Suite("Published laws") struct PublishedLawTests {
    @Test func everyLawHasASlugOfItsOwnAndSaysSomethingSomewhere() {
        #expect(Set(PublishedLaws.all.map(\.slug)).count == PublishedLaws.all.count)
        let query = PublishedQuery(
            modelSize: 5e8, tokenBudget: 1e10, batchSizeTokens: 5e5, learningRate: 1e-3)
        let longer = PublishedQuery(
            modelSize: 5e8, tokenBudget: 4e10, batchSizeTokens: 5e5, learningRate: 1e-3)
        for law in PublishedLaws.all {
            #expect(PublishedLaws.named(law.slug) == law)
            #expect(!law.formulas.isEmpty && !law.units.isEmpty && !law.validity.isEmpty)
            for (quantity, formula) in law.formulas {
                #expect(!formula.variables.isEmpty)
                let ratio = law.ratio(quantity, from: query, to: longer)
                #expect(ratio.map { $0.isFinite && $0 > 0 } == true, "\(law.slug) \(quantity)")
                if let value = law.value(quantity, at: query), let after = law.value(quantity, at: longer) {
                    #expect(abs(after / value / (ratio ?? 0) - 1) < 1e-12, "\(law.slug) \(quantity)")
                }
            }
        }
        #expect(PublishedLaws.named("nobody") == nil)
    }

    @Test func valuesAreOfTheSizePeopleUse() {
        let query = PublishedQuery(
            modelSize: 5e8, tokenBudget: 1e10, batchSizeTokens: 5e5, learningRate: 1e-3)
        for law in PublishedLaws.all {
            let values = law.values(at: query)
            if let rate = values[.learningRate] {
                #expect((1e-4...1e-2).contains(rate), "\(law.slug) \(rate)")
            }
            if let batch = values[.batchSize] { #expect((5e4...2e6).contains(batch), "\(law.slug) \(batch)") }
            if let loss = values[.loss] { #expect((2...3.5).contains(loss), "\(law.slug) \(loss)") }
        }
    }

    @Test func settingsOutsideOfStatedRangesAreNamed() {
        let inside = PublishedQuery(modelSize: 5e8, tokenBudget: 1e10)
        #expect(PublishedLaws.stepLaw.outside(inside) == [])
        #expect(
            PublishedLaws.stepLaw.outside(PublishedQuery(modelSize: 2e9, tokenBudget: 1e9)) == [
                .modelSize, .tokenBudget,
            ])
        // Implied compute counts; what is neither given nor implied does not; ends count as inside.
        #expect(
            PublishedLaws.deepSeek.outside(PublishedQuery(modelSize: 1e9, tokenBudget: 1e11)) == [.compute])
        #expect(PublishedLaws.stepLaw.outside(PublishedQuery(learningRate: 1)) == [])
        #expect(PublishedLaws.stepLaw.outside(PublishedQuery(tokenBudget: 1e11)) == [])
        #expect(PublishedLaws.filatov.outside(PublishedQuery(tokenBudget: 1e30)) == [])
    }

    @Test func missingVariablesGiveNoAnswer() {
        #expect(PublishedLaws.stepLaw.value(.learningRate, at: PublishedQuery(tokenBudget: 1e10)) == nil)
        #expect(
            PublishedLaws.bjorck.value(.learningRate, at: PublishedQuery(modelSize: 1, tokenBudget: 1)) == nil
        )
        #expect(
            PublishedLaws.stepLaw.ratio(
                .learningRate, from: PublishedQuery(tokenBudget: 1), to: PublishedQuery(modelSize: 1)) == nil)
        let bad = PublishedQuery(modelSize: -1, tokenBudget: .nan, compute: 0)
        #expect(PublishedVariable.allCases.allSatisfy { bad[$0] == nil })
        let implied = PublishedQuery(modelSize: 2, compute: 24)
        #expect(implied[.tokenBudget] == 2 && implied[.tokensPerParameter] == 1)
        #expect(PublishedQuery(modelSize: 2, tokenBudget: 3)[.compute] == 36)
    }

    @Test func computeOptimalAllocationMinimisesTheLoss() throws {
        for law in [PublishedLaws.chinchilla, PublishedLaws.chinchillaReplication] {
            let compute = 5.76e23
            let n = try #require(law.value(.bestModelSize, at: PublishedQuery(compute: compute)))
            let d = try #require(law.value(.bestTokenBudget, at: PublishedQuery(compute: compute)))
            #expect(abs(6 * n * d / compute - 1) < 1e-12)
            func loss(_ factor: Double) throws -> Double {
                try #require(
                    law.value(.loss, at: PublishedQuery(modelSize: n * factor, tokenBudget: d / factor)))
            }
            #expect(try loss(1) < loss(1.01))
            #expect(try loss(1) < loss(0.99))
        }
    }

    @Test func lawsSurviveEncoding() throws {
        for law in PublishedLaws.all {
            let decoded = try JSONDecoder().decode(PublishedLaw.self, from: JSONEncoder().encode(law))
            #expect(decoded == law)
        }
    }

    @Test func rulesAreTheIdentityAtTheSameBatchAndCompose() throws {
        let setting = BatchScalingRule.Setting(learningRate: 1e-3, firstDecay: 0.9, secondDecay: 0.95)
        for rule in BatchScalingRule.allCases {
            let same = try #require(rule.setting(setting, from: 64, to: 64))
            #expect(same.learningRate == 1e-3 && abs(same.firstDecay - 0.9) < 1e-15)
            let two = try #require(rule.setting(setting, from: 64, to: 128))
            let four = try #require(rule.setting(two, from: 128, to: 256))
            let direct = try #require(rule.setting(setting, from: 64, to: 256))
            #expect(abs(four.learningRate / direct.learningRate - 1) < 1e-12, "\(rule)")
            #expect(abs(four.firstDecay - direct.firstDecay) < 1e-12)
            #expect(abs(four.secondDecay - direct.secondDecay) < 1e-12)
            #expect(abs(four.epsilon / direct.epsilon - 1) < 1e-12)
        }
        // A momentum over less than one step does not exist.
        #expect(BatchScalingRule.sde.setting(setting, from: 1, to: 32) == nil)
        #expect(BatchScalingRule.linear.setting(setting, from: 0, to: 32) == nil)
    }

    @Test func memoryRuleStaysInTheValley() throws {
        let anchor = LMOPoint(learningRate: 0.01, momentumComplement: 0.1, batchSize: 64, tokenBudget: 1e8)
        let point = BudgetTransfer(anchor: anchor)
            .setting(tokenBudget: 1e8, mode: .valley(batchSize: 256))
        let setting = BatchScalingRule.Setting(learningRate: 0.01, firstDecay: 0.9)
        let ruled = try #require(BatchScalingRule.memory.setting(setting, from: 64, to: 256))
        #expect(abs(ruled.learningRate - point.learningRate) < 1e-15)
        #expect(abs(ruled.firstDecay - point.momentum) < 1e-12)
    }
}
