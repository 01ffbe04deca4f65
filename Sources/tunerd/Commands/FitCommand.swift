import ArgumentParser

struct FitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Show the law of a sweep: how its best hyperparameters move with the budget.",
        discussion:
            "Fits again when trials finished since the last fit. Exit status 75 when there are too few.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let api = try await source.api()
        let metric = try await api.sweep(sweep).metric.name
        try Output.show(LawView(law: try await api.law(of: sweep), metric: metric), as: output.format)
    }
}
