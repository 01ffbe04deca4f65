import Foundation
import ScalingLaws

/// Takes runs out of a table whose losses cannot be results, and says which (`LossScreen`).
struct LossScreening {
    /// The other runs; empty when they are not known here.
    let kept: [TableRun]
    /// What was left out.
    let warnings: [TableWarning]

    /// Runs at any hyperparameters: high losses are what bad ones end with.
    ///
    /// - Parameters:
    ///   - runs: of a table.
    ///   - column: where their losses stand.
    init(_ runs: [TableRun], column: String) {
        let losses = runs.map(\.loss)
        var wrong = LossScreen.notPositive(losses)
        let isSigned = wrong.isEmpty && losses.contains { ($0 ?? 1) <= 0 }
        if !isSigned { wrong += LossScreen.farBelow(losses) }
        let out = Set(wrong)
        kept = out.isEmpty ? runs : runs.indices.filter { !out.contains($0) }.map { runs[$0] }
        warnings = Self.warnings(out.sorted().map { (runs[$0].line, losses[$0] ?? .nan) }, column)
    }

    /// Runs that a loss law found to be none of it.
    ///
    /// - Parameters:
    ///   - leftOut: their lines and losses.
    ///   - column: where losses stand.
    init(leftOut: [(line: Int, loss: Double)], column: String) {
        kept = []
        warnings = Self.warnings(leftOut, column)
    }

    private static func warnings(_ found: [(line: Int, loss: Double)], _ column: String) -> [TableWarning] {
        guard !found.isEmpty else { return [] }
        let shown = found.prefix(6).map { "\(String(format: "%.4g", $0.loss)) on line \($0.line)" }
        return [
            TableWarning(
                "loss-left-out",
                "\(found.count) run\(found.count == 1 ? " is" : "s are") left out, for no run like the others ends with such "
                    + "a loss: \(shown.joined(separator: ", "))\(found.count > 6 ? ", ..." : ""); mend column "
                    + "'\(DiagnosticMessage.shown(column))', or leave it empty where a run diverged")
        ]
    }
}
