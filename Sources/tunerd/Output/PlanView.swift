import Engine
import ScalingLaws
import Tuner

/// `tunerd plan`.
struct PlanView: Presentable {
    /// The JSON.
    struct Record: Encodable {
        var sweep: String
        var method: String
        var expectedTrials: Int
        var expectedTokens: Double
        /// In `cost_unit`; absent in seconds, which are learnt from trials.
        var expectedCost: Double?
        var costUnit: String
        var costCap: Double?
        /// Expected cost and the most it may be, in runs at the targets; absent without a target.
        var targetRuns: Double?
        var targetRunsAtMost: Double?
        /// Absent while unknown.
        var predictedSeconds: Double?
        /// Finished trials the prediction is from.
        var measuredTrials: Int
        var slots: Int
        var budgets: [SweepPlan.Cell]
        /// What the answers at the targets will be known to, if the rehearsal is right; law_guided only.
        var rehearsed: [SweepPlan.Rehearsed]
        var firstRound: [TrialProposalRecord]
        var theory: TheoryRecord
        /// What the file may regret.
        var warnings: [LawWarning]

        enum CodingKeys: String, CodingKey {
            case sweep, method
            case expectedTrials = "expected_trials"
            case expectedTokens = "expected_tokens"
            case expectedCost = "expected_cost"
            case costUnit = "cost_unit"
            case costCap = "cost_cap"
            case targetRuns = "target_runs"
            case targetRunsAtMost = "target_runs_at_most"
            case predictedSeconds = "predicted_seconds"
            case measuredTrials = "measured_trials"
            case slots, budgets, rehearsed
            case firstRound = "first_round"
            case theory, warnings
        }
    }

    /// A trial that is not numbered yet.
    struct TrialProposalRecord: Encodable {
        var hyperparameters: [String: HyperparameterValue]
        var tokenBudget: Int
        var replicate: Int

        enum CodingKeys: String, CodingKey {
            case hyperparameters
            case tokenBudget = "token_budget"
            case replicate
        }
    }

    var definition: SweepDefinition
    var plan: SweepPlan
    var theory: TheoryRecord

    var record: Record {
        Record(
            sweep: definition.name, method: definition.method.rawValue, expectedTrials: plan.trials,
            expectedTokens: plan.tokens, expectedCost: plan.cost,
            costUnit: definition.costUnit.rawValue, costCap: definition.costCap,
            targetRuns: share?.targetRuns, targetRunsAtMost: share?.capInTargetRuns,
            predictedSeconds: plan.predictedSeconds,
            measuredTrials: plan.rate?.trials ?? 0, slots: plan.slots, budgets: plan.cells,
            rehearsed: plan.rehearsed,
            firstRound: plan.firstRound.map {
                .init(
                    hyperparameters: $0.hyperparameters, tokenBudget: $0.tokenBudget, replicate: $0.replicate)
            }, theory: theory, warnings: warnings)
    }

    /// What it costs beside the runs it is for.
    private var share: SweepCost? {
        SweepCost(definition, planned: plan.cells.map { ($0.tokenBudget, $0.modelSize, $0.trials) })
    }

    private var warnings: [LawWarning] { [definition.fewStepsWarning()].compactMap { $0 } }

    private var timeLine: String {
        guard let seconds = plan.predictedSeconds, let rate = plan.rate else {
            return "time: unknown until trials ran"
        }
        let speed = NumberText.count(rate.tokensPerSecond)
        let shown = seconds < 10 ? "\(NumberText.short(seconds, digits: 2))s" : NumberText.duration(seconds)
        return
            "time: about \(shown) on \(plan.slots) slot\(plan.slots == 1 ? "" : "s"), at the \(speed) tokens/s "
            + "of \(rate.trials) finished trial\(rate.trials == 1 ? "" : "s")"
    }

    /// What it costs where that is more than its tokens, and what it may cost.
    private var cost: String {
        let cap = definition.costCap.map { ", of at most \(NumberText.short($0, digits: 3))" } ?? ""
        switch definition.costUnit {
        case .tokens: return definition.costCap.map { ", of at most \(NumberText.count($0))" } ?? ""
        case .flops: return plan.cost.map { ", \(NumberText.short($0, digits: 3)) FLOPs\(cap)" } ?? ""
        case .seconds: return definition.costCap.map { ", at most \(NumberText.duration($0))" } ?? ""
        }
    }

    /// Budgets, and sizes and FLOPs where the sweep has them.
    private var cells: TextTable {
        let hasSizes = plan.cells.contains { $0.modelSize != nil }
        let hasCost = definition.costUnit == .flops
        var table = TextTable(
            [.number("budget")] + (hasSizes ? [.number("model_size")] : [])
                + [.number("trials"), .number("tokens")] + (hasCost ? [.number("flops")] : []))
        for cell in plan.cells {
            var row: [TextTable.Cell] = [.init(NumberText.count(cell.tokenBudget))]
            if hasSizes { row.append(.init(cell.modelSize.map { NumberText.count($0) } ?? "-")) }
            row += ["\(cell.trials)", .init(NumberText.count(cell.tokens))]
            if hasCost { row.append(.init(cell.cost.map { NumberText.short($0, digits: 3) } ?? "-")) }
            table.rows.append(row)
        }
        return table
    }

    func text(_ style: TextStyle) -> String {
        let budgets = cells
        let trials = plan.firstRound.enumerated().map { index, proposal in
            TrialRecord(Trial(number: index + 1, proposal: proposal, seed: 0))
        }
        let names = Set(trials.flatMap { $0.hyperparameters.keys }).sorted()
        var table = TextTable([.number("trial"), .number("tokens")] + names.map { .number($0) })
        for trial in trials {
            table.rows.append(
                ["\(trial.number)", .init(NumberText.count(trial.tokenBudget))]
                    + names.map { .init(trial.hyperparameters[$0].map(NumberText.value) ?? "-") })
        }
        let all = plan.firstRound.count == plan.trials
        let head =
            "sweep '\(definition.name)' (\(definition.method.rawValue)): \(all ? "" : "about ")\(plan.trials) "
            + "trials, \(NumberText.count(plan.tokens)) tokens\(cost)"
        let first = all ? "the trials:" : "the first round; later ones depend on its results:"
        let rehearsed = plan.rehearsed.map { target -> String in
            let factors = target.factors.sorted { $0.key < $1.key }
                .map { "\($0.key) within a factor \(NumberText.short($0.value, digits: 3))" }
            let size = target.modelSize.map { " and \(NumberText.count($0)) parameters" } ?? ""
            return "at \(NumberText.count(target.tokenBudget)) tokens\(size), 80 % interval of a rehearsal: "
                + factors.joined(separator: ", ")
        }
        return
            ([head, share?.plannedText, timeLine].compactMap { $0 } + [""] + budgets.lines(style)
            + (rehearsed.isEmpty ? [] : [""] + rehearsed) + [
                "", first, "",
            ] + table.lines(style)
            + ["", TheoryView(theory: theory).text(style)]
            + (warnings.isEmpty ? [] : [""] + warningLines(warnings, style))).joined(separator: "\n")
    }
}
