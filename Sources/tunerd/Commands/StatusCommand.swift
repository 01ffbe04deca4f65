import ArgumentParser

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show health and load of the daemon.",
        discussion: "Exit status 69 when no daemon answers.")

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try Output.show(StatusView(status: try await source.api().status()), as: output.format)
    }
}
