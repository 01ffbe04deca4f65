import ArgumentParser
import Foundation
import Tuner

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Hand a sweep file to the daemon.",
        discussion: """
            The same file under the same name is answered with the sweep that is there; another file under a taken \
            name is a conflict (exit status 11). With --wait the exit status tells how the sweep ended.
            """)

    @Argument(help: "Sweep file; - is standard input.") var file: String
    @Flag(help: "Wait for the end of the sweep.") var wait = false
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        // A daemon that was started in the line before may not listen yet.
        let api = SweepAPI(SocketClient(path: Defaults.socket(daemon.socket), patience: .seconds(2)))
        var summary = try await api.submit(try SweepFile.load(file))
        if wait {
            let name = summary.name
            summary = try await RunFollower(api: api, sweep: name, quiet: false).follow()
        }
        try Output.show(SweepLineView(summary: summary), as: output.format)
        if wait, summary.state == .failed || summary.state == .cancelled {
            throw TunerError(
                .failed, "sweep '\(summary.name)' is \(summary.state.rawValue)", why: summary.message)
        }
    }
}
