import ScalingLaws
import Tuner

/// Which runs to make next, as a line.
enum NextRunsText {
    /// `4 runs at 16Ki tokens (learning_rate 0.01 to 0.04) would lower the expected regret from 2.1 % to 1.4 %; set
    /// run_cap: 48`.
    static func line(_ next: NextRuns) -> String {
        let size = next.modelSize.map { " with \(NumberText.count($0)) parameters" } ?? ""
        let values = LawAxis.allCases.compactMap { axis in
            next.hyperparameters[axis.rawValue].map { "\(axis.rawValue) \(range($0, axis))" }
        }
        let runs = next.runs == 1 ? "1 run" : "\(next.runs) runs"
        return "\(runs) at \(NumberText.count(next.tokenBudget)) tokens\(size) "
            + "(\(values.joined(separator: ", "))) would lower the expected regret from \(ShareFormat.percent(next.expectedRegret)) to "
            + ShareFormat.percent(next.expectedRegretAfter) + caps(next)
    }

    private static func caps(_ next: NextRuns) -> String {
        let caps = [
            next.runCap.map { "run_cap: \($0)" },
            // A cost too large for a count is one in FLOPs.
            next.costCap.map { "cost_cap: \($0 < 1e15 ? NumberText.count(Int($0)) : NumberText.short($0))" },
        ].compactMap { $0 }
        return caps.isEmpty ? "" : "; set \(caps.joined(separator: " and "))"
    }

    private static func range(_ ends: [Double], _ axis: LawAxis) -> String {
        let texts = ends.map { axis == .batchSize ? NumberText.short($0, digits: 7) : NumberText.short($0) }
        guard let low = texts.first, let high = texts.last else { return "-" }
        return low == high ? low : "\(low) to \(high)"
    }
}
