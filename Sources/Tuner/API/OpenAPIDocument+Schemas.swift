extension OpenAPIDocument {
    private static let string: JSONTree = ["type": "string"]
    private static let integer: JSONTree = ["type": "integer"]
    private static let number: JSONTree = ["type": "number"]
    private static let time: JSONTree = ["type": "string", "format": "date-time"]
    private static let scalar: JSONTree = ["type": ["number", "string", "boolean"]]
    private static let interval: JSONTree = [
        "type": "array", "items": ["type": "number"], "minItems": 2, "maxItems": 2,
    ]

    private static func array(_ schema: String) -> JSONTree { ["type": "array", "items": reference(schema)] }
    private static func reference(_ schema: String) -> JSONTree {
        ["$ref": .text("#/components/schemas/\(schema)")]
    }
    private static func map(_ value: JSONTree) -> JSONTree {
        ["type": "object", "additionalProperties": value]
    }
    private static func object(_ properties: [String: JSONTree], optional: Set<String> = []) -> JSONTree {
        [
            "type": "object", "properties": .object(properties),
            "required": .list(properties.keys.filter { !optional.contains($0) }.sorted().map { .text($0) }),
        ]
    }

    private static let sweepFields: [String: JSONTree] = [
        "name": string,
        "state": ["type": "string", "enum": .list(SweepState.allCases.map { .text($0.rawValue) })],
        "message": string, "trials": map(integer), "expected_trials": integer, "tokens_spent": integer,
        "best": object(["trial": integer, "metric": string, "value": number]),
        "created_at": time, "updated_at": time,
    ]

    /// Shapes of the answers. Readers ignore fields that are not here.
    static let schemas: [String: JSONTree] = [
        "Contract": ["type": "object"],
        "Problem": object(
            [
                "type": string, "title": string, "status": integer, "detail": string,
                "code": ["type": "string", "enum": .list(ErrorCode.allCases.map { .text($0.rawValue) })],
                "why": string, "help": string, "diagnostics": array("Diagnostic"),
            ], optional: ["why", "help", "diagnostics"]),
        "Diagnostic": object(
            [
                "file": string, "line": integer, "column": integer, "length": integer, "message": string,
                "code": string, "why": string, "help": string, "source_line": string,
            ], optional: ["why", "help"]),
        "HealthItem": object(["code": string, "text": string]),
        "Health": object(["status": string, "version": string, "items": array("HealthItem")]),
        "Status": object([
            "version": string, "pid": integer, "uptime_seconds": number, "store": string, "slots": integer,
            "running": ["type": "array", "items": string], "sweeps": map(integer),
            "health": array("HealthItem"),
        ]),
        "Plugins": object(["plugins": array("Plugin")]),
        "Plugin": object(
            [
                "kind": [
                    "type": "string",
                    "enum": ["optimizer", "workload", "compressor", "aggregator", "attack"],
                ], "name": string, "summary": string, "rule": string,
                "settings": array("Setting"), "maturity": string, "geometry": string,
                "metrics": ["type": "array", "items": string],
                "references": ["type": "array", "items": object(["text": string, "locator": string])],
            ], optional: ["rule", "maturity", "geometry", "metrics", "references"]),
        "Setting": object(
            [
                "name": string, "summary": string,
                "type": ["type": "string", "enum": ["real", "integer", "choice", "flag", "path"]],
                "min": number, "max": number, "choices": ["type": "array", "items": string],
                "default": scalar,
                "scale": ["type": "string", "enum": ["log", "linear", "complement_log"]], "unit": string,
            ], optional: ["min", "max", "choices", "default"]),
        "Event": object(
            ["id": integer, "at": time, "sweep": string, "trial": integer, "kind": string, "text": string],
            optional: ["trial"]),
        "Sweeps": object(["sweeps": array("Sweep")]),
        "Sweep": object(sweepFields, optional: ["message", "best"]),
        "SweepDetail": object(
            sweepFields.merging(
                [
                    "description": string, "workload": string, "command": ["type": "array", "items": string],
                    "lease_seconds": number, "optimizer": string,
                    "optimizer_library": object(["path": string, "sha256": string]),
                    "metric": reference("Objective"), "objectives": array("Objective"),
                    "parameters": [
                        "type": "array",
                        "items": object(
                            [
                                "name": string, "value": scalar,
                                "values": ["type": "array", "items": scalar],
                                "range": interval, "scale": string,
                            ], optional: ["value", "values", "range", "scale"]),
                    ],
                    "token_budgets": ["type": "array", "items": integer],
                    "target_token_budgets": ["type": "array", "items": integer],
                    "target_cells": [
                        "type": "array",
                        "items": object(["model_size": integer, "token_budget": integer]),
                    ],
                    "method": string, "prior": string, "regime": ["type": "array", "items": string],
                    "probe": object([
                        "tokens": integer, "seconds": number,
                        "cells": [
                            "type": "array",
                            "items": object(
                                [
                                    "token_budget": integer, "predicted_learning_rate": number,
                                    "interval": interval, "best_trial_learning_rate": number,
                                    "predicted_over_best": number,
                                ], optional: ["best_trial_learning_rate", "predicted_over_best"]),
                        ],
                    ]),
                    "source": object(["text": string, "file": string, "directory": string]),
                ], uniquingKeysWith: { first, _ in first }),
            optional: [
                "message", "best", "description", "workload", "command", "lease_seconds", "optimizer",
                "optimizer_library", "target_cells", "probe",
            ]),
        "Objective": object([
            "name": string, "goal": ["type": "string", "enum": ["minimize", "maximize"]],
        ]),
        "Trials": object(["trials": array("Trial"), "next_after": integer], optional: ["next_after"]),
        "Trial": object(
            [
                "number": integer,
                "state": ["type": "string", "enum": .list(TrialState.allCases.map { .text($0.rawValue) })],
                "attempt": integer, "hyperparameters": map(scalar), "token_budget": integer,
                "metrics": map(["type": ["number", "null"]]), "round": integer, "replicate": integer,
                "seed": integer, "failure": string, "started_at": time, "finished_at": time,
                "shorter_runs": array("ShorterRun"),
            ], optional: ["failure", "started_at", "finished_at", "shorter_runs"]),
        "ShorterRun": object(["token_budget": integer, "metrics": map(number)]),
        "Observations": object(["observations": array("Observation")]),
        "Observation": object([
            "sequence": integer, "step": integer, "tokens": integer, "metrics": map(number),
            "elapsed_seconds": number,
        ]),
        "Asked": object([
            "sweep": string,
            "state": ["type": "string", "enum": .list(SweepState.allCases.map { .text($0.rawValue) })],
            "trials": array("AskedTrial"),
        ]),
        "AskedTrial": object(
            [
                "number": integer, "attempt": integer, "token": string, "hyperparameters": map(scalar),
                "token_budget": integer, "steps": integer, "replicate": integer, "seed": integer,
                "lease_expires_at": time,
            ], optional: ["steps"]),
        "Tells": array("Tell"),
        "Tell": object(
            [
                "trial": integer, "token": string,
                "observation": object(
                    [
                        "sequence": integer, "step": integer, "tokens": integer, "metrics": map(number),
                        "elapsed_seconds": number, "shorter_runs": array("ShorterRun"),
                    ], optional: ["sequence", "step", "tokens", "elapsed_seconds", "shorter_runs"]),
                "finished": object(
                    [
                        "outcome": [
                            "type": "string",
                            "enum": ["completed", "diverged", "stopped", "failed", "interrupted"],
                        ],
                        "metrics": map(number), "step": integer, "reason": string,
                        "permanent": ["type": "boolean"],
                    ], optional: ["metrics", "step", "reason", "permanent"]),
            ], optional: ["trial", "observation", "finished"]),
        "Told": object(
            [
                "trial": integer,
                "state": ["type": "string", "enum": .list(TrialState.allCases.map { .text($0.rawValue) })],
                "decision": ["type": "string", "enum": ["continue", "stop"]], "lease_expires_at": time,
            ], optional: ["lease_expires_at"]),
        "ToldAll": object([
            "answers": [
                "type": "array",
                "items": object(
                    ["trial": integer, "answer": reference("Told"), "problem": reference("Problem")],
                    optional: ["answer", "problem"]),
            ]
        ]),
        "Pareto": object(
            [
                "sweep": string, "objectives": array("Objective"),
                "points": [
                    "type": "array",
                    "items": object(["trial": integer, "values": ["type": "array", "items": number]]),
                ],
                "hypervolume": number, "reference": ["type": "array", "items": number],
                "trials": array("Trial"),
            ], optional: ["hypervolume"]),
        "FittedLaw": object([
            "sweep": string, "law": reference("Law"), "law_version": integer, "fitted_at": time,
        ]),
        "Law": ["type": "object", "description": "See docs/exports.md, schema tunerd-law-1."],
        "Recommendation": object(
            [
                "sweep": string, "token_budget": integer, "model_size": ["type": ["number", "null"]],
                "extrapolation_factor": number, "steps": integer,
                "hyperparameters": map(
                    object(
                        [
                            "value": scalar, "interval": interval, "interval_95": interval,
                            "exponent": number,
                            "source": ["type": "string", "enum": ["fit", "prior", "fixed", "best"]],
                        ], optional: ["interval", "interval_95", "exponent"])),
                "predicted": map(
                    object(
                        ["value": number, "interval": interval, "interval_95": interval],
                        optional: ["interval_95"])),
                "law_version": integer, "expected_regret": number,
                "carry_over": object(
                    [
                        "token_budget": number, "model_size": number, "hyperparameters": map(number),
                        "expected_regret": number,
                    ], optional: ["model_size", "expected_regret"]),
                "warnings": ["type": "array", "items": object(["code": string, "text": string])],
                "stopped": string,
                "next": object(
                    [
                        "runs": integer, "token_budget": integer, "model_size": integer,
                        "hyperparameters": map(interval), "expected_regret": number,
                        "expected_regret_after": number, "run_cap": integer, "cost_cap": number,
                    ], optional: ["model_size", "run_cap", "cost_cap"]),
                "probe": object(
                    [
                        "token_budget": integer, "batch_size_tokens": integer, "learning_rate": number,
                        "interval": interval, "bound_learning_rate": number,
                        "largest_batch_size_tokens": number,
                    ], optional: ["bound_learning_rate"]),
            ],
            optional: [
                "sweep", "model_size", "steps", "probe", "expected_regret", "carry_over", "stopped", "next",
            ]),
    ]
}
