extension ParetoFront {
    /// The front of the completed trials.
    ///
    /// A trial is on the front when no other is at least as good in every objective and better in one; of trials
    /// equal in all objectives the first stands. O(n log n) for two objectives, O(n^2) for more.
    ///
    /// - Parameters:
    ///   - objectives: the axes; `tokens` is the trial's budget, every other name a metric.
    ///   - trials: any trials; only completed ones that have every metric count.
    /// - Returns: the front, sorted by the first objective, best first, with its hypervolume.
    public static func compute(objectives: [SweepDefinition.Objective], trials: [Trial]) -> ParetoFront {
        let candidates = trials.filter { $0.state == .completed }.compactMap { trial -> Candidate? in
            var costs: [Double] = []
            for objective in objectives {
                guard let value = trial.value(of: objective.name), value.isFinite else { return nil }
                costs.append(objective.goal == .minimize ? value : -value)
            }
            return Candidate(trial: trial.number, costs: costs)
        }.sorted { $0.precedes($1) }

        // In lexicographic order a point can only be dominated by an earlier one.
        var front: [Candidate] = []
        for candidate in candidates where !front.contains(where: { $0.coversOrEquals(candidate) }) {
            front.append(candidate)
        }
        let worst = objectives.indices.map { axis in candidates.map { $0.costs[axis] }.max() ?? 0 }
        let signs = objectives.map { $0.goal == .minimize ? 1.0 : -1.0 }
        return ParetoFront(
            objectives: objectives,
            points: front.map { Point(trial: $0.trial, values: zip($0.costs, signs).map(*)) },
            hypervolume: front.isEmpty ? nil : hypervolume(front.map(\.costs), reference: worst),
            reference: candidates.isEmpty ? [] : zip(worst, signs).map(*))
    }

    /// A completed trial with its objectives turned so that smaller is better.
    private struct Candidate {
        var trial: Int
        var costs: [Double]

        func precedes(_ other: Candidate) -> Bool {
            for (mine, theirs) in zip(costs, other.costs) where mine != theirs { return mine < theirs }
            return trial < other.trial
        }

        func coversOrEquals(_ other: Candidate) -> Bool {
            zip(costs, other.costs).allSatisfy { $0 <= $1 }
        }
    }

    /// Volume between a front and the corner of worst values, all objectives minimised.
    ///
    /// Slices along the last objective and recurses: exact, O(n^(d-1) log n), meant for fronts of hundreds of
    /// points in two to four objectives.
    static func hypervolume(_ points: [[Double]], reference: [Double]) -> Double {
        guard let dimension = points.first?.count, dimension > 0 else { return 0 }
        if dimension == 1 {
            return max(0, reference[0] - (points.map { $0[0] }.min() ?? reference[0]))
        }
        let sorted = points.sorted { $0[dimension - 1] < $1[dimension - 1] }
        var volume = 0.0
        for (index, point) in sorted.enumerated() {
            let low = point[dimension - 1]
            let high = index + 1 < sorted.count ? sorted[index + 1][dimension - 1] : reference[dimension - 1]
            guard high > low else { continue }
            let slice = sorted[...index].map { Array($0.dropLast()) }
            volume += (high - low) * hypervolume(slice, reference: Array(reference.dropLast()))
        }
        return volume
    }
}

extension Trial {
    /// The value of an objective: `tokens` is the budget, any other name a metric.
    func value(of objective: String) -> Double? {
        objective == "tokens" ? Double(proposal.tokenBudget) : metrics[objective]
    }
}
