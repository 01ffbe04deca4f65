import Engine
import Foundation
import ScalingLaws

/// The document of the `json` and `yaml` exports, schema `tunerd-law-1`: see docs/exports.md.
///
/// Built by hand so that a real stays a real in every notation, `1.0e+00` and not `1`.
enum ExportDocument {
    static let schema = "tunerd-law-1"

    static func build(_ input: ExportInput) -> JSONTree {
        var document: [String: JSONTree] = [
            "schema": .text(schema), "sweep": .text(input.definition.name),
            "metric": objective(input.definition.metric),
            "token_budgets": .list(input.definition.tokenBudgets.map { .integer($0) }),
            "target_token_budgets": .list(input.definition.targetTokenBudgets.map { .integer($0) }),
            "recommendations": .list(input.recommendations.map(recommendation)),
            "trials": .list(input.trials.map(trial)), "pareto": front(input.pareto), "law": .null,
        ]
        if let optimizer = input.definition.optimizer { document["optimizer"] = .text(optimizer.name) }
        if let library = input.definition.optimizer?.external?.origin {
            document["optimizer_library"] = ["path": .text(library.path), "sha256": .text(library.sha256)]
        }
        if let fitted = input.law {
            document["law"] = law(fitted.law)
            document["law_version"] = .integer(fitted.version)
            document["fitted_at"] = .text(APICoding.text(of: fitted.fittedAt))
        } else if let failure = input.lawFailure {
            document["law_missing"] = .text(failure.message)
        }
        return .object(document)
    }

    private static func objective(_ objective: SweepDefinition.Objective) -> JSONTree {
        ["name": .text(objective.name), "goal": .text(objective.goal.rawValue)]
    }

    private static func numbers(_ values: [Double]) -> JSONTree { .list(values.map { .number($0) }) }

    private static func map<Key, Value>(
        _ values: [Key: Value], _ name: (Key) -> String, _ tree: (Value) -> JSONTree
    ) -> JSONTree {
        .object(Dictionary(values.map { (name($0), tree($1)) }, uniquingKeysWith: { first, _ in first }))
    }

    static func scalar(_ value: HyperparameterValue) -> JSONTree {
        switch value {
        case .real(let number): .number(number)
        case .integer(let number): .integer(number)
        case .text(let text): .text(text)
        case .flag(let flag): .flag(flag)
        }
    }

    private static func warnings(_ warnings: [LawWarning]) -> JSONTree {
        .list(warnings.map { ["code": .text($0.code.rawValue), "text": .text($0.text)] })
    }

    private static func law(_ law: Law) -> JSONTree {
        var tree: [String: JSONTree] = [
            "axes": .list(law.axes.map(axis)),
            "reference": map(law.reference, \.rawValue) { .number($0) },
            "cells": .list(law.cells.map(cell)), "residual": .number(law.residual),
            "runs": .integer(law.runs),
            "warnings": warnings(law.warnings), "loss_law": .null,
        ]
        if let shorter = law.shorterRuns { tree["shorter_runs"] = .integer(shorter) }
        if let loss = law.lossLaw {
            var fields: [String: JSONTree] = [
                "floor": .number(loss.floor), "amplitude": .number(loss.amplitude),
                "exponent": .number(loss.exponent), "reference": .number(loss.reference),
            ]
            if let term = loss.modelTerm {
                fields["model_term"] = [
                    "amplitude": .number(term.amplitude), "exponent": .number(term.exponent),
                    "reference": .number(term.reference),
                ]
            }
            tree["loss_law"] = .object(fields)
        }
        return .object(tree)
    }

    private static func axis(_ axis: AxisLaw) -> JSONTree {
        var tree: [String: JSONTree] = [
            "axis": .text(axis.axis.rawValue), "coefficient": .number(axis.coefficient),
            "sharpness": .number(axis.sharpness), "curvature": .number(axis.curvature),
            "curvature_exponents": map(axis.curvatureExponents, \.rawValue) { .number($0) },
            "skew": .number(axis.skew), "in_regime": .flag(axis.inRegime),
            "tried_range": numbers(axis.triedRange), "ceiling": .null,
            "exponents": map(axis.exponents, \.rawValue) { exponent in
                [
                    "value": .number(exponent.value), "interval": numbers(exponent.interval),
                    "prior_mean": .number(exponent.priorMean),
                    "prior_deviation": .number(exponent.priorDeviation),
                    "identified": .flag(exponent.identified),
                ]
            },
        ]
        tree["deviations"] = .list(
            axis.deviations.map { deviation in
                [
                    "variable": .text(deviation.variable.rawValue), "knots": numbers(deviation.knots),
                    "values": numbers(deviation.values), "largest": .number(deviation.largest),
                    "scale": .number(deviation.scale),
                ]
            })
        if let ceiling = axis.ceiling {
            tree["ceiling"] = ["limit": .number(ceiling.limit), "half_batch": .number(ceiling.halfBatch)]
        }
        return .object(tree)
    }

