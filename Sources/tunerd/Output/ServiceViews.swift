import Tuner

/// `tunerd status`.
struct StatusView: Presentable {
    var status: ServiceStatus

    var record: ServiceStatus { status }

    func text(_ style: TextStyle) -> String {
        var table = TextTable([.text("field"), .text("value")])
        let sweeps = SweepState.allCases.compactMap { state in
            status.sweeps[state].flatMap { $0 > 0 ? "\($0) \(state.rawValue)" : nil }
        }
        for (field, value) in [
            ("version", status.version), ("pid", "\(status.processID)"),
            ("uptime", NumberText.duration(status.uptimeSeconds)), ("store", status.store),
            ("slots", "\(status.running.count) of \(status.slots) busy"),
            ("running", status.running.isEmpty ? "none" : status.running.joined(separator: ", ")),
            ("sweeps", sweeps.isEmpty ? "none" : sweeps.joined(separator: ", ")),
        ] {
            table.rows.append([.init(field), .init(value)])
        }
        let health = status.health.map { "\(style.paint("attention", .attention)): \($0.text) [\($0.code)]" }
        return (table.lines(style) + health).joined(separator: "\n")
    }
}

/// `tunerd plugins`.
struct PluginListView: Presentable {
    var listing: PluginListing

    var record: PluginListing { listing }

    func text(_ style: TextStyle) -> String {
        var table = TextTable([.text("name"), .text("kind"), .text("maturity"), .text("summary")])
        for plugin in listing.plugins {
            table.rows.append([
                .init(plugin.name, .bold), .init(plugin.kind), .init(plugin.maturity ?? "-"),
                .init(plugin.summary),
            ])
        }
        return listing.plugins.isEmpty ? "no plugins" : table.text(style)
    }
}

/// `tunerd plugins NAME`.
struct PluginView: Presentable {
    var plugin: PluginListing.Entry

    var record: PluginListing.Entry { plugin }

    func text(_ style: TextStyle) -> String {
        var lines = ["\(style.paint(plugin.name, .bold)) (\(plugin.kind)): \(plugin.summary)"]
        if let rule = plugin.rule { lines += [""] + rule.split(separator: "\n").map { "    \($0)" } + [""] }
        if let geometry = plugin.geometry { lines.append("geometry: \(geometry)") }
        if let metrics = plugin.metrics { lines.append("metrics: \(metrics.joined(separator: ", "))") }
        if !plugin.settings.isEmpty {
            var table = TextTable([
                .text("setting"), .text("type"), .text("range"), .text("default"), .text("unit"),
                .text("summary"),
            ])
            for setting in plugin.settings {
                table.rows.append([
                    .init(setting.name), .init(setting.type), .init(setting.rangeText),
                    .init(setting.defaultValue.map(NumberText.value) ?? "-"), .init(setting.unit),
                    .init(setting.summary),
                ])
            }
            lines += [""] + table.lines(style)
        }
        if let references = plugin.references, !references.isEmpty {
            lines.append("")
            lines += references.map { $0.locator.isEmpty ? $0.text : "\($0.text), \($0.locator)" }
        }
        return lines.joined(separator: "\n")
    }
}

extension PluginListing.Setting {
    var rangeText: String {
        if let choices { return choices.joined(separator: "/") }
        guard let min, let max else { return "-" }
        return NumberText.interval([min, max])
    }
}
