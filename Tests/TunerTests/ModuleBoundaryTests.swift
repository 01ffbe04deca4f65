import Foundation
import Testing

/// Reads the import lines of the sources: arrows between modules point down, and each outside library has one room.
@Suite("Module boundaries")
struct ModuleBoundaryTests {
    private static let sources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources")

    /// Module name to the paths below `Sources` (prefixes) that may import it.
    static let rooms: [String: [String]] = [
        "CYAML": ["Tuner/Sweep/"],
        "GRDB": ["Tuner/Storage/"],
        "COpenBLAS": ["Engine/Arrays/BLAS.swift", "Tuner/Samplers/Cholesky.swift"],
        "CTunerKernels": ["Engine/Layers/", "Plugins/Kernels/"],
        "CTunerPlugin": ["Plugins/External/"],
        "ArgumentParser": ["tunerd/"],
        "NIOHTTP1": ["tunerd/Server/", "Tuner/Client/"],
        "NIOPosix": ["tunerd/", "Tuner/Client/"],
        "NIOCore": ["tunerd/", "Tuner/Client/"],
        "Engine": ["Engine/", "Methods/", "Plugins/", "Tuner/", "tunerd/"],
        "ScalingLaws": ["ScalingLaws/", "Methods/", "Plugins/", "Tuner/", "tunerd/"],
        "Plugins": ["Plugins/", "Tuner/", "tunerd/"],
        "Methods": ["Methods/", "Plugins/", "Tuner/", "tunerd/"],
        "Tuner": ["tunerd/"],
    ]

    /// The violations among import lines given as (path below `Sources`, module).
    static func violations(_ imports: [(path: String, module: String)]) -> [String] {
        imports.compactMap { path, module in
            guard let allowed = rooms[module], !allowed.contains(where: path.hasPrefix) else { return nil }
            return "\(path) imports \(module)"
        }
    }

    private func importLines() throws -> [(path: String, module: String)] {
        let root = Self.sources.path
        let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return try files.filter { $0.hasSuffix(".swift") }.flatMap { path in
            try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8).split(separator: "\n")
                .map { $0.split(separator: " ").filter { !$0.hasPrefix("@") }.map(String.init) }
                .compactMap { words -> (path: String, module: String)? in
                    let rest = words.drop {
                        ["public", "internal", "package", "private", "fileprivate"].contains($0)
                    }
                    guard rest.first == "import", let module = rest.last else { return nil }
                    return (path, String(module.split(separator: ".")[0]))
                }
        }
    }

    @Test("every import stays in its room")
    func importsStayInTheirRooms() throws {
        let lines = try importLines()
        #expect(lines.count > 50)
        #expect(Self.violations(lines) == [])
    }

    @Test("a wrong import is found")
    func findsViolation() {
        #expect(
            Self.violations([("Engine/Layers/Linear.swift", "GRDB")]) == [
                "Engine/Layers/Linear.swift imports GRDB"
            ])
        #expect(Self.violations([("ScalingLaws/Law.swift", "Engine")]).count == 1)
        #expect(Self.violations([("Tuner/Storage/Store.swift", "GRDB")]).isEmpty)
    }

    @Test("sources lie in Module/Topic/File.swift, no deeper")
    func foldersAreShallow() throws {
        for line in try importLines() { #expect(line.path.split(separator: "/").count <= 3, "\(line.path)") }
    }
}
