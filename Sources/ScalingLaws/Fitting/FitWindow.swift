import Foundation

/// Which runs of a group take part, and how much.
///
///     weight = 1 for d = gap / h below 1.5, (1 - (d - 1.5)^2)^2 up to 2.5, else 0;   gap = response - best of the group
///
/// h is half of what reaches the group's `max(3, n / 2)`-th best run (7 or 11 when two or three axes bend the surface), so
/// that it adapts to losses in nats above a large floor and to excess risks over decades alike. It is held between half
/// and three times the median over groups, and above two standard deviations of the noise once that is known: otherwise
/// the lucky runs of a flat cell would choose its optimum.
struct FitWindow {
    var factor: Double
    /// Share of a group's runs that the window is measured by.
    var share: Double
    /// Axes that bend the surface.
    var axes: Int
    /// Known noise, 0 at first.
    var noise: Double

    /// Where the windows of groups lie.
    struct Placed {
        /// Best response of each group, and the h of its window.
        var bests: [Double]
        var reaches: [Double]
        /// The median of what was measured.
        var median: Double

        /// How much a response counts in its group.
        func weight(of response: Double, in group: Int) -> Double {
            let d: Double = (response - bests[group]) / reaches[group]
            let taper: Double = max(0, 1 - pow(max(d - 1.5, 0), 2))
            return d < 2.5 ? taper * taper : 0
        }
    }

    /// Places the windows of groups with these responses.
    func placed(_ groups: [[Double]]) -> Placed {
        var reaches: [Double] = []
        var bests: [Double] = []
        for group in groups {
            let responses = group.sorted()
            bests.append(responses.first ?? 0)
            let least = axes == 1 ? 3 : (axes == 2 ? 7 : 11)
            let rank = max(least, Int(share * Double(responses.count)))
            guard responses.count >= least else {
                reaches.append(.nan)
                continue
            }
            reaches.append((responses[rank - 1] - responses[0]) * factor)
        }
        let known = reaches.filter { $0.isFinite && $0 > 0 }.sorted()
        let median = known.isEmpty ? Self.pooledReach(groups) : known[known.count / 2]
        for g in reaches.indices {
            let reach = reaches[g].isFinite ? reaches[g] : median
            reaches[g] = max(min(reach, 3 * median), 0.5 * median, 2 * noise, 1e-12)
        }
        return Placed(bests: bests, reaches: reaches, median: median)
    }

    /// A reach when every group is too small: what holds all runs of the median group.
    private static func pooledReach(_ groups: [[Double]]) -> Double {
        let spans = groups.compactMap { responses -> Double? in
            guard let low = responses.min(), let high = responses.max(), high > low else { return nil }
            return high - low
        }.sorted()
        return spans.isEmpty ? 0.05 : spans[spans.count / 2]
    }
}
