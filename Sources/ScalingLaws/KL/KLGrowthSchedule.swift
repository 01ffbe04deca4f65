import Foundation

/// Growing the batch during one run, along the KL rule: restarts without a restart.
///
/// At cumulative budget T_j run with `B_j = B_0 (T_j/T_0)^(2/3)` (rounded to the hardware) and the Frank-Wolfe step
/// `b_j = b_0 (B_j/B_0)(T_0/T_j)`; radius, momentum and the momentum's buffer are kept. A run can so be extended
/// without deciding on its budget beforehand.
///
/// When not to believe it: growth of the batch by x8 and x16 at once instead of x4 cost the source 0.005 to 0.01 and
/// 0.03 to 0.04 nats. Growing sequences along with batches cost it about 0.01 nats.
///
/// Source: Islamov et al. 2026, arXiv 2603.21191, section 5.3; boundaries at the rounding steps are a choice of this
/// implementation.
public struct KLGrowthSchedule: Sendable, Hashable {
    /// The first stage: its batch, Frank-Wolfe step and budget.
    public var transfer: KLTransfer
    /// Batches are whole multiples of this, rounded down (at least one multiple).
    public var batchMultiple: Double

    /// A schedule that starts as a tuned run.
    public init(from transfer: KLTransfer, batchMultiple: Double = 1) {
        precondition(batchMultiple > 0, "batches are multiples of a positive number")
        self.transfer = transfer
        self.batchMultiple = batchMultiple
    }

    /// One stage.
    public struct Stage: Sendable, Hashable {
        /// Tokens spent when the stage ends, since the beginning of the run.
        public var cumulativeTokens: Double
        /// Tokens a step, rounded.
        public var batchSize: Double
        /// b.
        public var frankWolfeStep: Double
    }

    /// The setting for a stage that ends at a cumulative budget.
    public func stage(cumulativeTokens T: Double) -> Stage {
        let real = transfer.batchSize(tokenBudget: T)
        // A hair above, so that a batch that is a multiple up to rounding errors stays one.
        let multiples = real.isFinite ? max(1, (real / batchMultiple * (1 + 1e-12)).rounded(.down)) : 1
        let batch = multiples * batchMultiple
        return Stage(
            cumulativeTokens: T, batchSize: batch,
            frankWolfeStep: transfer.frankWolfeStep(batchSize: batch, tokenBudget: T))
    }

    /// Stages that end at given cumulative budgets, in rising order.
    public func stages(cumulativeTokens: [Double]) -> [Stage] { cumulativeTokens.map(stage) }

    /// Stages up to a budget, each with a batch `growth` times the one before (before rounding).
    ///
    /// The first stage is the tuned run. `growth` 2 multiplies the budget by `2^(3/2) = 2.8` a stage. The last stage
    /// ends at the budget itself; stages whose rounded batch equals the one before are merged.
    public func stages(until tokenBudget: Double, growth: Double = 2) -> [Stage] {
        precondition(growth > 1, "batches must grow")
        var ends: [Double] = []
        var end = transfer.tokenBudget
        while end < tokenBudget {
            ends.append(end)
            end *= pow(growth, 1.5)
        }
        ends.append(tokenBudget)
        return stages(cumulativeTokens: ends).reduce(into: []) { merged, stage in
            if merged.last?.batchSize == stage.batchSize { merged.removeLast() }
            merged.append(stage)
        }
    }
}
