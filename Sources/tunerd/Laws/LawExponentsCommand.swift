public import ArgumentParser
import ScalingLaws
public import Tuner

struct LawExponentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exponents",
        abstract: "Show the exponents fits start from, with their widths; move known good values along them.",
        discussion: """
            Intervals are those of the theory's exponents only; the known values count as exact.

              tunerd law exponents --optimizer muon --at 8M --learning-rate 0.02 --token-budget 1B
            """)

    @Option(
        help: "Theory: \(SweepDefinition.LawChoice.Prior.allCases.map(\.rawValue).joined(separator: ", ")).")
    var prior: SweepDefinition.LawChoice.Prior = .lmo
    @Option(help: "Optimizer, for the norm it moves in.") var optimizer: String?
    @Option(name: .customLong("at"), help: "Tokens of the runs the known values are from.") var anchor:
        CountArgument?
    @Option(help: "Good learning rate there.") var learningRate: Double?
    @Option(help: "Good batch size there.") var batchSizeTokens: CountArgument?
    @Option(help: "Good momentum there.") var momentum: Double?
    @Option(help: "Tokens of the run that is asked for; may be repeated.") var tokenBudget: [CountArgument] =
        []
    @OptionGroup var output: OutputOptions

    private var values: [LawAxis: Double] {
        var values: [LawAxis: Double] = [:]
        values[.learningRate] = learningRate
        values[.batchSize] = batchSizeTokens.map { Double($0.value) }
        values[.momentum] = momentum
        return values
    }

    func validate() throws {
        if tokenBudget.isEmpty, anchor == nil, values.isEmpty { return }
        guard anchor != nil, !values.isEmpty, !tokenBudget.isEmpty else {
            throw ValidationError("An answer needs --at, --token-budget and at least one known value.")
        }
        if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
            throw ValidationError("--learning-rate must be positive.")
        }
        if let momentum, !(0..<1).contains(momentum) { throw ValidationError("--momentum must be in 0..<1.") }
    }

    func run() async throws {
        let question = TheoryQuestion(
            prior: prior, optimizer: optimizer, anchor: values, anchorBudget: anchor?.value ?? 0,
            tokenBudgets: tokenBudget.map(\.value))
        try Output.show(TheoryView(theory: try Assembly.factory.theory(question)), as: output.format)
    }
}

extension SweepDefinition.LawChoice.Prior: ExpressibleByArgument {}
