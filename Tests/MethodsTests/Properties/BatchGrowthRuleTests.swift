import Engine
import Foundation
import ScalingLaws
import Testing

@Suite("Growing batches and the KL rule") struct BatchGrowthRuleTests {
    /// Two implementations of one rule: the engine's stages end where the law's do, with its batches and steps.
    @Test("the engine grows batches as the law says")
    func sameStages() {
        let (batch, start) = (32, 4096)
        let growth = BatchGrowth(startTokens: start, factor: 4)
        let transfer = KLTransfer(
            batchSize: Double(batch), frankWolfeStep: 0.02, tokenBudget: Double(start))
        let law = KLGrowthSchedule(from: transfer)
        // At factor 4 a stage has 8 times the tokens: whole numbers.
        for j in 0..<4 {
            let end = start * Int(pow(8.0, Double(j)))
            let stage = law.stage(cumulativeTokens: Double(end))
            #expect(stage.batchSize == Double(batch) * pow(4, Double(j)))
            #expect(abs(stage.frankWolfeStep - 0.02 * pow(4, -0.5 * Double(j))) < 1e-12)
            // The engine's steps up to there: those of every stage by its own batch.
            let steps = (0...j).reduce(0) { sum, i in
                let from = i == 0 ? 0 : start * Int(pow(8.0, Double(i - 1)))
                return sum + (start * Int(pow(8.0, Double(i))) - from) / (batch * Int(pow(4.0, Double(i))))
            }
            #expect(growth.steps(batchSizeTokens: batch, tokenBudget: end) == steps)
        }
    }
}
