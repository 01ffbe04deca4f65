/// Decides that a run is lost: its loss is not finite, or its running mean has climbed above where it began.
///
///     mean <- mean + (loss - mean) / tau,   tau = clamp(steps / 50, 1, 20)
///     lost when mean > first + max(1, |first| / 2) after the first 5 % of the steps (three at least)
///
/// One nat (or half the first loss) above the start is far outside of minibatch noise; a run that climbs during its
/// first steps and comes back is let alone, which large learning rates do.
struct DivergenceMonitor: Sendable, Hashable, Codable {
    private var first: Double?
    private var mean = 0.0
    private var seen = 0
    private let timeConstant: Double
    private let grace: Int

    init(steps: Int) {
        timeConstant = min(20, max(1, Double(steps) / 50))
        grace = max(3, steps / 20)
    }

    /// Takes in the loss of a step and says whether the run is lost.
    mutating func hasDiverged(after loss: Double) -> Bool {
        guard loss.isFinite else { return true }
        let start = first ?? loss
        if first == nil {
            first = loss
            mean = loss
        }
        mean += (loss - mean) / timeConstant
        seen += 1
        return seen > grace && mean > start + max(1, abs(start) / 2)
    }
}
