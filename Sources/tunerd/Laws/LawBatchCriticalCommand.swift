import ArgumentParser
import ScalingLaws

/// Critical batch sizes from constants.
struct LawBatchCriticalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "critical",
        abstract: "The batch size beyond which tokens are wasted, from a problem's constants.",
        discussion: """
            By the gradient-norm bound s sqrt(T / (2 L D)), and with --sharpness by the mu-KL bound \
            (T mu s / L)^(2/3). With --target, the batch size that reaches a gradient norm with the fewest tokens.

              tunerd law batch critical --gap 3 --smoothness 5 --noise 60 --token-budget 1B --token-budget 100B
            """)

    @OptionGroup(title: "Constants of the problem") var problem: ProblemOptions
    @Option(help: "mu, gradient norm over loss gap: 1 / step length.") var sharpness: PositiveNumber?
    @Option(help: "Tokens of the run; may be repeated.") var tokenBudget: [PositiveNumber] = []
    @Option(help: "Gradient norm to reach, in the optimizer's dual norm; needs --momentum.") var target:
        PositiveNumber?
    @Option(help: "Momentum that is held on the way to --target, from 0 to 1.") var momentum: Double?
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !problem.isGiven { throw ValidationError("Give --gap, --smoothness and --noise.") }
        if tokenBudget.isEmpty, target == nil {
            throw ValidationError("Name a --token-budget or a --target.")
        }
        if (target == nil) != (momentum == nil) {
            throw ValidationError("--target and --momentum go together.")
        }
        if let momentum, !(0..<1).contains(momentum) {
            throw ValidationError("--momentum must be at least 0 and less than 1.")
        }
    }

    /// The JSON.
    struct Record: Encodable {
        struct Budget: Encodable {
            var tokenBudget: Double
            var gradientNorm: Double
            var kl: Double?

            enum CodingKeys: String, CodingKey {
                case tokenBudget = "token_budget"
                case gradientNorm = "gradient_norm_bound"
                case kl = "mu_kl_bound"
            }
        }
        struct Cheapest: Encodable {
            var target: Double
            var batchSizeTokens: Double
            var steps: Double
            var tokenBudget: Double

            enum CodingKeys: String, CodingKey {
                case target, steps
                case batchSizeTokens = "batch_size_tokens"
                case tokenBudget = "token_budget"
            }
        }
        var naturalBatch: Double
        var criticalBatches: [Budget]
        var cheapest: Cheapest?

        enum CodingKeys: String, CodingKey {
            case cheapest
            case naturalBatch = "natural_batch_size_tokens"
            case criticalBatches = "critical_batch_sizes"
        }
    }

    func run() throws {
        guard let constants = try problem.constants() else { throw ValidationError("No problem is given.") }
        let plateau = sharpness.map {
            KLPlateau(
                KLConstants(
                    gap: constants.gap, smoothness: constants.smoothness, sharpness: $0.value,
                    noise: constants.noise))
        }
        var record = Record(
            naturalBatch: constants.naturalBatch,
            criticalBatches: tokenBudget.map {
                .init(
                    tokenBudget: $0.value, gradientNorm: constants.criticalBatch(tokenBudget: $0.value),
                    kl: plateau?.rightEdge(tokenBudget: $0.value))
            })
        if let target, let momentum {
            let best = constants.cheapest(target: target.value, momentumComplement: 1 - momentum)
            record.cheapest = .init(
                target: target.value, batchSizeTokens: best.batchSize, steps: best.steps,
                tokenBudget: best.tokens)
        }
        try Output.show(report(record), as: output.format)
    }

    private func report(_ record: Record) -> LawReport<Record> {
        var parts: [LawReport<Record>.Part] = [
            .line("noise and signal are equal at \(NumberText.short(record.naturalBatch)) tokens a step")
        ]
        if !record.criticalBatches.isEmpty {
            var columns: [TextTable.Column] = [.number("tokens"), .number("critical batch")]
            if sharpness != nil { columns.append(.number("by mu-KL")) }
            var table = TextTable(columns)
            for budget in record.criticalBatches {
                var row: [TextTable.Cell] = [
                    .init(NumberText.count(budget.tokenBudget)),
                    .init(NumberText.count(budget.gradientNorm), .bold),
                ]
                if let kl = budget.kl { row.append(.init(NumberText.count(kl))) }
                table.rows.append(row)
            }
            parts.append(.table(table))
        }
        if let best = record.cheapest {
            parts.append(
                .line(
                    "gradient norm \(NumberText.short(best.target)) takes the fewest tokens, "
                        + "\(NumberText.count(best.tokenBudget)), at \(NumberText.count(best.batchSizeTokens)) tokens a step "
                        + "for \(NumberText.short(best.steps)) steps"))
        }
        return LawReport(
            record: record, parts: parts,
            regime:
                "methods with normalised steps whose learning rate and 1 - momentum grow along with the batch",
            caution:
                "constants of networks change while they train, and are known to a factor of 2 or 3; published critical "
                + "batch sizes grow as T^0.46 or T^0.47, less than mu-KL's 2/3, which also leaves out its constants"
        )
    }
}
