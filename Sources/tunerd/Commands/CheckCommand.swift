import ArgumentParser
import ScalingLaws
import Tuner

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check sweep files and report all their problems.",
        discussion: "Exit status 65 when a file has problems.")

    @Argument(help: "Sweep files; - is standard input.") var files: [String]
    @OptionGroup var plugins: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let factory = plugins.factory
        var results: [CheckView.Result] = []
        for file in files {
            do {
                let definition = try factory.read(try SweepFile.load(file))
                let warnings = [definition.fewStepsWarning()].compactMap { $0 }
                if output.format == .text {
                    for line in warningLines(warnings, .standardError) { Output.note("\(file): \(line)") }
                }
                results.append(
                    .init(
                        file: file, valid: true, sweep: definition.name, diagnostics: [], warnings: warnings))
            } catch let error as TunerError where error.code == .invalidSweep {
                if output.format == .text { Output.note(Failure.text(error, .standardError)) }
                results.append(
                    .init(
                        file: file, valid: false, message: error.message, diagnostics: error.diagnostics))
            }
        }
        try Output.show(CheckView(files: results), as: output.format)
        if results.contains(where: { !$0.valid }) { throw ExitCode(ErrorCode.invalidSweep.exitStatus) }
    }
}

/// Which files are valid.
struct CheckView: Presentable {
    struct Result: Encodable {
        var file: String
        var valid: Bool
        var sweep: String?
        var message: String?
        var diagnostics: [SweepDiagnostic]
        /// What a valid file may regret.
        var warnings: [LawWarning] = []
    }

    struct Record: Encodable {
        var files: [Result]
    }

    var files: [Result]

    var record: Record { Record(files: files) }

    func text(_ style: TextStyle) -> String {
        files.map { file in
            if file.valid {
                return "\(file.file): \(style.paint("valid", .good)), sweep '\(file.sweep ?? "")'"
            }
            let count = file.diagnostics.count
            let what = count == 0 ? "not readable" : "\(count) problem\(count == 1 ? "" : "s")"
            return "\(file.file): \(style.paint(what, .bad))"
        }.joined(separator: "\n")
    }
}
