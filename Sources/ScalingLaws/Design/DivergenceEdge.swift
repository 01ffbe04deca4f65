import Foundation

/// How far above its optimum a learning rate diverges, as the runs show it.
///
/// A logistic edge in log distance from the law's optimum, halfway between the largest distance that finished and the
/// smallest that diverged; no edge while nothing diverged. A diverged run costs what a finished one costs and says
/// only that it was too large.
struct DivergenceEdge {
    let law: Law
    private let edge: Double?
    /// Width of the edge in log learning rate.
    private static let width = 0.25

    init(law: Law, samples: [LossSample]) {
        self.law = law
        func distances(_ isDiverged: Bool) -> [Double] {
            samples.filter { ($0.loss == nil) == isDiverged }.compactMap { sample in
                Self.distance(sample.values, sample.tokenBudget, sample.modelSize, law)
            }
        }
        let fallen = distances(true).sorted()
        guard let lowest = fallen.first else {
            edge = nil
            return
        }
        let finished = distances(false).filter { $0 < (fallen.last ?? lowest) }
        edge = 0.5 * (lowest + max(finished.max() ?? lowest, 0))
    }

    private static func distance(
        _ values: [LawAxis: Double], _ tokenBudget: Double, _ modelSize: Double?, _ law: Law
    ) -> Double? {
        guard let rate = values[.learningRate] else { return nil }
        var held = values
        held[.learningRate] = nil
        let query = RecommendationQuery(tokenBudget: tokenBudget, modelSize: modelSize, held: held)
        let distance: Double = log(rate / law.optimum(of: .learningRate, at: query))
        return distance.isFinite ? distance : nil
    }

    /// Probability that a run diverges.
    func probability(of run: DesignRun) -> Double {
        guard let edge,
            let distance = Self.distance(run.values, run.cell.tokenBudget, run.cell.modelSize, law)
        else { return 0 }
        return 1 / (1 + exp(min(max((edge - distance) / Self.width, -60), 60)))
    }
}
