import ArgumentParser

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one sweep with what it asks.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try Output.show(SweepDetailView(detail: try await source.api().sweep(sweep)), as: output.format)
    }
}
