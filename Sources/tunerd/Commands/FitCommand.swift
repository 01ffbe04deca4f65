import ArgumentParser
import Tuner

struct FitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract:
            "Show the law of a sweep, or of a table of runs: how its best hyperparameters move with the budget.",
        discussion: """
            A sweep is fitted again when trials finished since the last fit. A table needs no daemon and no sweep:

              tunerd fit --table runs.csv --column model_size=N --column token_budget=D --column learning_rate=lr \
            --column loss=loss --predict model_size=1e9,token_budget=2e10

            Runs without a loss count as diverged. With --loss-law the loss itself is fitted:

              tunerd fit --table runs.csv --loss-law chinchilla --column model_size=N --column token_budget=D \
            --column loss=loss --predict compute=1e22

            Exit status 75 when there are too few, 65 for a table that cannot be \
            read.
            """)

    @Argument(help: "Name of the sweep; none with --table.") var sweep: String?
    @OptionGroup(title: "Tables of runs") var tables: TableOptions
    @OptionGroup(title: "Loss laws of tables") var lossLaw: LossLawOptions
    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try lossLaw.check(tables)
        switch (sweep, tables.table) {
        case (nil, nil): throw ValidationError("Name a sweep, or a file with --table.")
        case (.some, .some): throw ValidationError("A sweep and --table exclude each other.")
        case (nil, .some) where source.socket != nil || source.store != nil:
            throw ValidationError("--table reads a file: --socket and --store do not go with it.")
        default: return
        }
    }

    func run() async throws {
        if let file = tables.table {
            switch lossLaw.lossLaw {
            case .chinchilla: return try Output.show(lossLaw.chinchilla(tables, file), as: output.format)
            case .criticalBatch:
                return try Output.show(lossLaw.criticalBatch(tables, file), as: output.format)
            case nil: return try Output.show(tables.report(of: file), as: output.format)
            }
        }
        guard let sweep else { return }
        let api = try await source.api()
        let metric = try await api.sweep(sweep).metric.name
        try Output.show(LawView(law: try await api.law(of: sweep), metric: metric), as: output.format)
    }
}
