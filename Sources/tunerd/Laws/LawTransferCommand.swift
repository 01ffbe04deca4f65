import ArgumentParser
import ScalingLaws
import Tuner

/// A known setting carried to another budget, by every rule side by side.
struct LawTransferCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer", abstract: "Carry a known good setting to another token budget.",
        discussion: """
            Without any constant: what was tuned decides which rule holds (--tuned), all are shown. 'valley' moves \
            momentum and learning rate to a batch size of your choice; 'bst' is the rule of the mu-KL bound, at a \
            fixed weight decay. Learning rates are peaks; --to-schedule turns them into those of another schedule.

              tunerd law transfer --at 1B --learning-rate 0.02 --momentum 0.95 --batch-size-tokens 256Ki \
            --tuned learning_rate --tuned momentum --token-budget 10B
            """)

    @OptionGroup(title: "The known setting") var setting: AnchorOptions
    @Option(help: "Its decoupled weight decay, to be carried along.") var weightDecay: Double?
    @Option(help: "Its schedule: constant, linear, cosine, wsd or wsd:FRACTION (of decay; wsd alone is 0.2).")
    var schedule: ScheduleArgument?
    @Option(help: "Tokens of the asked run; may be repeated.") var tokenBudget: [PositiveNumber] = []
    @Option(help: "Batch size of the asked run in mode 'valley'; default that of the known setting.")
    var toBatchSizeTokens: PositiveNumber?
    @Option(help: "Batch sizes of the answer are multiples of this; default real numbers.")
    var batchMultiple: PositiveNumber?
    @Option(help: "Momentum does not fall below this.") var leastMomentum: Double = 0
    @Option(help: "Schedule of the asked run; default that of the known setting.") var toSchedule:
        ScheduleArgument?
    @Option(help: "Fraction of linear warm-up in both.") var warmup: Double = 0
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if setting.point == nil {
            throw ValidationError(
                "The known setting needs --at, --learning-rate, --batch-size-tokens and --momentum (0 for none)."
            )
        }
        if tokenBudget.isEmpty { throw ValidationError("Name a --token-budget.") }
        if let weightDecay, !(weightDecay >= 0 && weightDecay.isFinite) {
            throw ValidationError("--weight-decay must be at least 0.")
        }
        if !(0..<1).contains(leastMomentum) {
            throw ValidationError("--least-momentum must be at least 0 and less than 1.")
        }
        if !(0...0.3).contains(warmup) { throw ValidationError("--warmup must be from 0 to 0.3.") }
        if toSchedule != nil, schedule == nil {
            throw ValidationError("--to-schedule needs --schedule: that of the known setting.")
        }
        for shape in [schedule, toSchedule].compactMap({ $0 })
        where ScheduleFactors(shape.shape, warmupFraction: warmup).meanSquare <= 0 {
            throw ValidationError("--warmup leaves nothing of schedule \(shape.name).")
        }
    }

    func run() throws { try Output.show(try report(), as: output.format) }

    // MARK: - The answer

    /// The JSON.
    struct Record: Encodable {
        struct Mode: Encodable {
            var mode: String
            var fits: Bool
            var setting: SettingRecord

            enum CodingKeys: String, CodingKey {
                case mode, setting
                case fits = "fits_what_was_tuned"
            }
        }
        struct Budget: Encodable {
            var tokenBudget: Double
            var modes: [Mode]
            /// Peak learning rates of the mode that fits, by schedule; absent without a schedule.
            var peaks: [String: Double]?

            enum CodingKeys: String, CodingKey {
                case modes
                case tokenBudget = "token_budget"
                case peaks = "peak_learning_rates"
            }
        }

        var anchor: SettingRecord
        var tuned: [LawAxis]
        var scheduleFactor: Double
        var budgets: [Budget]

        enum CodingKeys: String, CodingKey {
            case anchor, tuned, budgets
            case scheduleFactor = "schedule_factor"
        }
    }

    private var tuned: [LawAxis] { setting.tuned.isEmpty ? [.learningRate] : setting.tuned }

    /// Peaks of the asked schedule over those of the known one.
    private var scheduleFactor: Double {
        guard let schedule else { return 1 }
        return (toSchedule ?? schedule).peakFactor(warmup: warmup) / schedule.peakFactor(warmup: warmup)
    }

    private func report() throws -> LawReport<Record> {
        guard let anchor = setting.point else { throw ValidationError("No setting is given.") }
        let transfer = BudgetTransfer(
            anchor: anchor, alphaMax: max(1 - leastMomentum, anchor.momentumComplement),
            batchMultiple: batchMultiple?.value ?? 0)
        let record = Record(
            anchor: SettingRecord(anchor, weightDecay: weightDecay), tuned: tuned,
            scheduleFactor: scheduleFactor, budgets: tokenBudget.map { budget($0.value, transfer) })
        let numbers = record.budgets.flatMap(\.modes).flatMap { [$0.setting.learningRate, $0.setting.steps] }
        guard numbers.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw TunerError(.usage, "the asked budget is too far from the known one for any number")
        }
        var parts: [LawReport<Record>.Part] = []
        if scheduleFactor != 1 {
            parts.append(
                .line(
                    "learning rates are peaks of schedule \((toSchedule ?? schedule)?.name ?? ""), "
                        + "\(NumberText.short(scheduleFactor)) times those of \(schedule?.name ?? "")"))
        }
        for budget in record.budgets { parts += text(budget) }
        return LawReport(
            record: record, parts: parts,
            regime:
                "one problem, fresh data, momentum methods with normalised steps, batches below the critical one; "
                + "* is the rule for what was tuned",
            caution:
                "a setting that was not at its optimum carries its error along, and a result is no anchor for the "
                + "next one. The momentum's exponents are the weakest part (own sweeps saw a quarter of them), D rests on "
                + "lower-order terms, and in some families the best rate at fixed batch does not fall with tokens at all"
        )
    }

    private func budget(_ tokens: Double, _ transfer: BudgetTransfer) -> Record.Budget {
        let anchor = transfer.anchor
        let target = toBatchSizeTokens?.value ?? anchor.batchSize
        let rules: [(String, BudgetTransfer.Mode)] = [
            ("A", .learningRate), ("B", .learningRateAndMomentum), ("C", .learningRateAndBatch),
            ("D", .joint),
            ("valley", .valley(batchSize: target)),
        ]
        let fitting = fittingMode(transfer)
        var modes = rules.map { name, mode in
            record(name, name == fitting, transfer.setting(tokenBudget: tokens, mode: mode), transfer)
        }
        modes.append(record("bst", false, kl(tokens, anchor), transfer))
        let fit = modes.first(where: \.fits)
        let peaks = schedule.flatMap { known in
            fit.map { mode in
                let flat = mode.setting.learningRate / (toSchedule ?? known).peakFactor(warmup: warmup)
                return Dictionary(
                    ScheduleArgument.shown.map { ($0.name, flat * $0.peakFactor(warmup: warmup)) },
                    uniquingKeysWith: { first, _ in first })
            }
        }
        return Record.Budget(tokenBudget: tokens, modes: modes, peaks: peaks)
    }

    private func fittingMode(_ transfer: BudgetTransfer) -> String {
        switch transfer.mode(tunedAxes: Set(tuned)) {
        case .learningRate: "A"
        case .learningRateAndMomentum: "B"
        case .learningRateAndBatch: "C"
        case .joint: "D"
        case .valley: "valley"
        }
    }

    private func record(
        _ name: String, _ fits: Bool, _ point: LMOPoint, _ transfer: BudgetTransfer
    ) -> Record.Mode {
        // 'bst' is derived at a fixed radius, the reciprocal of the decay.
        let decay = weightDecay.map { name == "bst" ? $0 : transfer.weightDecay(anchorDecay: $0, at: point) }
        var setting = SettingRecord(point, weightDecay: decay)
        setting.learningRate *= scheduleFactor
        return Record.Mode(mode: name, fits: fits, setting: setting)
    }

    /// The rule of the mu-KL bound: the Frank-Wolfe step is decay times rate, so that at a fixed decay the rate moves as
    /// it does.
    private func kl(_ tokens: Double, _ anchor: LMOPoint) -> LMOPoint {
        let rule = KLTransfer(
            batchSize: anchor.batchSize, frankWolfeStep: anchor.learningRate, tokenBudget: anchor.tokenBudget)
        var batch = rule.batchSize(tokenBudget: tokens)
        if let multiple = batchMultiple?.value {
            batch = max(1, (batch / multiple * (1 + 1e-12)).rounded(.down)) * multiple
        }
        return LMOPoint(
            learningRate: rule.frankWolfeStep(batchSize: batch, tokenBudget: tokens),
            momentumComplement: anchor.momentumComplement, batchSize: batch, tokenBudget: tokens)
    }

    private func text(_ budget: Record.Budget) -> [LawReport<Record>.Part] {
        let moved = [
            "A": "learning_rate", "B": "learning_rate, momentum", "C": "learning_rate, batch_size_tokens",
            "D": "all", "valley": "all, at one batch size", "bst": "learning_rate, batch_size_tokens (mu-KL)",
        ]
        var columns: [TextTable.Column] = [.text("mode"), .text("moves")] + SettingRecord.columns
        if weightDecay != nil { columns.append(.number("weight_decay")) }
        var table = TextTable(columns)
        for mode in budget.modes {
            var row: [TextTable.Cell] = [
                .init(mode.mode + (mode.fits ? " *" : ""), mode.fits ? .good : .plain),
                .init(moved[mode.mode] ?? ""),
            ]
            row += mode.setting.cells
            if let decay = mode.setting.weightDecay { row.append(.init(NumberText.short(decay))) }
            table.rows.append(row)
        }
        var parts: [LawReport<Record>.Part] = [
            .titled("for \(NumberText.count(budget.tokenBudget)) tokens:", table)
        ]
        if let peaks = budget.peaks {
            var schedules = TextTable([.text("schedule"), .number("peak learning_rate")])
            for shape in ScheduleArgument.shown {
                guard let peak = peaks[shape.name] else { continue }
                schedules.rows.append([
                    .init(shape.name == "wsd" ? "wsd (20 % decay)" : shape.name),
                    .init(NumberText.short(peak)),
                ])
            }
            parts.append(.titled("the starred rate as the peak of a schedule:", schedules))
        }
        return parts
    }
}
