import ArgumentParser

struct ParetoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pareto", abstract: "Show the trials no other trial beats in every objective.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @Option(help: "Objectives, comma-separated, each with an optional :minimize or :maximize.")
    var objectives: String?
    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let front = try await source.api().pareto(of: sweep, objectives: objectives)
        try Output.show(ParetoView(pareto: front), as: output.format)
    }
}
