import Foundation
import Tuner

/// Errors on standard error: lines for a person, one object with `--json`.
enum Failure {
    /// The shape with `--json`.
    struct Record: Encodable {
        var code: String
        var message: String
        var why: String?
        var help: String?
        var diagnostics: [SweepDiagnostic]?
        var exitStatus: Int32

        enum CodingKeys: String, CodingKey {
            case code, message, why, help, diagnostics
            case exitStatus = "exit_status"
        }
    }

    /// Writes an error.
    static func report(_ error: TunerError, as format: OutputFormat) {
        switch format {
        case .text:
            Output.note(text(error, .standardError))
        case .json:
            let record = Record(
                code: error.code.rawValue, message: error.message, why: error.why, help: error.help,
                diagnostics: error.diagnostics.isEmpty ? nil : error.diagnostics,
                exitStatus: error.code.exitStatus)
            if let data = try? APICoding.encoder().encode(record) {
                Output.note(String(decoding: data, as: UTF8.self))
            }
        }
    }

    /// The text of an error.
    static func text(_ error: TunerError, _ style: TextStyle) -> String {
        var lines = error.diagnostics.map(\.rendered)
        lines.append("tunerd: \(style.paint("error", .bad)): \(error.message) [\(error.code.rawValue)]")
        if let why = error.why { lines.append("  why: \(why)") }
        if let help = error.help { lines.append("  help: \(help)") }
        return lines.joined(separator: "\n")
    }
}
