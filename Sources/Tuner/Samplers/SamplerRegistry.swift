/// A sampler by name.
public struct SamplerDescriptor: Sendable {
    /// As it is typed.
    public var name: String
    /// One line for listings.
    public var summary: String
    /// Whether it has use for more than one objective.
    public var handlesSeveralObjectives: Bool
    /// Makes one.
    let make: @Sendable (SamplerProblem) -> any Sampler

    /// A sampler of a problem that fits it.
    ///
    /// - Throws: `TunerError` of kind `usage`.
    func checked(_ problem: SamplerProblem) throws -> any Sampler {
        guard problem.objectiveCount >= 1, problem.objectiveCount <= 8 else {
            throw TunerError(
                .usage, "\(problem.objectiveCount) objectives are not possible", why: "1 to 8 are")
        }
        guard !problem.space.axes.isEmpty else { throw TunerError(.usage, "the search space has no axes") }
        return make(problem)
    }
}

/// Every sampler of the program.
public enum SamplerRegistry {
    /// All of them, in the order of listings.
    public static let all: [SamplerDescriptor] = [
        SamplerDescriptor(
            name: "random", summary: "independent draws", handlesSeveralObjectives: true,
            make: { RandomSampler($0) }),
        SamplerDescriptor(
            name: "grid", summary: "every combination, in scattered order", handlesSeveralObjectives: true,
            make: { GridSampler($0) }),
        SamplerDescriptor(
            name: "sobol", summary: "scrambled Sobol points", handlesSeveralObjectives: true,
            make: { SobolSampler($0) }),
        SamplerDescriptor(
            name: "halton", summary: "shifted Halton points", handlesSeveralObjectives: true,
            make: { HaltonSampler($0) }),
        SamplerDescriptor(
            name: "tpe", summary: "multivariate tree-structured Parzen estimator",
            handlesSeveralObjectives: true,
            make: { TPESampler($0) }),
        SamplerDescriptor(
            name: "gp", summary: "Gaussian process with log expected improvement",
            handlesSeveralObjectives: true,
            make: { GPSampler($0) }),
        SamplerDescriptor(
            name: "cmaes", summary: "covariance matrix adaptation", handlesSeveralObjectives: false,
            make: { CMAESSampler($0) }),
        SamplerDescriptor(
            name: "nsga2", summary: "non-dominated sorting genetic algorithm", handlesSeveralObjectives: true,
            make: { NSGA2Sampler($0) }),
        SamplerDescriptor(
            name: "pareto_cost", summary: "Gaussian processes, hypervolume gained per cost",
            handlesSeveralObjectives: true, make: { ParetoCostSampler($0) }),
    ]

    /// The sampler of a name.
    ///
    /// - Throws: `TunerError` of kind `usage` with the known names.
    public static func descriptor(_ name: String) throws -> SamplerDescriptor {
        if let found = all.first(where: { $0.name == name }) { return found }
        let names = all.map(\.name)
        throw TunerError(
            .usage, "no sampler is called '\(name)'", why: "there are \(names.joined(separator: ", "))")
    }
}
