/// Which of several outcomes is better, with one objective or several.
///
/// Feasible ones come before infeasible ones, these before failed ones. Feasible ones of one objective are in order
/// of its value; of several in order of non-dominated fronts, within a front by crowding distance, the lonely first
/// (Deb, Pratap, Agarwal, Meyarivan 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II").
/// Infeasible ones are in order of their violation (Deb 2000). Ties go by number.
enum ParetoRanking {
    /// Indices of the trials, the best first, with the front of each.
    static func order(_ trials: [SampledTrial]) -> [(index: Int, front: Int)] {
        let feasible = trials.indices.filter {
            trials[$0].outcome.values != nil && trials[$0].outcome.violation == 0
        }
        var order: [(index: Int, front: Int)] = []
        let points = feasible.map { trials[$0].outcome.values ?? [] }
        for (rank, front) in fronts(points).enumerated() {
            let distance = crowding(front.map { points[$0] })
            let sorted = front.indices.sorted {
                if distance[$0] != distance[$1] { return distance[$0] > distance[$1] }
                return trials[feasible[front[$0]]].number < trials[feasible[front[$1]]].number
            }
            order += sorted.map { (feasible[front[$0]], rank) }
        }
        var next = (order.last?.front ?? -1) + 1
        let others = trials.indices.filter {
            trials[$0].outcome.values == nil || trials[$0].outcome.violation > 0
        }
        for index in others.sorted(by: { isBetter(trials[$0], trials[$1]) }) {
            order.append((index, next))
            next += 1
        }
        return order
    }

    /// Whether one trial is better than another when there is one objective.
    static func isBetter(_ a: SampledTrial, _ b: SampledTrial) -> Bool {
        func key(_ trial: SampledTrial) -> (Int, Double) {
            guard let values = trial.outcome.values else { return (2, 0) }
            let violation = trial.outcome.violation
            return violation > 0 ? (1, violation) : (0, values[0])
        }
        let left = key(a), right = key(b)
        if left.0 != right.0 { return left.0 < right.0 }
        if left.1 != right.1 { return left.1 < right.1 }
        return a.number < b.number
    }

    /// Whether `a` is nowhere worse than `b` and somewhere better.
    static func dominates(_ a: [Double], _ b: [Double]) -> Bool {
        var isBetter = false
        for (left, right) in zip(a, b) {
            if left > right { return false }
            if left < right { isBetter = true }
        }
        return isBetter
    }

    /// Indices in fronts: the non-dominated, those that only they dominate, and so on.
    static func fronts(_ points: [[Double]]) -> [[Int]] {
        if points.first?.count == 1 { return layersOfOneObjective(points) }
        var dominated = [[Int]](repeating: [], count: points.count)
        var dominators = [Int](repeating: 0, count: points.count)
        for a in points.indices {
            for b in (a + 1)..<max(points.count, a + 1) {
                if dominates(points[a], points[b]) {
                    dominated[a].append(b)
                    dominators[b] += 1
                } else if dominates(points[b], points[a]) {
                    dominated[b].append(a)
                    dominators[a] += 1
                }
            }
        }
        var fronts: [[Int]] = []
        var front = points.indices.filter { dominators[$0] == 0 }
        while !front.isEmpty {
            fronts.append(front)
            var next: [Int] = []
            for a in front {
                for b in dominated[a] {
                    dominators[b] -= 1
                    if dominators[b] == 0 { next.append(b) }
                }
            }
            front = next.sorted()
        }
        return fronts
    }

    /// Half the perimeter of the box between a point's neighbours in its front, each objective over its range.
    static func crowding(_ points: [[Double]]) -> [Double] {
        var distance = [Double](repeating: 0, count: points.count)
        for axis in points.first?.indices ?? 0..<0 {
            let order = points.indices.sorted { (points[$0][axis], $0) < (points[$1][axis], $1) }
            guard let first = order.first, let last = order.last else { continue }
            let range = points[last][axis] - points[first][axis]
            distance[first] = .infinity
            distance[last] = .infinity
            guard range > 0, order.count > 2 else { continue }
            for place in 1..<(order.count - 1) {
                distance[order[place]] +=
                    (points[order[place + 1]][axis] - points[order[place - 1]][axis]) / range
            }
        }
        return distance
    }

    private static func layersOfOneObjective(_ points: [[Double]]) -> [[Int]] {
        var layers: [[Int]] = []
        for index in points.indices.sorted(by: { (points[$0][0], $0) < (points[$1][0], $1) }) {
            if let last = layers.last?.last, points[last][0] == points[index][0] {
                layers[layers.count - 1].append(index)
            } else {
                layers.append([index])
            }
        }
        return layers
    }
}
