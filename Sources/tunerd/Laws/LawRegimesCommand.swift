import ArgumentParser
import Foundation
import ScalingLaws
import Tuner

/// The minimisers of the bound of linear-minimization-oracle methods.
struct LawRegimesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "regimes", abstract: "Show the best settings of the convergence bound in every regime.",
        discussion: """
            For methods with normalised steps (Muon, Scion, sign descent, normalized SGD; Adam approximately). \
            Regime A tunes the learning rate, B also momentum, C also the batch size, D all three; what is not tuned \
            is held at --batch-size-tokens and --momentum, and regimes that miss one are left out. The problem is \
            given by its constants, or by one tuned setting (--at with --learning-rate, --tuned).

              tunerd law regimes --gap 3 --smoothness 5 --noise 60 --batch-size-tokens 64Ki --momentum 0.95 \
            --token-budget 1B
              tunerd law regimes --at 1B --learning-rate 0.02 --momentum 0.95 --batch-size-tokens 256Ki \
            --tuned learning_rate --tuned momentum --token-budget 10B
            """)

    @OptionGroup(title: "Constants of the problem") var problem: ProblemOptions
    @OptionGroup(title: "Or a tuned setting; its batch size and momentum are also what is held") var setting:
        AnchorOptions
    @Option(help: "Tokens of the asked run; may be repeated.") var tokenBudget: [PositiveNumber] = []
    @Option(help: "Which bound is minimised.") var bound: LMOBound.Choice = .standard
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if tokenBudget.isEmpty { throw ValidationError("Name a --token-budget.") }
        if tokenBudget.contains(where: { $0.value < 1 }) {
            throw ValidationError("--token-budget must be at least 1.")
        }
        if problem.isGiven {
            if setting.anchor != nil || setting.learningRate != nil || !setting.tuned.isEmpty {
                throw ValidationError(
                    "--gap, --smoothness and --noise exclude --at, --learning-rate and --tuned: both say what the "
                        + "problem is.")
            }
            return
        }
        guard setting.point != nil else {
            throw ValidationError(
                "Give --gap, --smoothness and --noise; or --at, --learning-rate, --batch-size-tokens, --momentum and "
                    + "--tuned.")
        }
        guard setting.tuned.contains(.learningRate), setting.tuned.count > 1 else {
            throw ValidationError(
                "A tuned learning rate alone says nothing of the noise: name --tuned learning_rate and --tuned "
                    + "momentum or batch_size_tokens, or ask 'law transfer'.")
        }
    }

    func run() throws { try Output.show(try report(), as: output.format) }

    /// One regime with what is held.
    private struct Case {
        var name: String
        var tuned: String
        var regime: LMORegime
        var mode: BudgetTransfer.Mode
    }

    private var cases: [Case] {
        let batch = setting.batchSizeTokens?.value
        let alpha = setting.momentumComplement
        var cases: [Case] = []
        if let batch, let alpha {
            cases.append(
                Case(
                    name: "A", tuned: "learning_rate",
                    regime: .learningRate(batchSize: batch, momentumComplement: alpha), mode: .learningRate))
        }
        if let batch {
            cases.append(
                Case(
                    name: "B", tuned: "learning_rate, momentum",
                    regime: .learningRateAndMomentum(batchSize: batch), mode: .learningRateAndMomentum))
        }
        if let alpha {
            cases.append(
                Case(
                    name: "C", tuned: "learning_rate, batch_size_tokens",
                    regime: .learningRateAndBatch(momentumComplement: alpha), mode: .learningRateAndBatch))
        }
        return cases + [Case(name: "D", tuned: "all", regime: .joint, mode: .joint)]
    }

    private func constants() throws -> LMOConstants {
        if let given = try problem.constants() { return given }
        guard let point = setting.point else { throw ValidationError("No problem is given.") }
        let tuned: LMOCalibration.Tuned =
            setting.tuned.contains(.momentum) ? .learningRateAndMomentum : .learningRateAndBatch
        guard let constants = LMOCalibration.full(point, tuned: tuned).constants,
            constants.noise.isFinite, constants.gap.isFinite, constants.smoothness.isFinite
        else { throw TunerError(.usage, "the tuned setting does not determine the problem") }
        return constants
    }

    // MARK: - The answer

    /// The JSON.
    struct Record: Encodable {
        struct Constants: Encodable {
            var gap: Double
            var smoothness: Double
            var noise: Double
        }
        struct Exponents: Encodable {
            var regime: String
            var learningRate: Double
            var momentumComplement: Double
            var batchSizeTokens: Double

            enum CodingKeys: String, CodingKey {
                case regime
                case learningRate = "learning_rate"
                case momentumComplement = "one_minus_momentum"
                case batchSizeTokens = "batch_size_tokens"
            }
        }
        struct Optimum: Encodable {
            var regime: String
            var setting: SettingRecord
            var value: Double?
        }
        struct Saturation: Encodable {
            var criticalBatch: Double
            var stepsToSaturation: Double?
            var stepsToNoiseFloor: Double?
            var noiseFloor: Double?
            var budgetOfUnitBatch: Double?

            enum CodingKeys: String, CodingKey {
                case criticalBatch = "critical_batch_size_tokens"
                case stepsToSaturation = "steps_to_saturation"
                case stepsToNoiseFloor = "steps_to_noise_floor"
                case noiseFloor = "noise_floor"
                case budgetOfUnitBatch = "token_budget_of_unit_batch"
            }
        }
        struct Budget: Encodable {
            var tokenBudget: Double
            var optima: [Optimum]
            var valley: LMOValley
            var saturation: Saturation

            enum CodingKeys: String, CodingKey {
                case optima, valley, saturation
                case tokenBudget = "token_budget"
            }
        }

        var bound: String
        /// Absent when they come from a setting, which tells their scales only.
        var constants: Constants?
        var stepScale: Double
        var batchScale: Double
        var exponents: [Exponents]
        var budgets: [Budget]

        enum CodingKeys: String, CodingKey {
            case bound, constants, exponents, budgets
            case stepScale = "step_scale"
            case batchScale = "batch_scale"
        }
    }

    private func report() throws -> LawReport<Record> {
        let constants = try constants()
        let cases = cases
        let record = Record(
            bound: bound.rawValue,
            constants: problem.isGiven
                ? .init(gap: constants.gap, smoothness: constants.smoothness, noise: constants.noise) : nil,
            stepScale: constants.stepScale, batchScale: constants.batchScale, exponents: cases.map(exponents),
            budgets: tokenBudget.map { budget($0.value, constants, cases) })
        let settings = record.budgets.flatMap(\.optima).map(\.setting)
        guard settings.allSatisfy({ $0.learningRate.isFinite && $0.learningRate > 0 && $0.steps.isFinite })
        else {
            throw TunerError(.usage, "these numbers are too large or too small for a best setting")
        }
        var parts: [LawReport<Record>.Part] = [
            .titled("leading exponents in the token budget:", exponentTable(record.exponents, cases))
        ]
        for budget in record.budgets { parts += text(budget, cases) }
        return LawReport(
            record: record, parts: parts,
            regime:
                "averaged dual gradient norm of a momentum method with normalised steps, constant rate, fresh data; "
                + "what is called critical is where a larger batch stops being free",
            caution:
                "it bounds a gradient norm, not the loss, and its noise term is pessimistic: tuned 1 - momentum came "
                + "out 6 to 15 times larger than predicted, prefactors from probes are right to a factor of 2 or 3. "
                + "Believe exponents; in regime D only the valley is determined, not the point")
    }

    /// Exponents of a transfer, which is where they are stated.
    private func exponents(_ one: Case) -> Record.Exponents {
        let anchor = LMOPoint(learningRate: 1, momentumComplement: 1e-3, batchSize: 1, tokenBudget: 1)
        let moved = BudgetTransfer(anchor: anchor).setting(tokenBudget: 2, mode: one.mode)
        func exponent(_ value: Double, _ start: Double) -> Double {
            let raw = log(value / start) / log(2.0)
            return (raw * 1e9).rounded() / 1e9
        }
        return .init(
            regime: one.name, learningRate: exponent(moved.learningRate, 1),
            momentumComplement: exponent(moved.momentumComplement, 1e-3),
            batchSizeTokens: exponent(moved.batchSize, 1))
    }

    private func budget(_ tokens: Double, _ constants: LMOConstants, _ cases: [Case]) -> Record.Budget {
        let batch = setting.batchSizeTokens?.value
        let alpha = setting.momentumComplement
        let optima = cases.map { one in
            let optimum = constants.optimum(one.regime, tokenBudget: tokens, bound: bound.bound)
            return Record.Optimum(
                regime: one.name, setting: SettingRecord(optimum.point),
                value: problem.isGiven ? optimum.value : nil)
        }
        var saturation = Record.Saturation(criticalBatch: constants.criticalBatch(tokenBudget: tokens))
        saturation.stepsToSaturation = batch.map { constants.stepsToSaturation(batchSize: $0) }
        saturation.budgetOfUnitBatch = alpha.map { constants.budgetOfUnitBatch(momentumComplement: $0) }
        if let batch, let alpha {
            saturation.stepsToNoiseFloor = constants.stepsToNoiseFloor(
                batchSize: batch, momentumComplement: alpha)
            if problem.isGiven {
                saturation.noiseFloor = constants.noiseFloor(batchSize: batch, momentumComplement: alpha)
            }
        }
        return .init(
            tokenBudget: tokens, optima: optima, valley: constants.valley(tokenBudget: tokens),
            saturation: saturation)
    }

    private func exponentTable(_ exponents: [Record.Exponents], _ cases: [Case]) -> TextTable {
        var table = TextTable([
            .text("regime"), .text("tuned"), .number("learning_rate"), .number("1 - momentum"),
            .number("batch_size_tokens"),
        ])
        for (row, one) in zip(exponents, cases) {
            table.rows.append([
                .init(row.regime), .init(one.tuned), .init(NumberText.short(row.learningRate, digits: 3)),
                .init(NumberText.short(row.momentumComplement, digits: 3)),
                .init(NumberText.short(row.batchSizeTokens, digits: 3)),
            ])
        }
        return table
    }

    private func text(_ budget: Record.Budget, _ cases: [Case]) -> [LawReport<Record>.Part] {
        var columns: [TextTable.Column] = [.text("regime")] + SettingRecord.columns
        if problem.isGiven { columns.append(.number("bound")) }
        var table = TextTable(columns)
        for optimum in budget.optima {
            var row = [TextTable.Cell(optimum.regime)] + optimum.setting.cells
            if let value = optimum.value { row.append(.init(NumberText.short(value))) }
            table.rows.append(row)
        }
        let valley = budget.valley
        let saturation = budget.saturation
        var parts: [LawReport<Record>.Part] = [
            .titled("for \(NumberText.count(budget.tokenBudget)) tokens:", table),
            .line(
                "valley of equally good settings: batch_size_tokens / (1 - momentum) = "
                    + "\(NumberText.short(valley.memoryTokens)), learning_rate / batch_size_tokens = "
                    + "\(NumberText.short(valley.learningRatePerToken))"),
            .line("critical batch size: \(NumberText.short(saturation.criticalBatch)) tokens"),
        ]
        if let steps = saturation.stepsToSaturation {
            parts.append(
                .line("momentum helps from step \(NumberText.short(steps)) on, at the held batch size"))
        }
        if let steps = saturation.stepsToNoiseFloor {
            let floor = saturation.noiseFloor.map { " (\(NumberText.short($0)))" } ?? ""
            parts.append(
                .line(
                    "the noise floor\(floor) dominates from step \(NumberText.short(steps)) on, at the held batch size "
                        + "and momentum"))
        }
        return parts
    }
}
