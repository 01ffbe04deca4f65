import Foundation

/// What a choice of learning rate and batch size costs in a cell whose runs are known.
///
///     let cell = SweepRegret(runs: runs)
///     cell?.regret(learningRate: 2e-3, batchSize: 262_144)   // 0.0021: loss given away, in the unit of the loss
///
/// With x = log2 learning rate, y = log2 batch size:
///
/// - The *surface* is the loss interpolated linearly in x within each batch size, then linearly in y, and constant beyond
///   the measured ends. Losses more than 0.5 above the best count as 0.5 above it; of runs at one place the best counts.
/// - *Regret* is the surface minus the lowest measured loss: never negative, 0 at the best run only. It cannot show that a
///   choice is better than every run, and the noise of the best run is in it: predicting the smoothed optimum itself costs
///   about 0.001 nats on public language-model sweeps with a seed noise of 0.0013.
/// - The *smoothed optimum* is that of a parabola through the runs near the best one.
///
/// Do not believe it outside the measured box (`isClamped`), or where cells have a few runs on one line.
public struct SweepRegret: Sendable {
    /// A measured run.
    public struct Run: Sendable, Hashable {
        /// Peak learning rate.
        public var learningRate: Double
        /// Tokens per step; any one constant when it is not known.
        public var batchSize: Double
        /// Its loss.
        public var loss: Double

        /// A measured run.
        public init(learningRate: Double, batchSize: Double, loss: Double) {
            self.learningRate = learningRate
            self.batchSize = batchSize
            self.loss = loss
        }
    }

    struct Point {
        var x: Double
        var y: Double
        var loss: Double
    }

    /// The lowest measured loss.
    public let best: Double
    /// The runs in octaves, in their order.
    let points: [Point]
    private let rows: [(y: Double, xs: [Double], losses: [Double])]
    private static let cap = 0.5

    /// The surface of measured runs.
    ///
    /// - Parameter runs: runs with a loss; those whose numbers are not positive and finite are left out. `nil` when
    ///   none is left.
    public init?(runs: [Run]) {
        points = runs.compactMap { run in
            let point = Point(x: log2(run.learningRate), y: log2(run.batchSize), loss: run.loss)
            return point.x.isFinite && point.y.isFinite && point.loss.isFinite ? point : nil
        }
        guard let best = points.map(\.loss).min() else { return nil }
        self.best = best
        rows = Dictionary(grouping: points, by: \.y).sorted { $0.key < $1.key }.map { y, points in
            let places = Dictionary(grouping: points, by: \.x).sorted { $0.key < $1.key }
            return (
                y, places.map(\.key),
                places.map { place in min(place.value.map(\.loss).min() ?? best, best + Self.cap) }
            )
        }
    }

    /// The interpolated loss.
    public func loss(learningRate: Double, batchSize: Double) -> Double {
        let x = log2(learningRate)
        let values = rows.map { Self.interpolate(x, $0.xs, $0.losses) }
        return Self.interpolate(log2(batchSize), rows.map(\.y), values)
    }

    /// The interpolated loss above the lowest measured one.
    public func regret(learningRate: Double, batchSize: Double) -> Double {
        loss(learningRate: learningRate, batchSize: batchSize) - best
    }

    /// Whether a choice lies outside what was measured.
    public func isClamped(learningRate: Double, batchSize: Double) -> Bool {
        func lies(_ value: Double, outside values: [Double]) -> Bool {
            value < (values.min() ?? value) - 1e-9 || value > (values.max() ?? value) + 1e-9
        }
        return lies(log2(learningRate), outside: points.map(\.x))
            || lies(log2(batchSize), outside: points.map(\.y))
    }

    /// Whether the closest measured run, by the larger of the two distances, is within 0.25 % of the best.
    public func isNear(learningRate: Double, batchSize: Double) -> Bool {
        let (x, y) = (log2(learningRate), log2(batchSize))
        let closest = points.min { max(abs($0.x - x), abs($0.y - y)) < max(abs($1.x - x), abs($1.y - y)) }
        return (closest?.loss ?? .infinity) <= best * 1.0025
    }

    /// Linear interpolation between ascending knots, constant beyond their ends.
    private static func interpolate(_ x: Double, _ xs: [Double], _ ys: [Double]) -> Double {
        guard let first = xs.first, let last = xs.last else { return .nan }
        if x <= first { return ys[0] }
        guard x < last, let high = xs.firstIndex(where: { $0 >= x }) else { return ys[ys.count - 1] }
        let fraction: Double = (x - xs[high - 1]) / (xs[high] - xs[high - 1])
        return ys[high - 1] + fraction * (ys[high] - ys[high - 1])
    }
}
