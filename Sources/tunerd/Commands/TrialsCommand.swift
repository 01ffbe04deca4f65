public import ArgumentParser
public import Tuner

struct TrialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trials", abstract: "List the trials of a sweep.")

    @Argument(help: "Name of the sweep.") var sweep: String
    @Option(help: "Only trials in this state; may be repeated.") var state: [TrialState] = []
    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let api = try await source.api()
        let metric = try await api.sweep(sweep).metric.name
        var trials = try await api.allTrials(of: sweep)
        if !state.isEmpty { trials = trials.filter { state.contains($0.state) } }
        try Output.show(TrialListView(trials: trials, metric: metric), as: output.format)
    }
}

extension TrialState: ExpressibleByArgument {}
