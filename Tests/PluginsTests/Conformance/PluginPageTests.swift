import Engine
import Foundation
import Methods
import Testing

@testable import Plugins

/// `docs/plugins`: one page for everything a sweep can name, written from the descriptors.
///
/// `TUNERD_UPDATE_GOLDEN=1 swift test --filter PluginPageTests` writes the pages anew and removes those of plugins that
/// are gone; read the difference.
@Suite("Plugin pages") struct PluginPageTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/plugins")

    @Test func pagesAreTheDescriptors() throws {
        let pages = self.pages
        let files = FileManager.default
        if ProcessInfo.processInfo.environment["TUNERD_UPDATE_GOLDEN"] != nil {
            try? files.removeItem(at: Self.folder)
            try files.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            for (name, text) in pages {
                try text.write(
                    to: Self.folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
            }
        }
        let onDisk = Set(try files.contentsOfDirectory(atPath: Self.folder.path))
        #expect(onDisk == Set(pages.keys), "TUNERD_UPDATE_GOLDEN=1 swift test --filter PluginPageTests")
        for (name, text) in pages {
            let found = try? String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
            #expect(found == text, "\(name): TUNERD_UPDATE_GOLDEN=1 swift test --filter PluginPageTests")
        }
    }

    @Test func everyOptimizerHasASourceAndASummary() {
        for descriptor in PluginCatalog.optimizers {
            #expect(!descriptor.summary.isEmpty && !descriptor.references.isEmpty, "\(descriptor.name)")
            #expect(descriptor.summary.hasSuffix("."), "\(descriptor.name)")
            for reference in descriptor.references {
                #expect(reference.text.contains(/\d{4}/), "\(descriptor.name): \(reference) has no year")
            }
        }
    }

    // MARK: Pages

    private var pages: [String: String] {
        var pages: [String: String] = [:]
        for optimizer in PluginCatalog.optimizers { pages[optimizer.name + ".md"] = page(optimizer) }
        for workload in PluginCatalog.workloads { pages["workload-\(workload.name).md"] = page(workload) }
        for (kind, descriptors) in parts {
            for descriptor in descriptors { pages["\(kind)-\(descriptor.name).md"] = page(kind, descriptor) }
        }
        pages["README.md"] = index
        return pages
    }

    private var parts: [(String, [MethodDescriptor])] {
        [
            ("compressor", (CompressorRegistry.contractive + CompressorRegistry.unbiased).map(\.descriptor)),
            ("aggregator", AggregatorRegistry.all.map(\.descriptor)),
            ("attack", AttackRegistry.all.map(\.descriptor)),
        ]
    }

    private var index: String {
        func list(_ title: String, _ rows: [(name: String, file: String, summary: String)]) -> [String] {
            ["", "## \(title)", ""] + rows.map { "- [`\($0.name)`](\($0.file).md): \($0.summary)" }
        }
        let all = PluginCatalog.optimizers
        var lines = [
            "# Plugins", "",
            "Everything a sweep file can name, a page each, written from the descriptors by a test. `tunerd plugins NAME` shows",
            "the same on the terminal. [methods.md](../methods.md) has the papers behind them.",
        ]
        lines += list(
            "Update rules: `optimizer` on workloads with one model",
            all.filter { !$0.isRoundMethod }.map { ($0.name, $0.name, $0.summary) })
        lines += list(
            "Methods of rounds: `optimizer` on workloads with workers",
            all.filter(\.isRoundMethod).map { ($0.name, $0.name, $0.summary) })
        lines += list(
            "Workloads", PluginCatalog.workloads.map { ($0.name, "workload-\($0.name)", $0.summary) })
        for (kind, descriptors) in parts {
            lines += list(
                kind.prefix(1).uppercased() + kind.dropFirst() + "s",
                descriptors.map { ($0.name, "\(kind)-\($0.name)", $0.summary) })
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func page(_ d: OptimizerDescriptor) -> String {
        var lines = ["# \(d.name)", "", d.summary, ""]
        if !d.rule.isEmpty { lines += d.rule.split(separator: "\n").map { "    \($0)" } + [""] }
        let kind = d.isRoundMethod ? "method of rounds" : "update rule"
        lines.append(
            "\(kind.prefix(1).uppercased() + kind.dropFirst()), \(d.maturity.rawValue); geometry \(d.geometry.rawValue)."
        )
        if !d.isRoundMethod {
            let prior =
                d.geometry.updateGeometry == .gradient
                ? "unnormalised gradient steps" : "steps of a normalised length"
            lines.append("Priors of laws are those of \(prior).")
        }
        if !d.metrics.isEmpty {
            lines += [
                "",
                "Reports " + d.metrics.map { "`\($0)`" }.joined(separator: ", ")
                    + " beside the workload's metrics.",
            ]
        }
        let homes = PluginCatalog.workloads.filter { $0.supportedOptimizers?.contains(d.name) ?? false }
        if d.isRoundMethod {
            lines += [
                "",
                "Runs on " + homes.map { "[`\($0.name)`](workload-\($0.name).md)" }.joined(separator: ", ")
                    + ".",
            ]
        }
        lines += settings(d.hyperparameters, "Settings")
        if d.isRoundMethod, let own = try? MethodRegistry.plugin(d.name).descriptor, !own.theory.isEmpty {
            lines += ["", "## What theory sets", ""]
            lines += own.theory.sorted { $0.key < $1.key }.map { name, text in
                name == "step" ? "- step: \(text); `learning_rate` multiplies it" : "- `\(name)`: \(text)"
            }
        }
        return (lines + references(d.references)).joined(separator: "\n") + "\n"
    }

    private func page(_ w: WorkloadDescriptor) -> String {
        var lines = [
            "# \(w.name)", "", w.summary, "",
            "A workload. Minimises `\(w.defaultMetric)` unless told otherwise; reports",
        ]
        lines[lines.count - 1] += " " + w.metrics.map { "`\($0)`" }.joined(separator: ", ") + "."
        if let names = w.supportedOptimizers {
            lines += ["", "Runs with " + names.map { "[`\($0)`](\($0).md)" }.joined(separator: ", ") + "."]
        }
        return (lines + settings(w.options, "Options")).joined(separator: "\n") + "\n"
    }

    private func page(_ kind: String, _ d: MethodDescriptor) -> String {
        let key = kind == "attack" ? "an option of workloads with workers" : "a setting of methods of rounds"
        let lines = [
            "# \(d.name)", "", d.summary, "", "A value of `\(kind)`, \(key); \(d.maturity.rawValue).",
        ]
        return (lines + references(d.references.map { MethodSources.reference($0) }))
            .joined(separator: "\n") + "\n"
    }

    private func settings(_ all: [HyperparameterDescriptor], _ title: String) -> [String] {
        guard !all.isEmpty else { return [] }
        let head = [
            "", "## \(title)", "", "| name | accepts | default | scale | what it is |",
            "|---|---|---|---|---|",
        ]
        return head
            + all.map { h in
                let accepts =
                    switch h.kind {
                    case .real(let low, let high): "\(low) to \(high)"
                    case .integer(let low, let high):
                        high == .max ? "whole, from \(low)" : "whole, \(low) to \(high)"
                    case .choice(let names): names.map { "`\($0)`" }.joined(separator: ", ")
                    case .flag: "true, false"
                    case .path: "a path"
                    }
                let unit = h.unit == "1" ? "" : " (\(h.unit))"
                let fallback = h.defaultValue?.description ?? (h.kind == .path ? "none" : "theory")
                return
                    "| `\(h.name)` | \(accepts) | \(fallback) | \(h.scale.rawValue) | \(h.summary)\(unit) |"
            }
    }

    private func references(_ all: [LiteratureReference]) -> [String] {
        ["", "## Sources", ""]
            + all.map { "- " + [$0.text, $0.locator].filter { !$0.isEmpty }.joined(separator: ", ") }
    }
}