    private static func cell(_ cell: LawCell) -> JSONTree {
        var tree: [String: JSONTree] = [
            "token_budget": .number(cell.tokenBudget),
            "model_size": cell.modelSize.map { .number($0) } ?? .null,
            "runs": .integer(cell.runs), "diverged": .integer(cell.diverged),
            "best_loss": .number(cell.bestLoss),
            "best": map(cell.best, \.rawValue) { .number($0) }, "fitted_loss": .number(cell.fittedLoss),
        ]
        if !cell.edges.isEmpty { tree["edges"] = map(cell.edges, \.rawValue) { .text($0.rawValue) } }
        return .object(tree)
    }

    private static func recommendation(_ answer: Recommendation) -> JSONTree {
        var tree: [String: JSONTree] = [
            "token_budget": .integer(answer.tokenBudget),
            "model_size": answer.modelSize.map { .number($0) } ?? .null,
            "extrapolation_factor": .number(answer.extrapolationFactor),
            "law_version": .integer(answer.lawVersion),
            "warnings": warnings(answer.warnings),
            "hyperparameters": map(answer.hyperparameters, { $0 }) { value in
                var fields: [String: JSONTree] = [
                    "value": scalar(value.value), "source": .text(value.source.rawValue),
                ]
                if let interval = value.interval { fields["interval"] = numbers(interval) }
                if let interval = value.interval95 { fields["interval_95"] = numbers(interval) }
                if let exponent = value.exponent { fields["exponent"] = .number(exponent) }
                return .object(fields)
            },
            "predicted": map(answer.predicted, { $0 }) { metric in
                var fields: [String: JSONTree] = [
                    "value": .number(metric.value), "interval": numbers(metric.interval),
                ]
                if let interval = metric.interval95 { fields["interval_95"] = numbers(interval) }
                return .object(fields)
            },
        ]
        if let sweep = answer.sweep { tree["sweep"] = .text(sweep) }
        if let regret = answer.expectedRegret { tree["expected_regret"] = .number(regret) }
        if let run = answer.carryOver {
            var fields: [String: JSONTree] = [
                "token_budget": .number(run.tokenBudget),
                "hyperparameters": map(run.values, \.rawValue) { .number($0) },
            ]
            if let size = run.modelSize { fields["model_size"] = .number(size) }
            if let regret = run.expectedRegret { fields["expected_regret"] = .number(regret) }
            tree["carry_over"] = .object(fields)
        }
        if let stopped = answer.stopped { tree["stopped"] = .text(stopped) }
        if let next = answer.next { tree["next"] = runs(next) }
        if let steps = answer.steps { tree["steps"] = .integer(steps) }
        if let probe = answer.probe { tree["probe"] = prediction(probe) }
        return .object(tree)
    }

    private static func runs(_ next: NextRuns) -> JSONTree {
        var fields: [String: JSONTree] = [
            "runs": .integer(next.runs), "token_budget": .integer(next.tokenBudget),
            "hyperparameters": map(next.hyperparameters, { $0 }, numbers),
            "expected_regret": .number(next.expectedRegret),
            "expected_regret_after": .number(next.expectedRegretAfter),
        ]
        if let size = next.modelSize { fields["model_size"] = .integer(size) }
        if let cap = next.runCap { fields["run_cap"] = .integer(cap) }
        if let cap = next.costCap { fields["cost_cap"] = .number(cap) }
        return .object(fields)
    }

    private static func prediction(_ probe: ProbeRecord.Prediction) -> JSONTree {
        var fields: [String: JSONTree] = [
            "token_budget": .integer(probe.tokenBudget), "batch_size_tokens": .integer(probe.batchSizeTokens),
            "learning_rate": .number(probe.learningRate), "interval": numbers(probe.interval),
            "largest_batch_size_tokens": .number(probe.largestBatch),
        ]
        if let bound = probe.boundLearningRate { fields["bound_learning_rate"] = .number(bound) }
        return .object(fields)
    }

    private static func trial(_ trial: Trial) -> JSONTree {
        var tree: [String: JSONTree] = [
            "number": .integer(trial.number), "state": .text(trial.state.rawValue),
            "attempt": .integer(trial.attempt), "token_budget": .integer(trial.proposal.tokenBudget),
            "hyperparameters": map(trial.proposal.hyperparameters, { $0 }, scalar),
            "metrics": map(trial.metrics, { $0 }) { $0.isFinite ? .number($0) : .null },
        ]
        guard !trial.shorterRuns.isEmpty else { return .object(tree) }
        tree["shorter_runs"] = .list(
            trial.shorterRuns.map {
                [
                    "token_budget": .integer($0.tokenBudget),
                    "metrics": map($0.metrics, { $0 }) { $0.isFinite ? .number($0) : .null },
                ]
            })
        return .object(tree)
    }

    private static func front(_ front: ParetoFront) -> JSONTree {
        [
            "objectives": .list(front.objectives.map(objective)),
            "points": .list(
                front.points.map { ["trial": .integer($0.trial), "values": numbers($0.values)] }),
        ]
    }
}
