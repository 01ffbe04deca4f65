import ArgumentParser
import Tuner

struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Take trials of an ask_tell sweep, to run them yourself.",
        discussion: """
            Prints the trials with the token that 'tunerd tell' wants. No trial and state running: the next ones \
            depend on results that are still out. No trial and another state: the sweep is over.
            """)

    @Argument(help: "Name of the sweep.") var sweep: String
    @Option(help: "Take up to this many.") var count = 1
    @Option(help: "Seconds to wait while none is there, at most 60.") var wait = 0
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1000).contains(count) else { throw ValidationError("--count must be 1 to 1000.") }
        guard (0...60).contains(wait) else { throw ValidationError("--wait must be 0 to 60.") }
    }

    func run() async throws {
        let answer = try await daemon.api.ask(sweep, count: count, wait: wait)
        try Output.show(AskView(record: answer), as: output.format)
    }
}
