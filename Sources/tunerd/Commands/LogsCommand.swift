import ArgumentParser
import Foundation
import Tuner

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show the log of a trial's current attempt, at most its last 64 KiB.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @Argument(help: "Number of the trial.") var trial: Int
    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let log = try await source.api().log(of: sweep, trial: trial)
        switch output.format {
        case .text: try Output.write(Data(log.utf8))
        case .json: try Output.show(LogView(sweep: sweep, trial: trial, log: log), as: .json)
        }
    }
}

/// A log with where it is from.
private struct LogView: Presentable {
    struct Record: Encodable {
        var sweep: String
        var trial: Int
        var log: String
    }

    var sweep: String
    var trial: Int
    var log: String

    var record: Record { Record(sweep: sweep, trial: trial, log: log) }

    func text(_ style: TextStyle) -> String { log }
}
