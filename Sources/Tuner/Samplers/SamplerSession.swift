public import Engine

/// A sampler at work: numbers its trials, knows which are pending, and refuses what makes no sense.
public struct SamplerSession: Sendable {
    /// The problem.
    public let problem: SamplerProblem
    /// Trials asked for and not told, by number.
    public private(set) var pending: [Int: SamplerPoint] = [:]
    /// Number of the next trial.
    public private(set) var nextNumber = 0
    private var sampler: any Sampler

    /// A session of the sampler of a name.
    ///
    /// - Throws: `TunerError` of kind `usage` for an unknown name or a problem the sampler cannot solve.
    public init(_ name: String, _ problem: SamplerProblem) throws {
        self.init(try SamplerRegistry.descriptor(name).checked(problem), problem)
    }

    /// A session of a sampler that is already made.
    init(_ sampler: any Sampler, _ problem: SamplerProblem) {
        self.sampler = sampler
        self.problem = problem
    }

    /// The next trial, pending from now on.
    ///
    /// - Returns: its number and its values by name.
    /// - Throws: `TunerError` of kind `conflict` when the sampler has no more points.
    public mutating func ask() throws -> (number: Int, values: [String: HyperparameterValue]) {
        guard let coordinates = sampler.propose(nextNumber) else {
            throw TunerError(
                .conflict, "there are no more points", why: "every point of the grid was asked for")
        }
        let point = problem.space.point(at: coordinates)
        let number = begin(point)
        return (number, problem.space.values(of: point))
    }

    /// Takes over a trial from a table: pending from now on, as if it had been asked for.
    ///
    /// - Returns: its number.
    /// - Throws: `TunerError` of kind `usage` for values outside the space.
    @discardableResult
    public mutating func begin(_ values: [String: HyperparameterValue]) throws -> Int {
        guard let point = problem.space.point(of: values) else {
            throw TunerError(.usage, "trial \(nextNumber) has values outside the search space")
        }
        return begin(point)
    }

    /// Tells how a pending trial ended.
    ///
    /// - Throws: `TunerError` of kind `notFound` for a number never asked for, `conflict` for one already told,
    ///   `usage` for a wrong count of values.
    public mutating func tell(_ number: Int, _ outcome: SamplerOutcome) throws {
        guard let point = pending[number] else {
            if (0..<nextNumber).contains(number) {
                throw TunerError(.conflict, "trial \(number) was told before")
            }
            throw TunerError(.notFound, "trial \(number) was never asked for")
        }
        if let values = outcome.values, values.count != problem.objectiveCount {
            throw TunerError(
                .usage, "trial \(number) has \(values.count) values",
                why: "there are \(problem.objectiveCount) objectives")
        }
        pending[number] = nil
        sampler.finished(SampledTrial(number: number, point: point, outcome: outcome))
    }

    private mutating func begin(_ point: SamplerPoint) -> Int {
        let number = nextNumber
        nextNumber += 1
        pending[number] = point
        sampler.began(number, at: point)
        return number
    }
}
