/// The plain average: no protection.
public struct MeanAggregator: Aggregator {
    /// The rule.
    public init() {}
    /// Its name.
    public var name: String { "mean" }
    /// The average.
    public mutating func aggregate(_ messages: [Vector], byzantine: Int) -> Vector { Vector.mean(messages) }
}

/// Median of every coordinate; for an even number the mean of the two middle values.
public struct MedianAggregator: Aggregator {
    /// The rule.
    public init() {}
    /// Its name.
    public var name: String { "cwmed" }
    /// Coordinate by coordinate.
    public mutating func aggregate(_ messages: [Vector], byzantine: Int) -> Vector {
        byCoordinate(messages) { sorted in
            let middle = sorted.count / 2
            return sorted.count % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle])
        }
    }
}

/// In every coordinate the f largest and f smallest values are dropped; the rest is averaged. Needs `2f < n`.
public struct TrimmedMeanAggregator: Aggregator {
    /// The rule.
    public init() {}
    /// Its name.
    public var name: String { "cwtm" }
    /// Coordinate by coordinate.
    public mutating func aggregate(_ messages: [Vector], byzantine f: Int) -> Vector {
        precondition(2 * f < messages.count, "a trimmed mean needs more than \(2 * f) messages")
        return byCoordinate(messages) { sorted in
            let kept = sorted[f..<sorted.count - f]
            return kept.reduce(0, +) / Double(kept.count)
        }
    }
}

private func byCoordinate(_ messages: [Vector], _ rule: ([Double]) -> Double) -> Vector {
    Vector((0..<messages[0].count).map { j in rule(messages.map { $0[j] }.sorted()) })
}

/// Krum: the message whose nearest neighbours are nearest, or the mean of the `m` best (Multi-Krum).
///
/// The score is the sum of squared distances to the `n - f - 2` nearest others (classic), or `n - f - 1` of them
/// (Allouah et al.). Ties go to the smaller index.
///
/// Source: P. Blanchard et al., "Machine learning with adversaries", 2017, arXiv 1703.02757.
public struct KrumAggregator: Aggregator {
    /// m.
    public var selected: Int
    /// Whether one neighbour more is counted.
    public var countsOneMore: Bool

    /// Classic Krum.
    public init(selected: Int = 1, countsOneMore: Bool = false) {
        self.selected = selected
        self.countsOneMore = countsOneMore
    }

    /// Its name.
    public var name: String { selected == 1 ? "krum" : "multi-krum" }

    /// The best message, or the mean of the best.
    public mutating func aggregate(_ messages: [Vector], byzantine f: Int) -> Vector {
        let neighbours = max(1, messages.count - f - (countsOneMore ? 1 : 2))
        let scores = messages.indices.map { j in
            messages.indices.filter { $0 != j }.map { (messages[$0] - messages[j]).squaredNorm }.sorted()
                .prefix(neighbours).reduce(0, +)
        }
        let order = messages.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
        return Vector.mean(order.prefix(selected).map { messages[$0] })
    }
}

/// Geometric median (RFA) by eight smoothed Weiszfeld steps from the mean: `w_i = 1/max(nu, |z - x_i|)`.
///
/// Source: K. Pillutla, S. Kakade, Z. Harchaoui, "Robust aggregation for federated learning", 2019, arXiv 1912.13445.
public struct GeometricMedianAggregator: Aggregator {
    /// Weiszfeld steps.
    public var iterations: Int
    /// nu.
    public var smoothing: Double

    /// Published values.
    public init(iterations: Int = 8, smoothing: Double = 1e-6) {
        self.iterations = iterations
        self.smoothing = smoothing
    }

    /// Its name.
    public var name: String { "rfa" }

    /// The median.
    public mutating func aggregate(_ messages: [Vector], byzantine: Int) -> Vector {
        var z = Vector.mean(messages)
        for _ in 0..<iterations {
            let weights = messages.map { 1 / max(smoothing, (z - $0).norm) }
            let sum = Vector.sum(zip(weights, messages).map { $0 * $1 })
            let total = weights.reduce(0, +)
            z = sum.map { $0 / total }
        }
        return z
    }
}

/// Centered clipping: a few times `v += mean clip_tau(x_i - v)`, from the last aggregate.
///
/// Source: S. P. Karimireddy, L. He, M. Jaggi, "Learning from history", 2020, arXiv 2012.10333.
public struct CenteredClippingAggregator: Aggregator {
    /// tau.
    public var radius: Double
    /// Rounds of clipping.
    public var iterations: Int
    /// v; `nil` is the origin.
    public var centre: Vector?

    /// Starts at the origin.
    public init(radius: Double = 1, iterations: Int = 3) {
        self.radius = radius
        self.iterations = iterations
    }

    /// Its name.
    public var name: String { "cclip" }

    /// Back to the origin.
    public mutating func reset() { centre = nil }

    /// The new centre, which is kept.
    public mutating func aggregate(_ messages: [Vector], byzantine: Int) -> Vector {
        var v = centre ?? .zero(messages[0].count)
        for _ in 0..<iterations { v += Vector.mean(messages.map { ($0 - v).clipped(to: radius) }) }
        centre = v
        return v
    }
}
