import ArgumentParser

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a sweep and its running trials; its results stay.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try Output.show(SweepLineView(summary: try await daemon.api.cancel(sweep)), as: output.format)
    }
}
