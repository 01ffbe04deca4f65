import Foundation

/// Where a probe says that the search for the learning rate should begin: an input of planners, optional everywhere.
///
///     eta(T, B) = learningRate sqrt((token_budget_0 / T) (B / batch_size_0))
public struct ProbeCentre: Sendable, Hashable {
    /// The predicted best peak at the budget and batch below.
    public var learningRate: Double
    /// Standard deviation of its log10.
    public var decades: Double
    /// T0.
    public var tokenBudget: Int
    /// B0.
    public var batchSizeTokens: Int

    /// A centre.
    public init(learningRate: Double, decades: Double, tokenBudget: Int, batchSizeTokens: Int) {
        self.learningRate = learningRate
        self.decades = decades
        self.tokenBudget = tokenBudget
        self.batchSizeTokens = batchSizeTokens
    }

    /// The predicted best peak at another budget and batch.
    public func learningRate(tokenBudget: Double, batchSize: Double) -> Double {
        let budgets = Double(self.tokenBudget) / tokenBudget
        return learningRate * (budgets * batchSize / Double(batchSizeTokens)).squareRoot()
    }

    /// Least half-width of the first search, in decades: with five rates a factor 1.8 between neighbours.
    private static let leastHalfWidth = 0.5

    /// The part of a range that the first search covers at a budget: two standard deviations to each side. The whole
    /// range where the prediction lies outside of it.
    func search(in range: ClosedRange<Double>, tokenBudget: Int, batchSize: Double?) -> ClosedRange<Double> {
        let batch = batchSize ?? Double(batchSizeTokens)
        let centre = learningRate(tokenBudget: Double(tokenBudget), batchSize: batch)
        guard centre.isFinite, range.contains(centre) else { return range }
        let factor = pow(10, max(Self.leastHalfWidth, 2 * decades))
        return max(range.lowerBound, centre / factor)...min(range.upperBound, centre * factor)
    }
}
