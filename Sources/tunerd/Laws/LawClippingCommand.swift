import ArgumentParser
import ScalingLaws

/// Schedules of quantile clipping.
struct LawClippingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clipping",
        abstract: "Learning rates and quantiles for clipping at a quantile of gradient norms.",
        discussion: """
            A fixed quantile leaves a bias that no number of steps removes; these schedules remove it. q is the \
            highest moment of the gradient noise that is finite, from 1 to 2: give it, or a tail index. With privacy \
            noise (--noise-multiplier) the exponents are those of theorem A, without those of B. --gap, --smoothness \
            and --noise add the best constant setting.

              tunerd law clipping --moment 1.5 --steps 10k --batch-size 64 --learning-rate 0.1
              tunerd law clipping --tail-index 1.8 --steps 10k --batch-size 1k --dimension 1M --noise-multiplier 1
            """)

    @Option(help: "q, above 1 and at most 2.") var moment: Double?
    @Option(help: "Or the tail index of gradient norms: q is 0.9 of it, from 1.05 to 2.") var tailIndex:
        PositiveNumber?
    @Option(help: "K.") var steps: CountArgument
    @Option(help: "B, examples a step.") var batchSize: PositiveNumber
    @Option(help: "d, parameters; needed with --noise-multiplier.") var dimension: PositiveNumber?
    @Option(help: "z, privacy noise over the clipping threshold; 0 is none.") var noiseMultiplier: Double = 0
    @Option(help: "Learning rate of the first step.") var learningRate: PositiveNumber?
    @Option(help: "Fraction of examples clipped in the first step, at most 0.5.") var clippedFraction:
        Double = 0.5
    @Option(help: "The fraction does not fall below this.") var leastClippedFraction: Double = 0
    @OptionGroup(title: "Constants, for the best constant setting; batches in examples") var problem:
        ProblemOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (moment == nil) != (tailIndex == nil) else {
            throw ValidationError("Give --moment or --tail-index.")
        }
        if let moment, !(moment > 1 && moment <= 2) {
            throw ValidationError("--moment must be above 1 and at most 2.")
        }
        guard noiseMultiplier >= 0, noiseMultiplier.isFinite else {
            throw ValidationError("--noise-multiplier must be at least 0.")
        }
        if noiseMultiplier > 0, dimension == nil {
            throw ValidationError("--noise-multiplier needs --dimension: noise is added to every coordinate.")
        }
        guard clippedFraction > 0, clippedFraction <= 0.5, (0...0.5).contains(leastClippedFraction) else {
            throw ValidationError(
                "--clipped-fraction must be above 0, both fractions at most 0.5.")
        }
    }

    /// The JSON.
    struct Record: Encodable {
        struct Exponents: Encodable {
            var learningRateInSteps: Double
            var clippedFractionInSteps: Double
            var learningRateInInverseBatch: Double
            var clippedFractionInInverseBatch: Double
            var valueInSteps: Double

            enum CodingKeys: String, CodingKey {
                case learningRateInSteps = "learning_rate_in_steps"
                case clippedFractionInSteps = "clipped_fraction_in_steps"
                case learningRateInInverseBatch = "learning_rate_in_inverse_batch"
                case clippedFractionInInverseBatch = "clipped_fraction_in_inverse_batch"
                case valueInSteps = "squared_gradient_in_steps"
            }
        }
        struct Step: Encodable {
            var step: Int
            var learningRate: Double
            var clippedFraction: Double
            var quantile: Double

            enum CodingKeys: String, CodingKey {
                case step, quantile
                case learningRate = "learning_rate"
                case clippedFraction = "clipped_fraction"
            }
        }
        struct Constant: Encodable {
            var learningRate: Double
            var clippedFraction: Double
            var bound: Double

            enum CodingKeys: String, CodingKey {
                case bound
                case learningRate = "learning_rate"
                case clippedFraction = "clipped_fraction"
            }
        }
        var moment: Double
        var theorem: String
        var exponents: Exponents
        /// 1/B and the privacy noise.
        var inverseBatch: Double
        /// Beyond it larger batches gain nothing; absent without privacy noise.
        var criticalBatch: Double?
        /// Learning rates are relative to the first when none was given.
        var schedule: [Step]
        var bestConstant: Constant?

        enum CodingKeys: String, CodingKey {
            case moment, theorem, exponents, schedule
            case inverseBatch = "inverse_batch"
            case criticalBatch = "critical_batch_size"
            case bestConstant = "best_constant"
        }
    }

    func run() throws {
        let q = moment ?? tailIndex.map { TailIndex.moment(of: $0.value) } ?? 2
        let isPrivate = noiseMultiplier > 0
        let exponents: QuantileClippingExponents =
            isPrivate ? .general(moment: q) : .withoutPrivacyNoise(moment: q)
        let schedule = QuantileClippingSchedule(
            firstLearningRate: learningRate?.value ?? 1, firstClippedFraction: clippedFraction,
            exponents: exponents, smallestClippedFraction: leastClippedFraction)
        let budget = PrivateBudget(dimension: dimension?.value ?? 0, noiseMultiplier: noiseMultiplier)
        let inverse = budget.inverseBatch(batchSize: batchSize.value)
        var record = Record(
            moment: q, theorem: isPrivate ? "A" : "B",
            exponents: .init(
                learningRateInSteps: exponents.learningRateInSteps,
                clippedFractionInSteps: exponents.clippedFractionInSteps,
                learningRateInInverseBatch: exponents.learningRateInInverseBatch,
                clippedFractionInInverseBatch: exponents.clippedFractionInInverseBatch,
                valueInSteps: exponents.valueInSteps), inverseBatch: inverse,
            criticalBatch: isPrivate ? budget.criticalBatch : nil,
            schedule: Self.shown(steps.value).map {
                .init(
                    step: $0, learningRate: schedule.learningRate(step: $0),
                    clippedFraction: schedule.clippedFraction(step: $0), quantile: schedule.quantile(step: $0)
                )
            })
        if let constants = try problem.constants() {
            let best = QuantileClippingBound(
                gap: constants.gap, smoothness: constants.smoothness, noise: constants.noise, moment: q
            ).optimum(steps: Double(steps.value), inverseBatch: inverse)
            record.bestConstant = .init(
                learningRate: best.learningRate, clippedFraction: best.clippedFraction, bound: best.value)
        }
        try Output.show(report(record), as: output.format)
    }

    /// 0, 1, 3, 10, ... and the last step.
    private static func shown(_ steps: Int) -> [Int] {
        var shown = [0]
        var next = 1
        while next < steps - 1 {
            shown.append(next)
            // 1, 3, 10, 30, ...; counts reach 10^18, so that this does not overflow.
            next = String(next).first == "1" ? next * 3 : next / 3 * 10
        }
        return steps > 1 ? shown + [steps - 1] : shown
    }

    private func report(_ record: Record) -> LawReport<Record> {
        let relative = learningRate == nil ? " (the first is 1)" : ""
        var table = TextTable([
            .number("step"), .number("learning_rate"), .number("quantile"), .number("clipped"),
        ])
        for step in record.schedule {
            table.rows.append([
                "\(step.step)", .init(NumberText.short(step.learningRate)),
                .init(NumberText.short(step.quantile, digits: 5)),
                .init(NumberText.short(step.clippedFraction)),
            ])
        }
        func short(_ value: Double) -> String { NumberText.short(value, digits: 3) }
        var parts: [LawReport<Record>.Part] = [
            .line(
                "q = \(short(record.moment)), theorem \(record.theorem): learning_rate ~ K^"
                    + "\(short(record.exponents.learningRateInSteps)), clipped fraction ~ K^"
                    + "\(short(record.exponents.clippedFractionInSteps)), squared gradient ~ K^"
                    + "\(short(record.exponents.valueInSteps))\(relative)"), .table(table),
        ]
        if let critical = record.criticalBatch {
            parts.append(
                .line(
                    "batches beyond \(NumberText.count(critical)) examples gain nothing at a fixed noise multiplier"
                ))
        }
        if let best = record.bestConstant {
            parts.append(
                .line(
                    "best constant setting: learning_rate \(NumberText.short(best.learningRate)), quantile "
                        + "\(NumberText.short(1 - best.clippedFraction, digits: 5)); bound on the mean squared gradient "
                        + "\(NumberText.short(best.bound))"))
        }
        return LawReport(
            record: record, parts: parts,
            regime:
                "SGD whose examples are clipped at a quantile of their gradient norms; noise with q finite moments",
            caution:
                "values are 9 to 100 times below the bound: use exponents. For q = 2 without privacy noise not clipping "
                + "at all is best. Private thresholds cost privacy of their own")
    }
}
