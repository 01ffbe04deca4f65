import Foundation

/// How many runs were made near a place.
///
/// What the surface gets wrong there is the same for all of them: the n-th run at a place is taken for n times as noisy
/// as the first, so that a place is worth a few runs however little they agree with the law.
struct Crowd {
    private struct Place: Hashable {
        var tokenBudget: Double
        var modelSize: Double?
        var condition: [LawAxis: Double]
    }

    private var rates: [Place: [Double]] = [:]
    /// Distance in log learning rate within which runs show the same error.
    private static let reach = 0.35

    init(samples: [LossSample], pending: [DesignRun]) {
        let made =
            samples.map { ($0.values, $0.tokenBudget, $0.modelSize) }
            + pending.map { ($0.values, $0.cell.tokenBudget, $0.cell.modelSize) }
        for (values, budget, size) in made {
            rates[Self.place(values, budget, size), default: []].append(log(values[.learningRate] ?? 1))
        }
    }

    /// Whether this very run was made.
    func holds(_ run: DesignRun) -> Bool {
        rates[Self.place(run.values, run.cell.tokenBudget, run.cell.modelSize)]?
            .contains(log(run.values[.learningRate] ?? 1)) ?? false
    }

    private static func place(_ values: [LawAxis: Double], _ budget: Double, _ size: Double?) -> Place {
        Place(tokenBudget: budget, modelSize: size, condition: values.condition)
    }

    func count(near run: DesignRun) -> Int {
        let known = rates[Self.place(run.values, run.cell.tokenBudget, run.cell.modelSize)] ?? []
        let x: Double = log(run.values[.learningRate] ?? 1)
        return known.count { abs($0 - x) < Self.reach }
    }
}
