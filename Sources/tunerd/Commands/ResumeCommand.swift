import ArgumentParser

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a paused sweep.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try Output.show(SweepLineView(summary: try await daemon.api.resume(sweep)), as: output.format)
    }
}
