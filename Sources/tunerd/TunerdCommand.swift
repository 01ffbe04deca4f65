import ArgumentParser
import Foundation
import Logging
import Tuner

/// The program: daemon and client in one binary.
@main
struct TunerdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunerd",
        abstract: "Run hyperparameter sweeps and ask which hyperparameters a larger budget wants.",
        discussion: """
            Start with 'tunerd run FILE', which needs no daemon, or with 'tunerd serve' and 'tunerd submit FILE'.

            Exit status: 0 done, 1 failed, 10 no such sweep or trial, 11 conflict, 12 refused by --strict, 64 usage, \
            65 sweep file or table invalid, 69 daemon not reachable, 70 a bug in tunerd, 73 cannot write, 75 not enough data \
            yet, 77 not permitted, 78 configuration wrong, 130 interrupted, 143 terminated.
            """,
        version: Assembly.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Sweeps here:",
                subcommands: [
                    RunCommand.self, CheckCommand.self, PlanCommand.self, ProbeCommand.self,
                    ImportCommand.self,
                ]),
            CommandGroup(
                name: "Daemon:",
                subcommands: [
                    ServeCommand.self, StatusCommand.self, SubmitCommand.self, PauseCommand.self,
                    ResumeCommand.self,
                    CancelCommand.self, RemoveCommand.self, WatchCommand.self,
                ]),
            CommandGroup(name: "Trials of your own loop:", subcommands: [AskCommand.self, TellCommand.self]),
            CommandGroup(
                name: "Results:",
                subcommands: [
                    ListCommand.self, ShowCommand.self, TrialsCommand.self, LogsCommand.self,
                    ParetoCommand.self,
                    FitCommand.self, RecommendCommand.self, ExportCommand.self,
                ]),
            CommandGroup(
                name: "Reference:",
                subcommands: [PluginsCommand.self, LawCommand.self, BenchSamplerCommand.self]),
            CommandGroup(name: "Internal:", subcommands: [WorkerCommand.self, BenchStoreCommand.self]),
        ])

    /// Runs the verb; every failure leaves through here with its exit status.
    static func main() async {
        LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
        let format: OutputFormat = CommandLine.arguments.contains("--json") ? .json : .text
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as TunerError {
            Failure.report(error, as: format)
            Foundation.exit(error.code.exitStatus)
        } catch {
            leave(error, format)
        }
    }

    /// Errors of the command line itself, and those nobody expected.
    private static func leave(_ error: any Error, _ format: OutputFormat) -> Never {
        let status = exitCode(for: error)
        let expected = status.isSuccess || error is ExitCode || status == .validationFailure
        if expected, format == .json, status == .validationFailure {
            Failure.report(TunerError(.usage, message(for: error)), as: .json)
            Foundation.exit(status.rawValue)
        }
        if expected { exit(withError: error) }
        Failure.report(TunerError(.internalError, "unexpected error: \(error)"), as: format)
        Foundation.exit(ErrorCode.internalError.exitStatus)
    }
}
