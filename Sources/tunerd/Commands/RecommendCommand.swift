import ArgumentParser
import ScalingLaws

struct RecommendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend", abstract: "Say which hyperparameters to use at a token budget.",
        discussion: """
            Values given for --learning-rate, --batch-size-tokens or --momentum are held, and the others are answered \
            given them. Exit status 75 when there are too few trials, 12 when --strict refuses.
            """)

    @Argument(help: "Name of the sweep.") var sweep: String
    @Option(help: "Tokens of the run, 1B say; default the sweep's only target.") var tokenBudget:
        CountArgument?
    @Option(help: "Parameters of the model, 7B say, of a sweep with model_sizes; default its target size.")
    var modelSize: CountArgument?
    @Option(help: "Hold the batch size at this many tokens.") var batchSizeTokens: CountArgument?
    @Option(help: "Hold the learning rate.") var learningRate: Double?
    @Option(help: "Hold the momentum.") var momentum: Double?
    @Flag(help: "Refuse to answer beyond 20 times the largest trained budget or model.") var strict = false
    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var held: [LawAxis: Double] = [:]
        held[.batchSize] = batchSizeTokens.map { Double($0.value) }
        held[.learningRate] = learningRate
        held[.momentum] = momentum
        let answer = try await source.api().recommendation(
            of: sweep, tokenBudget: tokenBudget?.value, modelSize: modelSize?.value, held: held,
            strict: strict)
        try Output.show(RecommendationView(recommendation: answer), as: output.format)
    }
}
