import Tuner

extension SweepCost {
    /// `0.24 target runs`; `nil` when the target's cost is not known.
    var text: String? { targetRuns.map { "\(Self.figure($0)) target runs" } }

    /// Of a sweep that is planned: what is expected, and the most it may be.
    var plannedText: String? {
        guard let text else { return nil }
        let most = capInTargetRuns.map { ", at most \(Self.figure($0))" } ?? ""
        return "cost: about \(text)\(most)"
    }

    private static func figure(_ share: Double) -> String { NumberText.short(share, digits: 2) }
}
