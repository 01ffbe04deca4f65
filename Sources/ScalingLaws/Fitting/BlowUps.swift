import Foundation

/// Finds runs that blew up without their loss becoming NaN.
///
/// Such a run says what a diverged one says, that its learning rate was too large, and nothing about the shape of the curve
/// near its bottom: as an ordinary row it would measure the window of a small cell, and bend the parabola there.
///
/// Runs of one cell whose other hyperparameters are the same (up to a factor 1.5) are a *line*, ascending in learning rate.
/// From its best run upwards, one blew up when both hold:
///
///     steepness = (response - that of the run before) / log(rate / its rate)  >  6 * ordinary steepness
///     response - best > 0.5 nats,    or    response - worst ordinary run > 5 * (worst ordinary - best)
///
/// Ordinary steepness is the largest between runs of the line that did not blow up, and at least that just below the best run in the
/// median line. The second condition alone would not do: where a loss goes to zero (excess risk over decades) 0.5 nats above the
/// best is the smooth curve. On a parabola and on curves as skewed as fits find, steepness grows less than fivefold from one run to the next. A run
/// that is bad because its rate is too low lies below the best one and is never taken.
///
/// When not to believe it: rates a factor ten apart whose lower neighbour of the best is as bad as the upper one look like a parabola.
struct BlowUps {
    /// A blown-up run and what it is measured against.
    struct Found: Hashable {
        /// Index of the pooled run.
        var run: Int
        /// Response of the best run of its line.
        var best: Double
    }

    /// Steepness, over the ordinary one, from which a curve breaks.
    private static let factor = 6.0
    /// Nats above the best run from which a run is far off.
    private static let far = 0.5
    /// The same in spreads of the ordinary runs of a line, of which there must be `leastOrdinary`.
    private static let spreads = 5.0
    private static let leastOrdinary = 3
    /// Rates closer than this (log) are compared with the next one below: over shorter ways noise is steep.
    private static let leastStep = 0.34

    /// Blown-up runs, ascending by index.
    let found: [Found]

    /// Looks through pooled runs.
    ///
    /// - Parameters:
    ///   - runs: all of a fit; those without a response are passed over.
    ///   - scale: of the responses; 0.5 nats mean something on that of the logarithm alone.
    init(_ runs: [PooledRun], scale: LossScale) {
        let lines = Self.lines(runs)
        let below = lines.compactMap { Self.steepnessBelow($0) }.filter { $0 > 0 }.median
        guard let below else {
            found = []
            return
        }
        found = lines.flatMap { Self.blownUp($0, usual: below, scale: scale) }.sorted { $0.run < $1.run }
    }

    /// A finished run of a line.
    private struct Place {
        var run: Int
        var rate: Double
        var response: Double
    }

    private struct LineKey: Hashable {
        var cell: CellKey
        var others: SIMD4<Double>
    }

    /// The finished runs that differ in their learning rate, ascending in it.
    private static func lines(_ runs: [PooledRun]) -> [[Place]] {
        var order: [LineKey] = []
        var members: [LineKey: [Place]] = [:]
        for (index, run) in runs.enumerated() {
            guard let response = run.response, let rate = run.sample.values[.learningRate] else { continue }
            var others = SIMD4<Double>.zero
            for (slot, axis) in LawAxis.allCases.enumerated() where axis != .learningRate {
                guard let value = run.sample.values[axis] else { continue }
                others[slot] = (axis.coordinate(of: value) / log(1.5)).rounded()
            }
            let key = LineKey(cell: CellKey(run.sample), others: others)
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(Place(run: index, rate: log(rate), response: response))
        }
        return order.compactMap { members[$0]?.sorted { ($0.rate, $0.run) < ($1.rate, $1.run) } }
    }

    private static func best(_ line: [Place]) -> Int? {
        line.indices.min { line[$0].response < line[$1].response }
    }

    /// How steeply the loss falls towards the best run of a line from below; `nil` where nothing lies below.
    private static func steepnessBelow(_ line: [Place]) -> Double? {
        guard let best = best(line) else { return nil }
        return line[..<best].last { line[best].rate - $0.rate >= leastStep }.map {
            ($0.response - line[best].response) / (line[best].rate - $0.rate)
        }
    }

    private static func blownUp(_ line: [Place], usual: Double, scale: LossScale) -> [Found] {
        guard let best = best(line), best + 1 < line.count else { return [] }
        let least: Double = line[best].response
        var steepest: Double = usual
        var before = 0
        for place in line[...best].indices {
            while before + 1 < place, line[place].rate - line[before + 1].rate >= leastStep { before += 1 }
            let step: Double = line[place].rate - line[before].rate
            guard step >= leastStep else { continue }
            steepest = max(steepest, (line[before].response - line[place].response) / step)
        }
        var ordinary = Array(line[...best])
        var worst: Double = ordinary.map(\.response).max() ?? least
        // The last ordinary run that is far enough below in its rate.
        var reference = best
        var found: [Found] = []
        for place in line[(best + 1)...] {
            while reference + 1 < ordinary.count, place.rate - ordinary[reference + 1].rate >= leastStep {
                reference += 1
            }
            let step: Double = max(place.rate - ordinary[reference].rate, leastStep)
            let steepness: Double = (place.response - ordinary[reference].response) / step
            let isFar = scale == .logarithm && place.response - least > far
            let isApart =
                ordinary.count >= leastOrdinary && place.response - worst > spreads * (worst - least)
            // Above a rate that blew up nothing that is far off is smooth.
            let breaks = steepness > factor * steepest || !found.isEmpty
            if breaks, isFar || isApart {
                found.append(Found(run: place.run, best: least))
                continue
            }
            if step >= leastStep { steepest = max(steepest, steepness) }
            worst = max(worst, place.response)
            ordinary.append(place)
        }
        return found
    }
}
