import ArgumentParser
import Foundation
import ScalingLaws
import Tuner

/// Which law `fit --table` fits in place of the one of hyperparameters.
enum LossLawKind: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// The loss over model size and tokens.
    case chinchilla
    /// Steps to a target over batch sizes.
    case criticalBatch = "critical-batch"
}

/// Names of the forms on the command line.
enum LossLawFormChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto
    case modelAndTokens = "model-and-tokens"
    case model, tokens, compute

    var form: LossLawForm? {
        switch self {
        case .auto: nil
        case .modelAndTokens: .modelSizeAndTokens
        case .model: .modelSize
        case .tokens: .tokens
        case .compute: .compute
        }
    }
}

/// How `fit --table` fits the loss itself.
struct LossLawOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Fit this law: chinchilla is loss = E + A N^-alpha + B D^-beta over model_size N and token_budget D (or "
                + "compute); critical-batch is steps = a (1 + Bc/B) over batch_size_tokens for each model_size, and how "
                + "Bc grows. Hyperparameter columns are not read.", valueName: "law"))
    var lossLaw: LossLawKind?

    @Option(
        help: ArgumentHelp(
            "Form of chinchilla; default auto, the richest one the table can tell.", valueName: "form"))
    var form: LossLawFormChoice?

    @Flag(help: "Hold the irreducible loss E at 0.")
    var noFloor = false

    @Option(help: ArgumentHelp("Resamples behind intervals; default 1000, 0 for none.", valueName: "count"))
    var bootstrap: Int?

    @Option(help: ArgumentHelp("Seed of the resamples; default 0.", valueName: "number"))
    var seed: UInt64?

    /// What the other options allow; called by the command that has them both.
    func check(_ tables: TableOptions) throws {
        guard let lossLaw else {
            let lone: [(String, Bool)] = [
                ("--form", form != nil), ("--no-floor", noFloor), ("--bootstrap", bootstrap != nil),
                ("--seed", seed != nil),
            ]
            if let option = lone.first(where: \.1)?.0 {
                throw ValidationError("\(option) needs --loss-law.")
            }
            return
        }
        if tables.table == nil { throw ValidationError("--loss-law needs --table.") }
        if !tables.regime.isEmpty {
            throw ValidationError("--regime does not go with --loss-law: it has no hyperparameters.")
        }
        if let bootstrap, !(0...1_000_000).contains(bootstrap) {
            throw ValidationError("--bootstrap must be from 0 to 1000000.")
        }
        switch lossLaw {
        case .chinchilla:
            if tables.prior != nil {
                throw ValidationError("--prior does not go with --loss-law chinchilla: it has none.")
            }
        case .criticalBatch:
            let wrong: [(String, Bool)] = [
                ("--form", form != nil), ("--no-floor", noFloor), ("--group", tables.group != nil),
                ("--predict-cells", !tables.predictCells.isEmpty),
            ]
            if let option = wrong.first(where: \.1)?.0 {
                throw ValidationError("\(option) does not go with --loss-law critical-batch.")
            }
            if let prior = tables.prior, prior != .lmo, prior != .none {
                throw ValidationError(
                    "--loss-law critical-batch knows --prior lmo (Bc ~ scale^0.5 +- 0.1) and none.")
            }
        }
    }

    /// The loss law of a table with the answers to what was asked.
    func chinchilla(_ tables: TableOptions, _ path: String) throws -> LossLawView {
        var options = LossLawTableFit.Options(
            mapping: try ColumnMapping(tables.column), cluster: tables.group, filter: try tables.rows)
        options.form = form?.form
        options.hasFloor = !noFloor
        options.replicates = bootstrap ?? options.replicates
        options.seed = seed ?? options.seed
        let fit = try LossLawTableFit(tables.open(path), options)
        let answers = try tables.predict.map { try fit.answer(LossLawQuestion($0)) }
        guard !tables.predictCells.isEmpty else { return LossLawView(fit: fit, answers: answers, cells: []) }
        let asked = try RowFilter(tables.predictCells, option: "--predict-cells")
        let notInherited = try tables.rows.flatMap { try $0.notInherited(by: asked, in: fit.table) }
        return LossLawView(
            fit: fit, answers: answers, cells: try fit.predictions(asked), notInherited: notInherited)
    }

    /// The critical batch size of a table with the answers to what was asked.
    func criticalBatch(_ tables: TableOptions, _ path: String) throws -> CriticalBatchView {
        var options = CriticalBatchTableFit.Options(
            mapping: try ColumnMapping(tables.column), filter: try tables.rows)
        if tables.prior == SweepDefinition.LawChoice.Prior.none { options.prior = nil }
        options.replicates = bootstrap ?? options.replicates
        options.seed = seed ?? options.seed
        let fit = try CriticalBatchTableFit(tables.open(path), options)
        return CriticalBatchView(fit: fit, predictions: try tables.predict.map { try fit.answer($0) })
    }
}
