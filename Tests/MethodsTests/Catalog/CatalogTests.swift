import Foundation
import Methods
import Testing

/// The table of papers, systems, files and golden cases: complete, true, and the source of `docs/methods.md`.
///
/// `TUNERD_UPDATE_GOLDEN=1 swift test --filter CatalogTests` writes the page anew; read the difference.
@Suite("Catalog of papers")
struct CatalogTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let files = [
        "aggregators", "compressors", "distributed", "matrix", "misc", "optimizers", "private_byzantine",
        "secondorder", "stochastic",
    ]

    /// `file:label` of every golden case that belongs to a system; the generator and the problems are the ground.
    private func labels() throws -> [String] {
        try Self.files.flatMap { file in
            try goldenCases("\(file).json").map { golden in
                let keys = ["method", "compressor", "what", "aggregator", "probe", "theory"]
                if let text = keys.map({ golden[$0].text }).first(where: { !$0.isEmpty }) {
                    return "\(file):\(text)"
                }
                return golden["attack"].isNull ? "\(file):alie_z" : "\(file):attack \(golden["attack"].text)"
            }
        }
    }

    private var systems: [CatalogSystem] { PaperCatalog.papers.flatMap(\.systems) }

    @Test("35 papers, no empty row")
    func complete() {
        #expect(PaperCatalog.papers.map(\.number) == Array(1...35))
        for paper in PaperCatalog.papers { #expect(!paper.systems.isEmpty, "\(paper.title)") }
    }

    @Test("every file exists, every golden label matches, every system is covered by something")
    func covered() throws {
        let labels = try labels()
        let tests = try testSources()
        for system in systems {
            let path = Self.root.appendingPathComponent("Sources/\(system.file)").path
            #expect(FileManager.default.fileExists(atPath: path), "\(system.file)")
            for pattern in system.golden {
                let alone = CatalogSystem(system.name, system.file, [pattern], .memory)
                #expect(labels.contains(where: alone.covers), "\(system.name): no case is \(pattern)")
            }
            if !system.test.isEmpty { #expect(tests.contains("@Test(\"\(system.test)\""), "\(system.test)") }
            let isLaw = system.file.hasPrefix("ScalingLaws/")
            #expect(
                isLaw || !system.golden.isEmpty || !system.test.isEmpty,
                "\(system.name) is covered by nothing")
        }
    }

    @Test("every system says where it can be tried, and what it names exists")
    func linked() throws {
        var known: Set<String> = []
        for paper in PaperCatalog.papers {
            for system in paper.systems {
                let key = "\(paper.number)/\(system.name)"
                known.insert(key)
                let link = try #require(PaperCatalog.links[key], "\(key)")
                #expect(!link.plugins.isEmpty || !link.note.isEmpty, "\(key)")
                let pages = link.plugins.map { "docs/plugins/\($0).md" }
                let claims = link.claim.map { ["sweeps/\($0).yaml", "sweeps/results/\($0).csv"] } ?? []
                for file in pages + claims {
                    let path = Self.root.appendingPathComponent(file).path
                    #expect(FileManager.default.fileExists(atPath: path), "\(key): \(file)")
                }
            }
        }
        #expect(Set(PaperCatalog.links.keys) == known)
    }

    @Test("every paper has a golden case or a claim sweep")
    func everyPaperIsShown() throws {
        let labels = try labels()
        for paper in PaperCatalog.papers {
            let cases = paper.systems.reduce(0) { $0 + labels.count(where: $1.covers) }
            let claims = paper.systems.compactMap { PaperCatalog.links["\(paper.number)/\($0.name)"]?.claim }
            #expect(cases > 0 || !claims.isEmpty, "\(paper.number) \(paper.title)")
        }
    }

    @Test("every golden case belongs to a system")
    func noCaseLeftOut() throws {
        let labels = try labels()
        let ground = try goldenCases("rng.json").count + goldenCases("problems.json").count
        #expect(labels.count + ground == 245)
        for label in labels {
            #expect(systems.contains { $0.covers(label) }, "\(label) belongs to no system")
        }
    }

    @Test("docs/methods.md is the catalog and the registry")
    func page() throws {
        let file = Self.root.appendingPathComponent("docs/methods.md")
        let page = try rendered()
        if ProcessInfo.processInfo.environment["TUNERD_UPDATE_GOLDEN"] != nil {
            try page.write(to: file, atomically: true, encoding: .utf8)
        }
        let onDisk = try String(contentsOf: file, encoding: .utf8)
        #expect(
            page == onDisk, "TUNERD_UPDATE_GOLDEN=1 swift test --filter CatalogTests writes the page anew")
    }

    private func testSources() throws -> String {
        let folder = Self.root.appendingPathComponent("Tests/MethodsTests").path
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let text = try paths.filter { $0.hasSuffix("Tests.swift") }
            .map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }.joined()
        // Long lines are wrapped by the formatter: a name may follow its bracket on the next line.
        return text.replacing(/@Test\(\s+"/, with: "@Test(\"")
    }

    private func rendered() throws -> String {
        let labels = try labels()
        var lines = [
            "# Methods", "",
            "Written by a test from the catalog of `Tests/MethodsTests/Catalog` and the registry of `Sources/Methods`;",
            "`TUNERD_UPDATE_GOLDEN=1 swift test --filter CatalogTests` writes it anew.", "",
            "Golden cases are trajectories and single calls of an implementation that shares no code with this one: function",
            "values agree to 1e-12 relative, costs exactly. *Confirmed by* says what the formulas were compared with: authors'",
            "code or text, others' code, properties the theory promises (tested here), or memory only, in which case constants",
            "may differ from the printed ones. Files are below `Sources`. *Plugin* is what a sweep file calls it; without one, where",
            "it is used. Outcomes of claim sweeps are in `sweeps/results`.", "",
            "## Papers", "",
            "| # | paper | system | plugin | file | golden cases | claim sweep | confirmed by |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for paper in PaperCatalog.papers {
            for (k, system) in paper.systems.enumerated() {
                let cases = labels.count(where: system.covers)
                let head = k == 0 ? "\(paper.number) | \(paper.title)" : " | "
                let file = "`\(system.file)`"
                let link = PaperCatalog.links["\(paper.number)/\(system.name)"] ?? .part("")
                let plugins = link.plugins.map { "[`\($0)`](plugins/\($0).md)" }.joined(separator: ", ")
                let claim = link.claim.map { "[`\($0)`](../sweeps/\($0).yaml)" } ?? "–"
                let cells = [
                    head, system.name, plugins.isEmpty ? link.note : plugins, file,
                    cases == 0 ? "–" : String(cases), claim, system.status.rawValue,
                ]
                lines.append("| " + cells.joined(separator: " | ") + " |")
            }
        }
        lines += [
            "", "## Round methods", "",
            "Settings without a number take the default of the theory from the constants of the problem.", "",
            "| name | what it is | settings | sources | maturity |", "|---|---|---|---|---|",
        ]
        lines += MethodRegistry.all.map { row($0.descriptor) }
        lines += [
            "", "## Single-node rules", "", "| name | what it is | settings | sources | maturity |",
            "|---|---|---|---|---|",
        ]
        lines += RuleRegistry.all.map { row($0.descriptor) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func row(_ d: MethodDescriptor) -> String {
        let settings = d.hyperparameters.map { h in
            "`\(h.name)` = \(h.defaultValue.map(\.description) ?? d.theory[h.name] ?? "")"
        }
        let cells = [
            "`\(d.name)`", d.summary, settings.isEmpty ? "–" : settings.joined(separator: "; "),
            d.references.joined(separator: ", "), d.maturity.rawValue,
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
