import Foundation
import Testing

@testable import Tuner

/// What is said about sweep files is true: the manual page's examples, its codes, and the shipped sweeps.
@Suite struct SweepDocumentationTests {
    @Test func everyExampleOfTheManualIsValid() throws {
        let blocks = try page.split(separator: "\n```yaml").dropFirst().map { block in
            let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
            return (
                isPart: lines[0] == " part",
                text: lines.dropFirst().prefix { $0 != "```" }.joined(separator: "\n")
            )
        }
        #expect(blocks.count >= 8)
        for block in blocks {
            let (definition, diagnostics) = checkSweep(
                block.isPart ? completed(block.text) : block.text + "\n", catalog: .builtIn)
            #expect(
                definition != nil, "\(block.text)\n\(diagnostics.map(\.rendered).joined(separator: "\n"))")
        }
    }

    @Test func everyKeyIsInTheManual() throws {
        let text = try page
        for key in SweepKeys.top { #expect(text.contains("`\(key)`"), "\(key)") }
        for macro in SweepKeys.macros { #expect(text.contains("`${\(macro)}`"), "\(macro)") }
    }

    @Test func everyCodeIsInTheManual() throws {
        let text = try page
        let folder = repository.appendingPathComponent("Sources/Tuner/Sweep")
        let wording = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("DiagnosticMessages") }
            .map { try String(contentsOf: $0, encoding: .utf8) }
            .joined()
        let codes = Set(wording.matches(of: /Self\(\s*"([a-z-]+)"/).map { String($0.1) })
        #expect(codes.count > 60)
        for code in codes { #expect(text.contains("`\(code)`"), "\(code)") }
        for kind in [ExpectedScalar.count, .integer, .real, .bytes, .duration, .seed, .flag] {
            #expect(text.contains("`\(kind.code)`"))
        }
    }

    @Test func everyShippedSweepIsValid() throws {
        let folder = repository.appendingPathComponent("sweeps")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }
        #expect(files.count >= 5)
        for file in files {
            let source = try SweepSource(contentsOf: file)
            let (definition, diagnostics) = SweepReader(catalog: .builtIn).check(source)
            #expect(definition != nil, "\(diagnostics.map(\.rendered).joined(separator: "\n"))")
            #expect(definition?.name == file.deletingPathExtension().lastPathComponent)
            #expect(source.text.hasPrefix("# "), "\(file.lastPathComponent) says what it shows")
        }
    }

    private var page: String {
        get throws {
            try String(contentsOf: repository.appendingPathComponent("docs/sweep-file.md"), encoding: .utf8)
        }
    }

    /// The part with the keys it lacks.
    private func completed(_ part: String) -> String {
        let rest = [
            ("name", "name: part"), ("workload", "workload: char-gpt"), ("optimizer", "optimizer: adamw"),
            ("parameters", "parameters: {learning_rate: [0.1, 0.2], batch_size_tokens: [4Ki, 8Ki]}"),
            ("token_budgets", "token_budgets: [1M]"),
        ]
        let keys = part.split(separator: "\n").compactMap { $0.prefix { $0 != ":" } }
        return rest.filter { !keys.contains(Substring($0.0)) }.map { $0.1 + "\n" }.joined() + part + "\n"
    }
}
