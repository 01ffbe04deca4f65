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
            for target in definition.targetTokenBudgets.isEmpty ? [] : definition.targets {
                let question = BudgetQuestion(tokenBudget: target.tokenBudget, modelSize: target.modelSize)
                input.recommendations.append(try await operations.recommendation(of: sweep, question))
            }
        } catch let error as TunerError where error.code == .notEnoughData {
            input.lawFailure = error
        }
        return input
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
