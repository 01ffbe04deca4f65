/// The state of a daemon in the text format of Prometheus, version 0.0.4.
enum MetricsText {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    static func render(status: ServiceStatus, sweeps: [SweepSummary]) -> String {
        var text = ""
        func family(_ name: String, _ kind: String, _ help: String, _ samples: [([(String, String)], Double)])
        {
            if samples.isEmpty { return }
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
            for (labels, value) in samples {
                let list = labels.map { "\($0)=\"\(escape($1))\"" }.joined(separator: ",")
                text += name + (list.isEmpty ? "" : "{\(list)}") + " " + number(value) + "\n"
            }
        }
        family("tunerd_build_info", "gauge", "Version of the program.", [([("version", status.version)], 1)])
        family("tunerd_uptime_seconds", "gauge", "Seconds since start.", [([], status.uptimeSeconds)])
        family("tunerd_slots", "gauge", "Trials that may run at once.", [([], Double(status.slots))])
        family("tunerd_trials_running", "gauge", "Running trials.", [([], Double(status.running.count))])
        family(
            "tunerd_health", "gauge", "Things to know, by code.",
            status.health.map { ([("code", $0.code)], 1) })
        family(
            "tunerd_sweeps", "gauge", "Sweeps by state.",
            SweepState.allCases.map { ([("state", $0.rawValue)], Double(status.sweeps[$0] ?? 0)) })
        family(
            "tunerd_trials", "gauge", "Trials of a sweep by state.",
            sweeps.flatMap { sweep in
                TrialState.allCases.compactMap { state in
                    sweep.trials[state].map {
                        ([("sweep", sweep.name), ("state", state.rawValue)], Double($0))
                    }
                }
            })
        family(
            "tunerd_tokens_spent_total", "counter", "Tokens of finished trials.",
            sweeps.map { ([("sweep", $0.name)], Double($0.tokensSpent)) })
        family(
            "tunerd_best_metric", "gauge", "Best value of the sweep's metric so far.",
            sweeps.compactMap { sweep in
                sweep.best.map { ([("sweep", sweep.name), ("metric", $0.metric)], $0.value) }
            })
        return text
    }

    private static func escape(_ label: String) -> String {
        var escaped = ""
        for character in label {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
}
