/// A batch that grows while a run goes on, so that the run can be made longer without tuning it again.
///
/// Stage 0 is the run that was tuned: T_0 tokens at the batch B_0 and the peak rate b_0. Stage j covers the tokens between
/// `T_0 g^(3(j-1)/2)` and `T_0 g^(3j/2)` and trains with
///
///     B_j = B_0 g^j,      b_j = b_0 g^(-j/2)
///
/// which are `B = B_0 (T/T_0)^(2/3)` and `b = b_0 (B/B_0)(T_0/T)` at the ends of stages: the KL rule for conditional
/// gradients. Momentum and its buffer are kept. Stages do not depend on the budget, so a shorter run is the beginning of a
/// longer one. The schedule of the learning rate goes on over the tokens of the whole run and multiplies b_j: to be able to
/// extend a run, keep it constant.
///
/// g is whole, so that batches stay whole sequences; 2 multiplies the tokens of a stage by 2.8. When not to believe it:
/// the source lost 0.03 to 0.04 nats by growing the batch 16 times at once.
///
/// Source: R. Islamov et al., 2026, arXiv 2603.21191, section 5.3; stages at whole powers of g are a choice of this
/// implementation. `KLGrowthSchedule` of the laws gives the same batches.
public struct BatchGrowth: Sendable, Hashable, Codable {
    /// T_0: tokens of the first stage. At least one batch.
    public var startTokens: Int
    /// g: by how much a stage's batch is larger than the last one's, 2 to 8.
    public var factor: Int

    /// What the factor may be.
    public static let factors = 2...8

    enum CodingKeys: String, CodingKey {
        case startTokens = "start_tokens"
        case factor
    }

    /// A schedule; see the type.
    public init(startTokens: Int, factor: Int = 2) {
        self.startTokens = startTokens
        self.factor = factor
    }

    /// Steps of a run: fewer than `ceil(token_budget / batch_size_tokens)` beyond the first stage.
    ///
    /// - Parameters:
    ///   - batchSizeTokens: B_0.
    ///   - tokenBudget: of the whole run.
    /// - Returns: the steps.
    public func steps(batchSizeTokens: Int, tokenBudget: Int) -> Int {
        BatchPlan(batch: batchSizeTokens, budget: tokenBudget, growth: self).steps
    }
}

/// The steps of a run, and which tokens each one takes.
struct BatchPlan: Sendable, Hashable {
    /// Steps of one batch size.
    struct Stage: Sendable, Hashable {
        /// Steps before it.
        var firstStep: Int
        /// Tokens before it.
        var firstToken: Int
        /// Tokens a step.
        var batch: Int
        /// What the stage multiplies the learning rate by.
        var rateFactor: Double
    }

    /// In order; at least one.
    private(set) var stages: [Stage] = []
    /// Steps of the run.
    private(set) var steps = 0

    /// Batch and budget are positive; a growth begins with at least one batch.
    init(batch: Int, budget: Int, growth: BatchGrowth?) {
        var stage = Stage(firstStep: 0, firstToken: 0, batch: batch, rateFactor: 1)
        guard let growth else {
            stages = [stage]
            steps = max(1, (budget + batch - 1) / batch)
            return
        }
        let base = Double(growth.factor)
        var end = Double(growth.startTokens)
        while stage.firstToken < budget {
            // Up to the end of the stage, and over it by less than a batch.
            let last = Int(min(Double(budget), end.rounded(.up)))
            let count = max(0, (last - stage.firstToken + stage.batch - 1) / stage.batch)
            if count > 0 { stages.append(stage) }
            stage.firstStep += count
            stage.firstToken += count * stage.batch
            // What overflows belongs to a stage behind the budget, which nobody uses.
            stage.batch &*= growth.factor
            stage.rateFactor /= base.squareRoot()
            end *= base * base.squareRoot()
        }
        steps = stage.firstStep
    }

    /// The stage of a step, counted from 0.
    func stage(of step: Int) -> Stage {
        stages.last { $0.firstStep <= step } ?? stages[0]
    }

    /// Tokens seen when this many steps are done.
    func tokens(after count: Int) -> Int {
        let stage = stage(of: max(0, count - 1))
        return stage.firstToken + (count - stage.firstStep) * stage.batch
    }
}
