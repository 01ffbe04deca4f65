import Foundation

/// Refits on resampled rows, or on resampled clusters of rows.
///
/// Every refit starts from the full-data minimum with exact Newton steps; after a resample that start is
/// nearly always in the right valley. Whether it is, is tested and not assumed: a sample of the refits is
/// also searched globally, and when one of them ends lower, all are. Refits that do not converge to a strict
/// minimum, and all refits of small tables, where valleys are many and the search costs little, are searched
/// globally as well.
///
/// When not to believe it: resampling knows the scatter of the rows, not that the form is wrong; see
/// `ChinchillaFit.drift`. With fewer than some 20 rows or 8 clusters percentile intervals are too narrow.
///
/// Source: Efron 1979 (rows), Field and Welsh 2007 (clusters), Davison, Hinkley and Schechtman 1986 (balanced
/// resamples); warm starts and their test are made here.
struct LossLawBootstrap {
    var model: PowerSumModel
    var clusters: [String?]
    var full: PowerSumSolver.Minimum
    var replicates: Int
    var seed: UInt64
    /// Draws up to which all resamples are balanced: 16 MiB of them.
    var mostBalanced = 1 << 22

    /// Tables up to this many rows are always searched globally.
    private static let smallTable = 40
    /// Refits that are checked against the global search.
    private static let checked = 24

    /// What the resamples gave.
    struct Outcome {
        var points: [PowerSumModel.Vector]
        /// Refits for which the warm start was not enough.
        var searched: Int
    }

    /// All refits.
    func run() -> Outcome {
        var generator = FitRandom(seed: seed)
        let groups = members()
        guard replicates > 0, groups.count > 1 else { return Outcome(points: [], searched: 0) }
        let isBalanced = groups.count <= mostBalanced / replicates
        let picks = isBalanced ? balancedPicks(groups.count, &generator) : []
        // A resample is made when it is fitted: all of them at once are a thousand tables.
        func resample(_ replicate: Int) -> PowerSumModel {
            var counts = [Double](repeating: 0, count: model.y.count)
            func count(_ pick: Int) { for row in groups[pick] { counts[row] += 1 } }
            if isBalanced {
                for pick in picks[replicate * groups.count..<(replicate + 1) * groups.count] {
                    count(Int(pick))
                }
            } else {
                var seeds = FitRandom(seed: seed ^ UInt64(replicate) &* 0xD134_2543_DE82_EF95)
                var own = FitRandom(seed: seeds.next())
                for _ in groups.indices {
                    count(min(Int(own.uniform() * Double(groups.count)), groups.count - 1))
                }
            }
            return model.resampled(counts)
        }
        var points: [PowerSumModel.Vector] = []
        points.reserveCapacity(replicates)
        var searched = 0
        let searchAll =
            model.y.count <= Self.smallTable || !full.converged || !warmStartHolds(resample)
        for replicate in 0..<replicates {
            let model = resample(replicate)
            let warm = PowerSumSolver().minimise(model, from: full.point)
            guard searchAll || !warm.converged || !warm.isStrict else {
                points.append(warm.point)
                continue
            }
            searched += 1
            let found = PowerSumSearch().minimise(model)
            points.append(found.map { $0.value < warm.value ? $0.point : warm.point } ?? warm.point)
        }
        return Outcome(points: points, searched: searched)
    }

    /// Every group `replicates` times, in random order: over all resamples each counts equally often, which takes a part of
    /// the resampling noise away. Large tables, whose draws would take more memory than they do, go without.
    private func balancedPicks(_ groups: Int, _ generator: inout FitRandom) -> [Int32] {
        var picks = (0..<groups * replicates).map { Int32($0 % groups) }
        for i in stride(from: picks.count - 1, to: 0, by: -1) {
            picks.swapAt(i, min(Int(generator.uniform() * Double(i + 1)), i))
        }
        return picks
    }

    private func warmStartHolds(_ resample: (Int) -> PowerSumModel) -> Bool {
        let step = max(1, replicates / Self.checked)
        for i in stride(from: 0, to: replicates, by: step) {
            let model = resample(i)
            let warm = PowerSumSolver().minimise(model, from: full.point)
            guard let found = PowerSumSearch().minimise(model) else { continue }
            if found.value < warm.value * (1 - 1e-6) - 1e-15 { return false }
        }
        return true
    }

    /// Rows that are drawn together. A row without a label is a cluster of its own.
    func members() -> [[Int]] {
        var order: [[Int]] = []
        var places: [String: Int] = [:]
        for (row, label) in clusters.enumerated() {
            if let label, let place = places[label] {
                order[place].append(row)
                continue
            }
            if let label { places[label] = order.count }
            order.append([row])
        }
        return order
    }
}
