import Foundation
import ScalingLaws

/// What the law answers from budget to budget, for pictures.
struct AnsweredWay {
    /// One budget.
    struct Point {
        var tokenBudget: Double
        var answer: LawRecommendation
    }

    /// Ascending.
    let points: [Point]

    /// The answers between two budgets, both included, evenly in the logarithm of the budget.
    init(_ law: Law, from first: Double, to last: Double, modelSize: Double? = nil, steps: Int) {
        points = (0...steps).map { step in
            let budget = first * pow(last / first, Double(step) / Double(steps))
            return Point(
                tokenBudget: budget,
                answer: law.recommend(RecommendationQuery(tokenBudget: budget, modelSize: modelSize)))
        }
    }

    /// What an axis is answered at each budget.
    func values(of axis: LawAxis) -> [(budget: Double, value: RecommendedValue)] {
        points.compactMap { point in point.answer.values[axis].map { (point.tokenBudget, $0) } }
    }
}
