import ArgumentParser
import Foundation
import Tuner

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Print the events of a sweep as they happen, until it ends.",
        discussion: "With --json a JSON object a line.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @Option(help: "Only events after this id.") var after: Int64 = 0
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let api = daemon.api
        var last = after
        while true {
            // The state is read before the events: what ended it is then among them.
            let ended = try await api.sweep(sweep).summary.state.isFinal
            var page: [SweepEvent]
            repeat {
                page = try await api.events(after: last, wait: ended ? 0 : 10)
                last = page.last?.id ?? last
                for event in page where event.sweep == sweep { try show(event) }
            } while page.count == 1000
            if ended { return }
        }
    }

    private func show(_ event: SweepEvent) throws {
        switch output.format {
        case .text:
            let style = TextStyle.standardOutput
            let line = "\(style.paint(NumberText.time(event.at), .faint))  \(event.text)\n"
            try Output.write(Data(line.utf8))
        case .json:
            try Output.write(try APICoding.encoder().encode(event) + Data("\n".utf8))
        }
    }
}

extension SweepState {
    /// Whether the sweep will not go on by itself or at a resume.
    var isFinal: Bool {
        switch self {
        case .running, .paused: false
        case .completed, .cancelled, .failed: true
        }
    }
}
