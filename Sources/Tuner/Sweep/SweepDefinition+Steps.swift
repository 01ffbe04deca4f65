import Foundation
public import ScalingLaws

extension SweepDefinition {
    /// Optimizer steps below which a run is in another regime than a long one: warm-up, the memory of momentum and of second
    /// moments, and the first fall of the loss are most of it.
    static let fewSteps = 100

    /// A warning when the budgets and batch sizes of the file leave runs with few optimizer steps.
    ///
    /// It is soft: where one pair in four or fewer is that short, and none shorter than a quarter of it, laws were found to
    /// bear it (`sweeps/char-gpt-*.yaml` begin at 32 steps, and predict eight times ahead). Problems of theory, whose usual
    /// rate is constant (streaming least squares, quadratics, problems of several workers), have no such regime and are left out, as are sweeps of one budget, which get no law over budgets.
    ///
    /// - Parameter catalog: what the workload's descriptor is taken from.
    /// - Returns: the warning, with the pairs it is about; `nil` when runs are long enough.
    public func fewStepsWarning(_ catalog: SweepCatalog = .builtIn) -> LawWarning? {
        if case .workload(let name, _) = subject,
            catalog.workloads.first(where: { $0.name == name })?.defaultSchedule.shape == .constant
        {
            return nil
        }
        let batches = declaredBatches
        guard tokenBudgets.count > 1, !batches.isEmpty else { return nil }
        let all = tokenBudgets.flatMap { budget in
            batches.map { (budget: budget, batch: $0, steps: Double(budget) / $0) }
        }.filter { $0.steps >= 1 }
        let short = all.filter { $0.steps < Double(Self.fewSteps) }
        guard let least = short.map(\.steps).min(),
            4 * short.count > all.count || least < Double(Self.fewSteps) / 4
        else { return nil }
        var named: [String] = []
        for budget in tokenBudgets {
            let here = short.filter { $0.budget == budget }
            guard let first = here.map(\.batch).min() else { continue }
            let steps = here.map { Int($0.steps.rounded(.up)) }
            let range = Set(steps).count > 1 ? "\(steps.min() ?? 0) to \(steps.max() ?? 0)" : "\(steps[0])"
            named.append(
                "\(CountFormat.short(budget)) tokens in batches of \(CountFormat.short(Int(first)))"
                    + "\(here.count > 1 ? " or more" : ""), \(range) steps")
        }
        let shown = named.prefix(4).joined(separator: "; ") + (named.count > 4 ? "; ..." : "")
        return LawWarning(
            code: .fewSteps,
            text: "\(short.count) of \(all.count) pairs of token budget and batch size have fewer than about "
                + "\(Self.fewSteps) optimizer steps (\(shown)): the best values of so short runs follow another law and "
                + "bend that of longer ones; take larger budgets or smaller batches")
    }

    /// The batch sizes of the file, in tokens: those of a list or grid, and doublings between the ends of a range.
    private var declaredBatches: [Double] {
        guard let domain = parameter("batch_size_tokens")?.domain else { return [] }
        if let values = domain.gridValues { return values.compactMap(\.number) }
        guard case .range(let low, let high, _, _, _) = domain, low > 0 else { return [] }
        var batches = Array(sequence(first: low) { $0 * 2 < high ? $0 * 2 : nil })
        if high > low { batches.append(high) }
        return batches
    }
}
