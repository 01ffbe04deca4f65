import Foundation
import ScalingLaws

/// Why a law-guided sweep ends, in a sentence.
struct DesignConclusion {
    let designer: RunDesigner
    let unit: SweepDefinition.CostUnit

    /// The sentence.
    var text: String {
        let design = designer.design(atLeast: 1)
        let regret = "expected regret at the target: \(Self.percent(design.regret)) of the loss"
        guard design.bestGain > 0 else {
            return "no further run fits into the caps; \(regret)"
        }
        guard design.runs.isEmpty else { return "the caps are used up; \(regret)" }
        return "no further run is worth its cost; \(regret), the best next runs would lower it by "
            + "\(Self.percent(design.bestGain)) and had to by \(Self.percent(design.threshold))"
    }

    private static func percent(_ share: Double) -> String {
        String(format: "%.2g %%", 100 * share)
    }
}
