import Engine
import Foundation
import ScalingLaws

/// A sweep in the words of run design, and designed runs in the words of the sweep.
struct SweepDesign {
    let definition: SweepDefinition
    let board: TrialBoard
    let space: DesignSpace
    /// Finished runs as a fit sees them.
    let samples: [LossSample]
    /// Runs planned or under way.
    let pending: [DesignRun]
    /// What is left of the caps.
    let limits: DesignLimits
    /// Cost that the whole sweep may have.
    let costCap: Double

    /// Cost of a sweep with a `run_cap`, in even spreads of its runs.
    private static let spreadShare = 1.25
    /// Most choices of batch size, of momentum, and values taken from a range of either.
    private static let mostChoices = (batch: 12, momentum: 5, range: 6)

    init(definition: SweepDefinition, history: [Trial]) {
        self.definition = definition
        board = TrialBoard(definition: definition, history: history)
        let axes = definition.searchedLawAxes
        let cost = TrialCost(definition, history: history)
        let replicates = Double(definition.replicates)
        func cell(_ tokenBudget: Int, _ size: Double?) -> DesignCell {
            DesignCell(
                tokenBudget: Double(tokenBudget), modelSize: size,
                cost: replicates * cost.cost(ofTrial: tokenBudget, modelSize: size),
                shorterBudgets: definition.shorterBudgets(below: tokenBudget).map(Double.init))
        }
        let sizes: [Double?] = definition.modelSizes.isEmpty ? [nil] : definition.modelSizes.map(Double.init)
        let pairs = definition.tokenBudgets.flatMap { budget in sizes.map { (budget: budget, size: $0) } }
        let cells = pairs.filter { pair in
            definition.cells.isEmpty
                || definition.cells.contains {
                    $0.tokenBudget == pair.budget && Double($0.modelSize) == pair.size
                }
        }.map { cell($0.budget, $0.size) }
        let targets = definition.targets.map { target in
            let size = target.modelSize.map(Double.init)
            return DesignCell(
                tokenBudget: Double(target.tokenBudget), modelSize: size,
                cost: cost.cost(ofTarget: target.tokenBudget, modelSize: size))
        }
        let conditions = Self.conditions(board)
        space = DesignSpace(
            cells: cells, conditions: conditions, learningRates: board.learningRateRange,
            listedRates: board.listedRates, targets: targets,
            prior: SweepAnalyst().prior(for: definition, axes: axes),
            fewestSteps: Self.fewestSteps(conditions, definition))
        samples = LossSamples(definition: definition, axes: axes).samples(history).all
        pending = history.filter { !$0.state.isFinished }.map { trial in
            DesignRun(
                values: trial.proposal.hyperparameters.lawValues.filter { axes.contains($0.key) },
                cell: cell(trial.proposal.tokenBudget, trial.proposal.modelSize))
        }
        costCap = definition.costCap ?? Self.defaultCostCap(definition, space)
        limits = DesignLimits(
            runs: definition.runCap.map { max(0, $0 - history.count) / definition.replicates },
            cost: costCap - cost.spent(on: history),
            isPaidInRuns: definition.runCap != nil && definition.costCap == nil)
    }

    /// What a sweep costs at most when its file sets no `cost_cap`.
    ///
    /// With a `run_cap`, a quarter more than what so many runs cost when they are spread evenly over the cells. Without one, a quarter of the
    /// run that will be paid for, or, where that is no longer than what is swept, `RungDesign.usualRuns` spread likewise.
    private static func defaultCostCap(_ definition: SweepDefinition, _ space: DesignSpace) -> Double {
        // A cell's cost counts its replicates.
        let costs = space.cells.map(\.cost)
        let mean: Double = costs.reduce(0, +) / Double(max(1, costs.count))
        if let runCap = definition.runCap {
            return (Double(runCap) / Double(definition.replicates)).rounded(.up) * Self.spreadShare * mean
        }
        let usual: Double = Double(RungDesign.usualRuns) * mean
        let quarter: Double = space.targetCost / 4
        return (costs.max() ?? 0) * 2 <= quarter ? quarter : max(quarter, usual)
    }

    /// What is run at each budget whatever it is worth.
    var rungs: RungDesign {
        RungDesign(
            space: space, samples: samples, pending: pending, limits: limits,
            made: board.history.count / definition.replicates, costCap: costCap)
    }

    /// The first of some points that fit into what is left of the cost, replicates included.
    func affordable(_ points: [BudgetedPoint]) -> [BudgetedPoint] {
        guard var left = limits.cost else { return points }
        left *= 1 + 1e-9
        let cost = TrialCost(definition, history: board.history)
        return Array(
            points.prefix { point in
                let size = point.hyperparameters["model_size"]?.number
                left -=
                    Double(definition.replicates) * cost.cost(ofTrial: point.tokenBudget, modelSize: size)
                return left >= 0
            })
    }

    /// The trial of a designed run: what the law does not follow is held at its best, or in the middle.
    func point(_ run: DesignRun) -> BudgetedPoint {
        var condition: TrialCondition = [:]
        let smallest = definition.tokenBudgets.first ?? 0
        let best = board.bestTrial(at: smallest)?.proposal.hyperparameters
        for axis in board.sideAxes {
            condition[axis.name] = best?[axis.name] ?? board.space.value(of: axis, at: 0.5)
        }
        for axis in board.conditionAxes {
            guard let lawAxis = LawAxis(rawValue: axis.name), let value = run.values[lawAxis] else {
                continue
            }
            condition[axis.name] = lawAxis == .batchSize ? .integer(Int(value.rounded())) : .real(value)
        }
        if let size = run.cell.modelSize, !definition.modelSizes.isEmpty {
            condition["model_size"] = .integer(Int(size.rounded()))
        }
        return board.point(
            condition, learningRate: run.values[.learningRate], budget: Int(run.cell.tokenBudget.rounded()))
    }

    /// Every combination of batch size and momentum a design may use.
    private static func conditions(_ board: TrialBoard) -> [[LawAxis: Double]] {
        var conditions: [[LawAxis: Double]] = [[:]]
        for axis in board.conditionAxes {
            guard let lawAxis = LawAxis(rawValue: axis.name) else { continue }
            let most = lawAxis == .batchSize ? mostChoices.batch : mostChoices.momentum
            let all = board.space.grid(of: axis, count: min(most, mostChoices.range)).compactMap(\.number)
            let values = thinned(all, to: most)
            conditions = conditions.flatMap { condition in
                values.map { condition.merging([lawAxis: $0]) { $1 } }
            }
        }
        return conditions
    }

    /// Evenly spaced members of a list, both ends included.
    private static func thinned(_ values: [Double], to count: Int) -> [Double] {
        guard values.count > count else { return values }
        return (0..<count).map { values[$0 * (values.count - 1) / (count - 1)] }
    }

    /// Eight steps, or fewer where the largest budget has no more to offer.
    private static func fewestSteps(_ conditions: [[LawAxis: Double]], _ definition: SweepDefinition)
        -> Double
    {
        let largest = Double(definition.tokenBudgets.last ?? 1)
        let smallest = conditions.compactMap { $0[.batchSize] }.min() ?? 1
        return min(8, max(1.01, largest / smallest / 4))
    }
}
