import Engine

/// A sampler for trials one at a time: the budgets in turn, each point with its replicates.
///
/// - The value of a point is the mean over its replicates, known when the last is told.
/// - Trials under way are known to the sampler, which does not crowd them.
/// - Where all values are listed, no point is asked for twice while there is another; a real axis does not repeat.
/// - It ends with `run_cap`, or when every budget has its share of points.
struct SamplerStream: LivePlanner {
    /// Spaces with more points than this are taken for endless.
    private static let largestListedSpace = 65_536.0

    /// Where the search of one budget stands.
    private struct Lane {
        var search: BudgetSearch
        /// Points begun.
        var points = 0
        /// The newest point, its number in the session, and how many of its replicates were asked for.
        var newest: (values: [String: HyperparameterValue], number: Int)?
        var replicates = 0
        /// Points begun, where all are listed.
        var known: Set<SamplerPoint>?
        var isSpent = false
    }

    /// A point waiting for its replicates.
    private struct OpenPoint: Hashable {
        var lane: Int
        var number: Int
    }

    private let definition: SweepDefinition
    private let target: Int
    private var lanes: [Lane] = []
    private var asked = 0
    private var underWay: [Int: OpenPoint] = [:]
    /// Replicates told of points that wait for more.
    private var told: [OpenPoint: [Trial]] = [:]

    /// A search that has seen nothing yet.
    ///
    /// - Throws: `usage` when the sampler cannot search the sweep's space.
    init(_ definition: SweepDefinition, sampler: String) throws {
        self.definition = definition
        target = definition.searchedPointsPerBudget
        for (ordinal, budget) in definition.tokenBudgets.enumerated() {
            guard
                let search = try BudgetSearch(definition, sampler: sampler, budget: budget, ordinal: ordinal)
            else { continue }
            let isListed = search.pointCount <= Self.largestListedSpace
            lanes.append(Lane(search: search, known: isListed ? [] : nil))
        }
    }

    var isExhausted: Bool {
        if let cap = definition.runCap, asked >= cap { return true }
        return lanes.allSatisfy { isFull($0) && !needsReplicate($0) }
    }

    mutating func ask(_ number: Int) throws -> TrialProposal? {
        guard !isExhausted else { return nil }
        if let lane = lanes.firstIndex(where: needsReplicate) { return propose(lane, trial: number) }
        let notFull = lanes.indices.filter { !isFull(lanes[$0]) }
        guard let lane = notFull.min(by: { (lanes[$0].points, $0) < (lanes[$1].points, $1) }) else {
            return nil
        }
        guard let values = try newPoint(lane) else {
            lanes[lane].isSpent = true
            return try ask(number)
        }
        try open(values, in: lane)
        return propose(lane, trial: number)
    }

    mutating func begin(_ trial: Trial) throws {
        guard let lane = lanes.firstIndex(where: { $0.search.budget == trial.proposal.tokenBudget }) else {
            asked += 1
            return
        }
        if trial.proposal.replicate == 0 || lanes[lane].newest == nil {
            try open(trial.proposal.hyperparameters, in: lane)
        }
        _ = propose(lane, trial: trial.number)
    }

    mutating func tell(_ trial: Trial) throws {
        guard let point = underWay.removeValue(forKey: trial.number) else { return }
        var replicates = told.removeValue(forKey: point) ?? []
        replicates.append(trial)
        guard replicates.count == definition.replicates else {
            told[point] = replicates
            return
        }
        try lanes[point.lane].search.session?.tell(
            point.number, SamplerOutcome(values: definition.searchedValues(of: replicates)))
    }

    private func isFull(_ lane: Lane) -> Bool { lane.isSpent || lane.points >= target }

    private func needsReplicate(_ lane: Lane) -> Bool {
        lane.newest != nil && lane.replicates < definition.replicates
    }

    /// Begins a point in the sampler.
    private mutating func open(_ values: [String: HyperparameterValue], in lane: Int) throws {
        let number = try lanes[lane].search.session?.begin(values) ?? 0
        lanes[lane].newest = (values, number)
        lanes[lane].replicates = 0
        lanes[lane].points += 1
        if let point = lanes[lane].search.session?.problem.space.point(of: values) {
            lanes[lane].known?.insert(point)
        }
    }

    /// The next replicate of the newest point.
    private mutating func propose(_ lane: Int, trial number: Int) -> TrialProposal? {
        guard let newest = lanes[lane].newest else { return nil }
        let replicate = lanes[lane].replicates
        lanes[lane].replicates += 1
        asked += 1
        underWay[number] = OpenPoint(lane: lane, number: newest.number)
        return TrialProposal(
            hyperparameters: lanes[lane].search.fixed.merging(newest.values) { $1 },
            tokenBudget: lanes[lane].search.budget, replicate: replicate, round: 1)
    }

    /// Values the budget has not tried yet; `nil` when it has tried all.
    private mutating func newPoint(_ lane: Int) throws -> [String: HyperparameterValue]? {
        guard let session = lanes[lane].search.session else { return [:] }
        // A copy: its numbers count points that were begun, and only those are found in the table after a restart.
        var attempt = session
        let space = session.problem.space
        let known = lanes[lane].known ?? []
        if lanes[lane].known != nil, Double(known.count) >= lanes[lane].search.pointCount { return nil }
        if let values = try? attempt.ask().values, let point = space.point(of: values), !known.contains(point)
        {
            return values
        }
        // A sampler that is sure of a few listed values asks for them again and again: then any other, drawn.
        var generator = SplitMix64.stream(session.problem.seed ^ 0xD4A3_0001, session.nextNumber)
        for _ in 0..<1000 {
            let point = space.point(at: space.axes.map { _ in generator.uniform() })
            if !known.contains(point) { return space.values(of: point) }
        }
        return firstUnknown(space, known).map(space.values)
    }

    /// The first point of a listed space that was not tried.
    private func firstUnknown(_ space: SamplerSpace, _ known: Set<SamplerPoint>) -> SamplerPoint? {
        let counts = space.axes.map { $0.count ?? 1 }
        for index in 0..<counts.reduce(1, *) {
            var rest = index
            let point = space.point(
                at: counts.map { count in
                    defer { rest /= count }
                    return (Double(rest % count) + 0.5) / Double(count)
                })
            if !known.contains(point) { return point }
        }
        return nil
    }
}
