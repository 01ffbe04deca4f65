import Foundation
import ScalingLaws

extension ExportInput {
    /// Gathers an export from the service.
    ///
    /// A sweep without enough data for a law is gathered too; formats that need the law refuse it themselves.
    ///
    /// - Parameters:
    ///   - sweep: name.
    ///   - operations: the service.
    /// - Returns: the material.
    /// - Throws: what the service throws, except that data are lacking.
    public static func gather(_ sweep: String, from operations: any SweepOperations) async throws
        -> ExportInput
    {
        let definition = try await operations.definition(of: sweep).definition
        var input = ExportInput(
            definition: definition, law: nil, recommendations: [],
            trials: try await operations.allTrials(of: sweep),
            pareto: try await operations.paretoFront(of: sweep, objectives: nil))
        do {
            let fitted = try await operations.law(of: sweep)
            input.law = fitted
            for budget in definition.targetTokenBudgets {
                input.recommendations.append(
                    try await operations.recommendation(of: sweep, tokenBudget: budget, held: [:]))
            }
            for budget in bandBudgets(law: fitted.law, targets: definition.targetTokenBudgets) {
                input.band.append(
                    try await operations.recommendation(of: sweep, tokenBudget: budget, held: [:]))
            }
        } catch let error as TunerError where error.code == .notEnoughData {
            input.lawFailure = error
        }
        return input
    }

    /// Budgets of the band: the trained ones and a geometric grid of at least eight a decade from the smallest trained budget to
    /// ten times the largest one or target.
    static func bandBudgets(law: Law, targets: [Int]) -> [Int] {
        let range = law.budgetRange
        guard let low = range.first, let high = range.last, low.isFinite, low >= 1, high >= low else {
            return []
        }
        let end = 10 * max(high, Double(targets.max() ?? 0))
        let count = max(2, Int((8 * log10(end / low)).rounded(.up)))
        let grid = (0...count).map { low * pow(end / low, Double($0) / Double(count)) }
        return Set((grid + law.cells.map(\.tokenBudget) + targets.map(Double.init)).map { Int($0.rounded()) })
            .sorted()
    }
}

extension SweepOperations {
    /// All trials of a sweep, page by page.
    ///
    /// - Parameter sweep: name.
    /// - Returns: every trial by number.
    /// - Throws: what the service throws.
    public func allTrials(of sweep: String) async throws -> [Trial] {
        var all: [Trial] = []
        while true {
            let page = try await trials(of: sweep, after: all.last?.number ?? 0, limit: 1000)
            all += page
            if page.count < 1000 { return all }
        }
    }
}
