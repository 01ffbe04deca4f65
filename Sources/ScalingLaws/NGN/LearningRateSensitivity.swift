/// How much a method loses when its learning rate is not tuned:
///
///     sensitivity = mean over the grid of min(l_0, l(rate)) - min over the grid of l(rate)
///
/// in units of the loss; 0 is a method for which every rate of the grid is as good as the best. A diverged run costs
/// `l_0`, the loss before training, so one bad rate cannot decide the figure. When no rate improves on `l_0` the figure
/// is 0, not negative.
///
/// Compare methods on grids of equal span in decades only: a wider grid is worth a larger figure.
///
/// Source: the metric of R. Islamov et al. 2025 (there, as in earlier work on rate sensitivity).
public enum LearningRateSensitivity {
    /// The metric.
    ///
    /// - Parameters:
    ///   - losses: final losses over the grid; one that is not finite counts as diverged.
    ///   - initialLoss: l_0, finite.
    /// - Returns: The sensitivity; `nil` for an empty grid or when every run diverged.
    public static func value(losses: [Double], initialLoss: Double) -> Double? {
        guard initialLoss.isFinite, let best = losses.lazy.filter(\.isFinite).min() else { return nil }
        let sum = losses.reduce(0) { $0 + ($1.isFinite ? min(initialLoss, $1) : initialLoss) }
        return sum / Double(losses.count) - min(best, initialLoss)
    }
}
