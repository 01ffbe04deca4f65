import Foundation

/// Finds the few rows that decide the exponents of a law.
///
/// Two kinds of them. Rows that lie far off the law, more than twelve times as far as is usual, are taken out together, again
/// and again, until none is left: they mask one another, so that each alone changes little. And single rows far from the
/// others in size, which a law has to go through whatever they say. Either are told of when an exponent becomes another
/// one without them: by more than a tenth of its size, and for a single row by far more than by any other.
///
/// At most one row in twenty is taken for such: of more it could not be said who decides. Warm refits cost about a
/// millisecond for each thousand rows.
struct LossLawInfluence {
    var model: PowerSumModel
    var full: PowerSumSolver.Minimum

    /// Rows of the model, ascending, and the law without them.
    struct Found {
        var rows: [Int]
        var point: PowerSumModel.Vector
    }

    /// Residuals beyond this many robust standard deviations are off the law.
    private static let outlying = 12.0
    /// Relative change of an exponent that is told of.
    private static let change = 0.1
    /// Largest share of the rows.
    private static let share = 0.05
    /// A single row moves an exponent this many times as far as rows usually do.
    private static let unusual = 8.0
    /// Single rows that are tried.
    private static let tried = 200

    private typealias Slot = PowerSumModel.Slot

    /// The rows that decide, if any do.
    func decisive() -> Found? {
        guard full.converged, model.y.count >= 10 else { return nil }
        return offTheLaw() ?? alone()
    }

    /// How far the exponents of two fits are apart, relative to the first.
    private func distance(_ point: PowerSumModel.Vector) -> Double {
        let slots = model.hasSecond ? [Slot.firstExponent, Slot.secondExponent] : [Slot.firstExponent]
        return slots.map { abs(point[$0] / full.point[$0] - 1) }.max() ?? 0
    }

    private func refit(without rows: Set<Int>, from start: PowerSumModel.Vector) -> PowerSumSolver.Minimum? {
        var counts = [Double](repeating: 1, count: model.y.count)
        for row in rows { counts[row] = 0 }
        let found = PowerSumSolver().minimise(model.resampled(counts), from: start)
        return found.converged && found.isStrict ? found : nil
    }

    private func offTheLaw() -> Found? {
        let most = max(1, Int(Self.share * Double(model.y.count)))
        var out: Set<Int> = []
        var point = full.point
        while true {
            let sizes = model.residuals(point).map { abs($0) }
            let kept = model.y.indices.filter { !out.contains($0) }
            let scale = max(1.4826 * (kept.map { sizes[$0] }.median ?? 0), model.delta)
            let far = kept.filter { sizes[$0] > Self.outlying * scale }.sorted { sizes[$0] > sizes[$1] }
            guard !far.isEmpty, out.count < most else { break }
            out.formUnion(far.prefix(most - out.count))
            guard let next = refit(without: out, from: point) else { return nil }
            point = next.point
        }
        guard !out.isEmpty, distance(point) > Self.change else { return nil }
        return Found(rows: out.sorted(), point: point)
    }

    private func alone() -> Found? {
        // Far out in a size: the only rows a law can be made to go through.
        let reach = model.y.indices.map { abs(model.x[$0]) + (model.hasSecond ? abs(model.z[$0]) : 0) }
        let rows = model.y.indices.sorted { (reach[$0], $1) > (reach[$1], $0) }.prefix(Self.tried)
        var moves: [(row: Int, point: PowerSumModel.Vector, distance: Double)] = []
        for row in rows {
            guard let found = refit(without: [row], from: full.point) else { continue }
            moves.append((row, found.point, distance(found.point)))
        }
        guard let largest = moves.max(by: { $0.distance < $1.distance }), largest.distance > Self.change,
            let usual = moves.map(\.distance).median, largest.distance > Self.unusual * usual
        else { return nil }
        return Found(rows: [largest.row], point: largest.point)
    }
}
