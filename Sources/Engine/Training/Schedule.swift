import Foundation

extension LearningRateSchedule {
    /// The learning rate of one step as a fraction of the peak.
    ///
    /// With `N` steps, `w = warmupFraction * N` and `x` the fraction done of what follows the warm-up, taken at the
    /// start of the step (the first step after the warm-up has `x = 0` and the full peak):
    ///
    ///     warm-up   (step + 1) / (w + 1)            while step < w
    ///     constant  1
    ///     cosine    (1 + cos(pi x)) / 2
    ///     linear    1 - x
    ///     wsd       min(1, (N - step) / (decayFraction N))
    ///
    /// - Parameters:
    ///   - step: steps done before this one, `0..<steps`.
    ///   - steps: steps of the whole run.
    /// - Returns: a factor in (0, 1]; never zero within a run, so no step is wasted.
    public func factor(step: Int, of steps: Int) -> Double {
        let total = Double(max(1, steps))
        let position = Double(step)
        let warmup = (min(max(warmupFraction, 0), 1) * total).rounded(.down)
        if position < warmup { return (position + 1) / (warmup + 1) }
        let done = (position - warmup) / max(1, total - warmup)
        switch shape {
        case .constant: return 1
        case .cosine: return 0.5 * (1 + cos(Double.pi * done))
        case .linear: return 1 - done
        case .wsd:
            let decay = max(1, min(max(decayFraction, 0), 1) * total)
            return min(1, (total - position) / decay)
        }
    }
}
