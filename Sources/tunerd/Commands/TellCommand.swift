import ArgumentParser
import Tuner

struct TellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tell", abstract: "Tell how a trial taken with 'ask' goes, or how it ended.",
        discussion: """
            Without --outcome it is an observation on the way; it renews the lease, and the answer says whether to go \
            on. With --outcome the trial ends. The same words again change nothing and are answered as before; an \
            observation needs --sequence for that.

              tunerd tell first 17 --attempt TOKEN --metric validation_loss=2.31 --step 200 --sequence 3
              tunerd tell first 17 --attempt TOKEN --metric validation_loss=1.98 --outcome completed
            """)

    /// How a trial can end.
    enum Outcome: String, ExpressibleByArgument, CaseIterable {
        case completed, diverged, stopped, failed, interrupted
    }

    @Argument(help: "Name of the sweep.") var sweep: String
    @Argument(help: "Number of the trial.") var trial: Int
    @Option(help: "Token the trial came with.") var attempt: String
    @Option(help: "NAME=VALUE; may be repeated.") var metric: [MetricArgument] = []
    @Option(help: "Tokens seen.") var tokens: CountArgument?
    @Option(help: "Optimizer steps done; with diverged, where the loss left the finite.") var step: Int?
    @Option(help: "Number of the observation within the attempt; the next one by default.")
    var sequence: Int?
    @Option(
        help: """
            completed, diverged (the loss left the finite), stopped (as the answer to an observation said), failed \
            (tried again while the sweep's retries last) or interrupted (give it back).
            """)
    var outcome: Outcome?
    @Option(help: "Why it failed.") var reason: String?
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if outcome == nil, metric.isEmpty {
            throw ValidationError("Give --metric, or --outcome, or both.")
        }
        if outcome != nil, sequence != nil || tokens != nil {
            throw ValidationError("--sequence and --tokens belong to observations, which have no --outcome.")
        }
        if outcome != .failed, reason != nil {
            throw ValidationError("--reason goes with --outcome failed.")
        }
    }

    func run() async throws {
        let values = Dictionary(metric.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        var observation: Observation?
        var finished: AttemptResult?
        switch outcome {
        case nil:
            observation = Observation(
                sequence: sequence ?? 0, step: step ?? 0, tokens: tokens?.value ?? 0, metrics: values,
                elapsedSeconds: 0)
        case .completed: finished = .completed(metrics: values)
        case .diverged: finished = .diverged(step: step, metrics: values)
        case .stopped: finished = .stopped
        case .failed: finished = .failed(reason: reason ?? "it gave no reason", permanent: false)
        case .interrupted: finished = .interrupted
        }
        let answer = try await daemon.api.tell(
            sweep, TrialTell(trial: trial, token: attempt, observation: observation, finished: finished))
        try Output.show(TellView(record: answer), as: output.format)
    }
}

/// `NAME=VALUE` of a metric; `nan` and `inf` are values, too.
struct MetricArgument: ExpressibleByArgument {
    var name: String
    var value: Double

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let value = Double(parts[1]) else { return nil }
        name = String(parts[0])
        self.value = value
    }
}
