import ArgumentParser

struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Delete a sweep that is not running, with its trials.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await daemon.api.remove(sweep)
        try Output.show(RemovedView(name: sweep), as: output.format)
    }
}

/// That a sweep is gone.
private struct RemovedView: Presentable {
    var name: String

    var record: [String: String] { ["removed": name] }

    func text(_ style: TextStyle) -> String { "sweep '\(name)' is removed" }
}
