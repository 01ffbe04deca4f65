import ArgumentParser
import Foundation
import Tuner

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a sweep in a file format.",
        discussion: ExporterRegistry.builtIn.map { "\($0.format.name): \($0.format.summary)" }
            .joined(separator: "\n"))

    @Argument(help: "Name of the sweep.") var sweep: String
    @Option(help: "Format: \(ExporterRegistry.builtIn.map(\.format.name).joined(separator: ", ")).")
    var format: String
    @Option(name: [.short, .long], help: "File to write; default standard output.") var output: String?
    @OptionGroup var source: SourceOptions
    @OptionGroup var results: OutputOptions

    func validate() throws {
        guard ExporterRegistry().exporters.contains(where: { $0.format.name == format }) else {
            let known = ExporterRegistry.builtIn.map(\.format.name).joined(separator: ", ")
            throw ValidationError("Unknown format '\(format)'; known are \(known).")
        }
    }

    func run() async throws {
        let data = try await source.api().export(sweep, format: format)
        guard let output, output != "-" else { return try Output.write(data) }
        do {
            // Atomic: a reader sees the old file or the new one.
            try data.write(to: URL(fileURLWithPath: output), options: .atomic)
        } catch {
            throw TunerError(.cannotWrite, "'\(output)' cannot be written", why: error.localizedDescription)
        }
    }
}
