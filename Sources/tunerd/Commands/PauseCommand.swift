import ArgumentParser

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Start no further trial of a sweep; running ones finish.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try Output.show(SweepLineView(summary: try await daemon.api.pause(sweep)), as: output.format)
    }
}
