import ArgumentParser
import Foundation
import ScalingLaws
import Tuner

/// Privacy losses, the noise they need, and what that does to the learning rate.
struct LawPrivacyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy",
        abstract: "Privacy loss of a training run, the noise a wanted loss needs, and the rate then.",
        discussion: """
            For private SGD: Poisson batches, clipped gradients, Gaussian noise; accounted by Renyi differential \
            privacy. With a rate tuned at one noise multiplier, rates of DP-SGD and DP-SignSGD at the others follow.

              tunerd law privacy --records 60k --batch-size 256 --epochs 60 --delta 1e-5 --noise-multiplier 1.1
              tunerd law privacy --records 60k --batch-size 256 --epochs 60 --delta 1e-5 --epsilon 1 --epsilon 8 \
            --learning-rate 0.5 --at-noise-multiplier 1
            """)

    @Option(help: "Records of the training data.") var records: CountArgument
    @Option(help: "Expected records a batch.") var batchSize: CountArgument
    @Option(help: "Steps of one run.") var steps: CountArgument?
    @Option(help: "Or passes over the data.") var epochs: PositiveNumber?
    @Option(help: "delta; well below 1 / records.") var delta: Double
    @Option(help: "Wanted epsilon, of all trials together; may be repeated.") var epsilon: [PositiveNumber] =
        []
    @Option(help: "Noise multiplier z: deviation of the noise over the clipping norm; may be repeated.")
    var noiseMultiplier: [PositiveNumber] = []
    @Option(help: "Runs on the same data, sweep trials included; their losses add.") var trials: Int = 1
    @Option(help: "Learning rate tuned at --at-noise-multiplier.") var learningRate: PositiveNumber?
    @Option(help: "Noise multiplier of the tuned learning rate, same batch size and clipping norm.")
    var atNoiseMultiplier: PositiveNumber?
    @Option(help: "Steps of the tuned learning rate; default those of the run.") var atSteps: CountArgument?
    @Option(help: "A: the loss left after time t falls as t^-A; default 1, between 0.59 and 1.41 with 80 %.")
    var decay: PositiveNumber?
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (steps == nil) != (epochs == nil) else { throw ValidationError("Give --steps or --epochs.") }
        guard batchSize.value <= records.value else {
            throw ValidationError("--batch-size must be at most --records.")
        }
        guard delta > 0, delta < 1 else { throw ValidationError("--delta must be between 0 and 1.") }
        guard trials > 0 else { throw ValidationError("--trials must be at least 1.") }
        if epsilon.isEmpty, noiseMultiplier.isEmpty {
            throw ValidationError("Name an --epsilon or a --noise-multiplier.")
        }
        guard
            (noiseMultiplier + [atNoiseMultiplier].compactMap { $0 }).allSatisfy({ (1e-6...1e6) ~= $0.value })
        else { throw ValidationError("Noise multipliers must be from 1e-6 to 1e6.") }
        guard (learningRate == nil) == (atNoiseMultiplier == nil) else {
            throw ValidationError("--learning-rate and --at-noise-multiplier go together.")
        }
        if learningRate == nil, atSteps != nil || decay != nil {
            throw ValidationError("--at-steps and --decay are about --learning-rate.")
        }
        guard runSteps < 1e12 else { throw ValidationError("The run has too many steps.") }
    }

    private var runSteps: Double {
        let passes = epochs.map { ($0.value * Double(records.value) / Double(batchSize.value)).rounded(.up) }
        return Double(steps?.value ?? 0) + (passes ?? 0)
    }

    /// The JSON.
    struct Record: Encodable {
        struct Rate: Encodable {
            var value: Double
            /// From the width of A; absent when A was given.
            var interval: [Double]?
        }
        struct Run: Encodable {
            var noiseMultiplier: Double
            /// Of one trial.
            var epsilon: Double
            /// Of all trials.
            var epsilonOfTrials: Double
            var order: Double
            var gradientRate: Rate?
            var signRate: Rate?

            enum CodingKeys: String, CodingKey {
                case epsilon, order
                case noiseMultiplier = "noise_multiplier"
                case epsilonOfTrials = "epsilon_of_trials"
                case gradientRate = "learning_rate_dp_sgd"
                case signRate = "learning_rate_dp_sign_sgd"
            }
        }
        struct Assumption: Encodable {
            var code: String
            var text: String
        }
        var samplingRate: Double
        var steps: Int
        var delta: Double
        var trials: Int
        var runs: [Run]
        var assumptions: [Assumption]

        enum CodingKeys: String, CodingKey {
            case steps, delta, trials, runs, assumptions
            case samplingRate = "sampling_rate"
        }
    }

    func run() throws {
        do {
            try Output.show(report(try record()), as: output.format)
        } catch let error as PrivacyError {
            throw TunerError(.usage, "no privacy loss: \(error)")
        }
    }

    private func record() throws -> Record {
        let steps = Int(runSteps)
        let rate = Double(batchSize.value) / Double(records.value)
        let accountant = RDPAccountant.fine
        var multipliers = noiseMultiplier.map(\.value)
        for wanted in epsilon {
            multipliers.append(
                try accountant.noiseMultiplier(
                    epsilon: wanted.value, delta: delta, samplingRate: rate, steps: steps, trials: trials))
        }
        let runs = try multipliers.map { z in
            let one = try accountant.guarantee(
                samplingRate: rate, noiseMultiplier: z, steps: steps, delta: delta)
            let all = try accountant.guarantee(
                samplingRate: rate, noiseMultiplier: z, steps: steps, delta: delta, trials: trials)
            return Record.Run(
                noiseMultiplier: z, epsilon: one.epsilon, epsilonOfTrials: all.epsilon, order: all.order,
                gradientRate: moved(.gradient, to: z, steps: steps),
                signRate: moved(.sign, to: z, steps: steps))
        }
        return Record(
            samplingRate: rate, steps: steps, delta: delta, trials: trials, runs: runs,
            assumptions: PrivacyAssumption.allCases.map { .init(code: $0.rawValue, text: $0.text) })
    }

    /// The tuned rate at another noise multiplier and number of steps.
    private func moved(_ method: PrivateMethod, to z: Double, steps: Int) -> Record.Rate? {
        guard let learningRate, let anchor = atNoiseMultiplier, z > 0 else { return nil }
        let longer = Double(steps) / Double(atSteps?.value ?? steps)
        func rate(_ decay: Double) -> Double {
            let law = PrivateRateLaw(decay: decay)
            return learningRate.value * pow(z / anchor.value, law.rateInNoise(method))
                * pow(longer, law.rateInSteps)
        }
        if let decay { return .init(value: rate(decay.value)) }
        let belief = PrivateRateLaw.decayPrior
        // 90 % point of Student's t with three degrees of freedom.
        let width = 1.637744 * belief.deviation
        let ends = [rate(belief.mean - width), rate(belief.mean + width)].sorted()
        return .init(value: rate(belief.mean), interval: ends)
    }

    private func report(_ record: Record) -> LawReport<Record> {
        var columns: [TextTable.Column] = [.number("noise multiplier"), .number("epsilon")]
        if trials > 1 { columns.append(.number("of \(trials) trials")) }
        columns.append(.number("order"))
        let moves = learningRate != nil
        if moves {
            columns += [
                .number("DP-SGD rate"), .number("80 % interval"), .number("DP-SignSGD rate"),
                .number("80 % interval"),
            ]
        }
        var table = TextTable(columns)
        for run in record.runs {
            var row: [TextTable.Cell] = [
                .init(NumberText.short(run.noiseMultiplier, digits: 5), .bold),
                .init(NumberText.short(run.epsilon), .bold),
            ]
            if trials > 1 { row.append(.init(NumberText.short(run.epsilonOfTrials), .bold)) }
            row.append(.init(NumberText.short(run.order)))
            for rate in moves ? [run.gradientRate, run.signRate] : [] {
                row.append(.init(rate.map { NumberText.short($0.value) } ?? "-"))
                row.append(.init(NumberText.interval(rate?.interval)))
            }
            table.rows.append(row)
        }
        var parts: [LawReport<Record>.Part] = [
            .line(
                "\(record.steps) steps, each record in a batch with probability "
                    + "\(NumberText.short(record.samplingRate)); delta \(NumberText.short(record.delta))"),
            .table(table), .line("epsilon takes for granted:"),
        ]
        parts += record.assumptions.map { .line("- \($0.text) [\($0.code)]") }
        var caution =
            "epsilon is an upper bound, 8 to 25 % above the tight value; shuffled batches are not covered by it."
        if delta * Double(records.value) >= 0.1 {
            caution += " delta is not well below 1 / records: it may then hide the loss of a whole record."
        }
        if moves {
            caution +=
                " Rates are for privacy noise that outweighs the batch's; DP-SGD's exponent in the noise was "
                + "measured at -0.6 on steep spectra and below -1 at extreme noise"
        }
        return LawReport(
            record: record, parts: parts,
            regime:
                "private SGD with per-record clipping and Gaussian noise, one batch size and clipping norm throughout",
            caution: caution)
    }
}
