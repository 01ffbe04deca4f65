public import ScalingLaws

/// Makes the planner a sweep file names.
public enum PlannerFactory {
    /// The planner of a definition.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - fit: fits the law to finished trials, `nil` while there is too little; `law_guided` asks it.
    /// - Returns: a planner whose proposals depend on the definition and the history only.
    public static func planner(
        for definition: SweepDefinition, fit: @escaping @Sendable ([Trial]) -> Law?
    ) -> any Planner {
        switch definition.method {
        case .lawGuided: LawGuidedPlanner(definition: definition, fit: fit)
        case .grid: GridPlanner(definition: definition)
        case .random: SpaceFillingPlanner(definition: definition, design: .random)
        case .sobol: SpaceFillingPlanner(definition: definition, design: .sobol)
        case .halton, .tpe, .gp, .cmaes, .nsga2:
            SamplerPlanner(definition: definition, sampler: definition.method.rawValue)
        }
    }

    /// The planner of a definition for an outside loop that asks for one trial at a time.
    ///
    /// - Parameter definition: the sweep.
    /// - Returns: `nil` for methods that plan whole rounds (`law_guided`, `grid`): their rounds are handed out piece by
    ///   piece.
    /// - Throws: `usage` when the sampler cannot search the sweep's space.
    public static func livePlanner(for definition: SweepDefinition) throws -> (any LivePlanner)? {
        switch definition.method {
        case .lawGuided, .grid: return nil
        case .random, .sobol, .halton, .tpe, .gp, .cmaes, .nsga2:
            return try SamplerStream(definition, sampler: definition.method.rawValue)
        }
    }
}
