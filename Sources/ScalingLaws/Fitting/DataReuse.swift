import Foundation

/// When training data are passed over several times.
///
/// All laws here are for fresh data. Up to about four passes, repeated tokens were found to be worth nearly as much as fresh
/// ones, and ever less beyond (Muennighoff et al., "Scaling Data-Constrained Language Models", 2023, arXiv 2305.16264);
/// how the best learning rate moves then, no theory says.
public enum DataReuse {
    /// Passes up to which repeated data count as fresh.
    public static let freshPasses = 4.0

    /// Tokens of the training data: the median of `tokens / epochs` over runs that report passes.
    ///
    /// Runs on data without end report exactly one pass whatever their length, so a report of one says nothing; nor does a
    /// diverged run, which stopped before its budget.
    ///
    /// - Parameter samples: runs.
    /// - Returns: the size; `nil` where no run tells.
    public static func dataSize(of samples: [LossSample]) -> Double? {
        samples.filter { $0.loss != nil && $0.epochs > 0 && $0.epochs.isFinite && $0.epochs != 1 }
            .map { $0.tokenBudget / $0.epochs }.median
    }
}

extension Law {
    /// The budget where the law's slope ends because data are used up: four passes, or the largest budget that was run,
    /// whichever is later. `nil`: never.
    public var slopeEnd: Double? {
        dataSize.map { max(budgetRange[1], DataReuse.freshPasses * $0) }
    }

    /// Whether data count as fresh at a budget and in every run.
    func claimsSlope(at tokenBudget: Double) -> Bool {
        dataSize.map { max(budgetRange[1], tokenBudget) <= DataReuse.freshPasses * $0 } ?? true
    }

    /// What is to be said about passes over the data at an asked budget.
    func reuse(_ query: RecommendationQuery) -> [LawWarning] {
        guard let size = dataSize, query.tokenBudget > size, query.tokenBudget > budgetRange[1] else {
            return []
        }
        let passes = String(format: "%.1f", query.tokenBudget / size)
        var text =
            "\(LawWarnings.figure(query.tokenBudget)) tokens are \(passes) passes over "
            + "\(LawWarnings.figure(size)) tokens of data"
        if let end = slopeEnd, query.tokenBudget > end {
            text +=
                ": beyond \(LawWarnings.figure(end)) tokens no slope is claimed, values stay, and no "
                + "loss is predicted; train on more data"
        }
        return [LawWarning(code: .dataReused, text: text)]
    }
}

extension RecommendedValue {
    /// This value, with an interval that holds what a slope would have said, too, and no exponent.
    func withoutSlope(or sloped: Self) -> Self {
        guard source != .fixed else { return self }
        func hull(_ own: [Double]?, _ other: [Double]?) -> [Double]? {
            let ends = (own ?? []) + (other ?? [])
            guard let low = ends.min(), let high = ends.max()
            else { return nil }
            return [low, high]
        }
        var value = self
        value.interval = hull(interval, sloped.interval)
        value.interval95 = hull(interval95, sloped.interval95)
        value.exponent = nil
        return value
    }
}
