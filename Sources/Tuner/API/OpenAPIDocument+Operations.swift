extension OpenAPIDocument {
    private static let count: JSONTree = ["type": "string", "examples": ["8000000", "1B", "32Ki"]]
    private static let flag: JSONTree = ["type": "boolean", "default": false]

    private static func page(limit: Int) -> [Parameter] {
        [
            Parameter(
                name: "after", summary: "Only what comes after this number or id.",
                schema: ["type": "integer", "minimum": 0, "default": 0]),
            Parameter(
                name: "limit", summary: "At most this many.",
                schema: ["type": "integer", "minimum": 1, "maximum": 1000, "default": .integer(limit)]),
        ]
    }

    /// Every operation, in the order of the documentation.
    static let operations: [Operation] = [
        Operation(
            method: "get", path: "/v1/health", id: "health", summary: "Whether anything needs attention.",
            schema: "Health"),
        Operation(
            method: "get", path: "/v1/status", id: "status", summary: "Health and load.", schema: "Status"),
        Operation(
            method: "get", path: "/v1/plugins", id: "plugins", summary: "What sweep files can name.",
            schema: "Plugins"),
        Operation(
            method: "get", path: "/v1/metrics", id: "metrics",
            summary: "Load in the text format of Prometheus.",
            responseType: MetricsText.mediaType),
        Operation(
            method: "get", path: "/v1/events", id: "events",
            summary: "Events as JSON lines, resumable after the last id seen; empty lines are to be ignored.",
            query: page(limit: 1000) + [
                Parameter(
                    name: "wait", summary: "Seconds to wait for the first event.",
                    schema: ["type": "integer", "minimum": 0, "maximum": 60, "default": 0]),
                Parameter(name: "follow", summary: "Stream until the reader goes away.", schema: flag),
            ],
            responseType: EventPages.mediaType, schema: "Event"),
        Operation(
            method: "get", path: "/v1/openapi.json", id: "contract", summary: "This document.",
            schema: "Contract"),
        Operation(
            method: "get", path: "/v1/sweeps", id: "sweeps", summary: "All sweeps, oldest first.",
            schema: "Sweeps"),
        Operation(
            method: "post", path: "/v1/sweeps", id: "submit",
            summary:
                "Submits a sweep file. The same file under the same name is answered with the sweep that is there.",
            query: [
                Parameter(
                    name: "file", summary: "How diagnostics name the file.",
                    schema: ["type": "string", "default": "sweep.yaml"]),
                Parameter(
                    name: "directory", summary: "Absolute folder that relative paths are taken from.",
                    schema: ["type": "string", "default": "/"]),
            ],
            requestType: "application/yaml", schema: "Sweep", refusals: [.invalidSweep, .conflict, .tooLarge]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}", id: "sweep", summary: "One sweep with its definition.",
            schema: "SweepDetail", refusals: [.notFound]),
        Operation(
            method: "delete", path: "/v1/sweeps/{name}", id: "remove",
            summary: "Deletes a sweep that is not running, with its trials.", successStatus: "204",
            refusals: [.notFound, .conflict]),
        Operation(
            method: "post", path: "/v1/sweeps/{name}/pause", id: "pause", summary: "No further trial starts.",
            schema: "Sweep", refusals: [.notFound, .conflict]),
        Operation(
            method: "post", path: "/v1/sweeps/{name}/resume", id: "resume", summary: "Goes on after a pause.",
            schema: "Sweep", refusals: [.notFound, .conflict]),
        Operation(
            method: "post", path: "/v1/sweeps/{name}/cancel", id: "cancel",
            summary: "Ends the sweep and its running trials; results stay.", schema: "Sweep",
            refusals: [.notFound, .conflict]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}/trials", id: "trials", summary: "Trials by number.",
            query: page(limit: 100), schema: "Trials", refusals: [.notFound]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}/trials/{number}", id: "trial", summary: "One trial.",
            schema: "Trial", refusals: [.notFound]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}/trials/{number}/observations", id: "observations",
            summary: "Observations of the trial's current attempt.", schema: "Observations",
            refusals: [.notFound]),
        Operation(
            method: "post", path: "/v1/sweeps/{name}/trials", id: "ask",
            summary: "Hands trials of an ask_tell sweep to an outside loop.",
            query: [
                Parameter(
                    name: "count", summary: "At most this many.",
                    schema: ["type": "integer", "minimum": 1, "maximum": 1000, "default": 1]),
                Parameter(
                    name: "wait",
                    summary: "Seconds to wait while the next trials depend on results still out.",
                    schema: ["type": "integer", "minimum": 0, "maximum": 60, "default": 0]),
            ],
            schema: "Asked", refusals: [.notFound, .conflict]),
        Operation(
            method: "post", path: "/v1/sweeps/{name}/trials/{number}/observations", id: "tell",
            summary:
                "Tells of a trial in outside hands: an observation, its end, or both. The same words again are "
                + "answered as before.",
            requestType: "application/json", requestSchema: "Tell", schema: "Told",
            refusals: [.notFound, .conflict]),
        Operation(
            method: "post", path: "/v1/sweeps/{name}/observations", id: "tellAll",
            summary: "Tells of several trials at once, up to 1000, each taken or refused by itself.",
            requestType: "application/json", requestSchema: "Tells", schema: "ToldAll",
            refusals: [.notFound, .conflict]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}/trials/{number}/log", id: "log",
            summary: "Log of the trial's current attempt, at most the last 64 KiB.",
            responseType: "text/plain; charset=utf-8", refusals: [.notFound]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}/pareto", id: "pareto",
            summary: "Trials no other trial beats in every objective.",
            query: [
                Parameter(
                    name: "objectives",
                    summary: "Comma-separated metric names, each with an optional :minimize or :maximize.",
                    schema: ["type": "string", "examples": ["validation_loss,tokens"]])
            ],
            schema: "Pareto", refusals: [.notFound]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}/law", id: "law",
            summary: "How the best hyperparameters move with the budget.",
            query: [Parameter(name: "draws", summary: "With the draws of the posterior.", schema: flag)],
            schema: "FittedLaw", refusals: [.notFound, .notEnoughData]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}/recommendation", id: "recommendation",
            summary: "Hyperparameters for a budget.",
            query: [
                Parameter(
                    name: "token_budget", summary: "Tokens of the run; default the sweep's only target.",
                    schema: count),
                Parameter(
                    name: "model_size",
                    summary: "Parameters of the model; default the sweep's target size, or its largest.",
                    schema: count),
                Parameter(
                    name: "strict", summary: "Refuse beyond 20 times the largest trained budget or model.",
                    schema: flag),
                Parameter(name: "learning_rate", summary: "Hold at this value.", schema: ["type": "number"]),
                Parameter(name: "batch_size_tokens", summary: "Hold at this value.", schema: count),
                Parameter(name: "momentum", summary: "Hold at this value.", schema: ["type": "number"]),
            ],
            schema: "Recommendation", refusals: [.notFound, .notEnoughData, .extrapolationRefused]),
        Operation(
            method: "get", path: "/v1/sweeps/{name}/export", id: "export",
            summary: "The sweep in a file format.",
            query: [
                Parameter(
                    name: "format", summary: "Name of an exporter.",
                    schema: [
                        "type": "string",
                        "enum": .list(ExporterRegistry.builtIn.map { .text($0.format.name) }),
                    ],
                    required: true)
            ],
            responseType: "*/*", refusals: [.notFound, .notEnoughData]),
    ]
}
