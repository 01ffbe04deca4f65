import ArgumentParser
import ScalingLaws

/// Rules between two batch sizes.
struct LawBatchRescaleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rescale",
        abstract: "Carry an Adam-like setting to another batch size, by every rule side by side.",
        discussion: """
            Batch sizes in one unit, tokens or sequences. 'unchanged' is no scaling: it wins more often than \
            textbooks say.

              tunerd law batch rescale --from 256Ki --to 2Mi --learning-rate 0.001
            """)

    @Option(help: "Batch size the setting was tuned at.") var from: PositiveNumber
    @Option(help: "The other batch size.") var to: PositiveNumber
    @Option(help: "Learning rate tuned there.") var learningRate: PositiveNumber
    @Option(help: "Adam's beta1, from 0 to 1.") var beta1: Double = 0.9
    @Option(help: "Adam's beta2, from 0 to 1.") var beta2: Double = 0.95
    @Option(help: "Adam's epsilon.") var epsilon: Double = 1e-8
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0..<1).contains(beta1), (0..<1).contains(beta2) else {
            throw ValidationError("--beta1 and --beta2 must be at least 0 and less than 1.")
        }
        guard epsilon >= 0, epsilon.isFinite else { throw ValidationError("--epsilon must be at least 0.") }
        let ratio = to.value / from.value
        guard ratio.isFinite, ratio > 0 else { throw ValidationError("--from and --to are too far apart.") }
    }

    /// The JSON.
    struct Record: Encodable {
        struct Rule: Encodable {
            var rule: BatchScalingRule
            /// Absent where the rule has no answer.
            var setting: BatchScalingRule.Setting?
            var rightWhen: String

            enum CodingKeys: String, CodingKey {
                case rule, setting
                case rightWhen = "right_when"
            }
        }
        var factor: Double
        var rules: [Rule]
    }

    func run() throws {
        let tuned = BatchScalingRule.Setting(
            learningRate: learningRate.value, firstDecay: beta1, secondDecay: beta2, epsilon: epsilon)
        let record = Record(
            factor: to.value / from.value,
            rules: BatchScalingRule.allCases.map {
                .init(
                    rule: $0, setting: $0.setting(tuned, from: from.value, to: to.value),
                    rightWhen: Self.condition($0))
            })
        var table = TextTable([
            .text("rule"), .number("learning_rate"), .number("beta1"), .number("beta2"), .number("epsilon"),
            .text("right when"),
        ])
        for rule in record.rules {
            let setting = rule.setting
            func cell(_ value: Double?) -> TextTable.Cell {
                .init(value.map { NumberText.short($0, digits: 5) } ?? "-")
            }
            table.rows.append([
                .init(rule.rule.rawValue), cell(setting?.learningRate), cell(setting?.firstDecay),
                cell(setting?.secondDecay), cell(setting?.epsilon), .init(rule.rightWhen),
            ])
        }
        let report = LawReport(
            record: record,
            parts: [.line("batch size times \(NumberText.short(record.factor)):"), .table(table)],
            regime: "one problem; every rule under its own condition (-: a memory shorter than one step)",
            caution:
                "no rule holds beyond the critical batch size but the square root, and none is best everywhere: in an "
                + "atlas of 216 rules for Muon 'unchanged' ranked 12th and 'sde' 160th. 'sde' is from memory, unverified"
        )
        try Output.show(report, as: output.format)
    }

    private static func condition(_ rule: BatchScalingRule) -> String {
        switch rule {
        case .unchanged: "no scaling: same steps, same momentum, normalised steps"
        case .quarterRoot: "same steps, momentum tuned again"
        case .squareRoot: "same tokens, same momentum; beyond the critical batch size"
        case .linear: "same tokens, momentum tuned again; SGD below the critical batch size"
        case .sde: "Adam as a diffusion, gradient noise dominates"
        case .memory: "same tokens: memories kept in tokens"
        case .halfLife: "small batches: Adam's second moment kept in tokens"
        }
    }
}
