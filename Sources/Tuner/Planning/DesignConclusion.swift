import Foundation
import ScalingLaws

/// Why a law-guided sweep ends, in a sentence.
struct DesignConclusion {
    let designer: RunDesigner
    /// Set when the sweep ended because it has made so many points.
    let mostPoints: Int?

    /// The sentence.
    var text: String {
        let design = designer.design(atLeast: 1)
        let regret = Self.regretWords + ": \(ShareFormat.percent(design.regret)) of the loss"
        if let mostPoints {
            return "\(mostPoints) points are made and more are asked for by 'run_cap' only; \(regret)"
        }
        guard design.bestGain > 0 else {
            return "no further run fits into the caps; \(regret)"
        }
        guard design.runs.isEmpty else { return "the caps are used up; \(regret)" }
        return "no further run is worth its cost; \(regret), the best next runs would lower it by "
            + "\(ShareFormat.percent(design.bestGain)) and had to by \(ShareFormat.percent(design.threshold))"
    }

    private static let regretWords = "expected regret at the target"

    /// The reason alone of a sentence: its figures are means over all batch sizes that may be used, and stand badly beside
    /// an answer's own.
    static func reason(of sentence: String) -> String {
        guard let figures = sentence.range(of: "; " + regretWords) else { return sentence }
        return String(sentence[..<figures.lowerBound])
    }
}
