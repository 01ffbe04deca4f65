public import ArgumentParser
public import ScalingLaws

extension MinibatchSampling: ExpressibleByArgument {}

/// The batch size of the fewest examples on a finite sum.
struct LawBatchFiniteSumCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finite-sum",
        abstract: "The batch size that reaches an accuracy with the fewest examples, for SGD.",
        discussion: """
            For strongly convex sums of --examples functions; batches in examples. Constants must satisfy \
            mu <= L <= L_max <= n L.

              tunerd law batch finite-sum --examples 50k --strong-convexity 0.01 --smoothness 1 \
            --largest-smoothness 20 --gradient-noise 4 --loss-gap 0.05
            """)

    @Option(help: "n, training examples.") var examples: PositiveNumber
    @Option(help: "mu.") var strongConvexity: PositiveNumber
    @Option(help: "L, of the mean.") var smoothness: PositiveNumber
    @Option(help: "L_max, of the roughest example.") var largestSmoothness: PositiveNumber
    @Option(help: "h, mean squared gradient of single examples at the optimum.") var gradientNoise: Double
    @Option(help: "Squared distance to the optimum to reach.") var accuracy: PositiveNumber?
    @Option(help: "Or the loss above the optimum to reach: accuracy 2 gap / L.") var lossGap: PositiveNumber?
    @OptionGroup var output: OutputOptions

    /// Where products of the constants are numbers.
    private static let usable = 1e-30...1e30

    func validate() throws {
        let (mu, mean, largest) = (strongConvexity.value, smoothness.value, largestSmoothness.value)
        guard examples.value >= 1 else { throw ValidationError("--examples must be at least 1.") }
        guard mu <= mean, mean <= largest, largest <= examples.value * mean else {
            throw ValidationError(
                "Constants must satisfy --strong-convexity <= --smoothness <= --largest-smoothness <= --examples times "
                    + "--smoothness.")
        }
        guard gradientNoise >= 0, gradientNoise <= Self.usable.upperBound else {
            throw ValidationError("--gradient-noise must be from 0 to 1e30.")
        }
        let numbers = [mu, mean, largest] + [accuracy, lossGap].compactMap { $0?.value }
        guard examples.value <= 1e15, numbers.allSatisfy(Self.usable.contains) else {
            throw ValidationError("--examples must be at most 1e15, other numbers between 1e-30 and 1e30.")
        }
        guard (accuracy == nil) != (lossGap == nil) else {
            throw ValidationError("Give --accuracy or --loss-gap.")
        }
    }

    /// The JSON.
    struct Record: Encodable {
        struct Sampling: Encodable {
            var sampling: String
            var batchSize: Int
            var examplesPerFactor: Double
            var learningRate: Double
            var examplesPerFactorAtOne: Double

            enum CodingKeys: String, CodingKey {
                case sampling
                case batchSize = "batch_size"
                case examplesPerFactor = "examples_per_factor_e"
                case learningRate = "learning_rate"
                case examplesPerFactorAtOne = "examples_per_factor_e_at_batch_1"
            }
        }
        var accuracy: Double
        /// Exponent of the best batch size in the accuracy, for subsets.
        var accuracyExponent: Double
        var samplings: [Sampling]

        enum CodingKeys: String, CodingKey {
            case accuracy, samplings
            case accuracyExponent = "accuracy_exponent"
        }
    }

    func run() throws {
        let problem = FiniteSumProblem(
            examples: examples.value, strongConvexity: strongConvexity.value, smoothness: smoothness.value,
            largestSmoothness: largestSmoothness.value, gradientNoise: gradientNoise)
        let epsilon = accuracy?.value ?? lossGap.map { problem.accuracy(lossGap: $0.value) } ?? 1
        let record = Record(
            accuracy: epsilon,
            accuracyExponent: BatchPrior(problem: problem, accuracy: epsilon).accuracyExponent,
            samplings: MinibatchSampling.allCases.map { sampling in
                let best = OptimalBatch(problem: problem, sampling: sampling, accuracy: epsilon)
                let batch = best.integer
                return .init(
                    sampling: sampling.rawValue, batchSize: batch,
                    examplesPerFactor: best.cost(batch: Double(batch)),
                    learningRate: sampling.rate(problem, batch: Double(batch)).step(accuracy: epsilon),
                    examplesPerFactorAtOne: best.cost(batch: 1))
            })
        var table = TextTable([
            .text("sampling"), .number("best batch"), .number("learning_rate"),
            .number("examples for a factor e"), .number("at batch 1"),
        ])
        for sampling in record.samplings {
            table.rows.append([
                .init(sampling.sampling), .init("\(sampling.batchSize)", .bold),
                .init(NumberText.short(sampling.learningRate)),
                .init(NumberText.short(sampling.examplesPerFactor)),
                .init(NumberText.short(sampling.examplesPerFactorAtOne)),
            ])
        }
        let report = LawReport(
            record: record,
            parts: [
                .table(table),
                .line(
                    "best batch (subsets) ~ accuracy^\(NumberText.short(record.accuracyExponent, digits: 3)) here"
                ),
            ],
            regime: "SGD with a constant step on a strongly convex finite sum",
            caution:
                "examples are about seven times fewer in practice, though the order of batch sizes is right and the cost "
                + "is flat below the best one. For a network take it as an upper guess, good to a factor of 3"
        )
        try Output.show(report, as: output.format)
    }
}
