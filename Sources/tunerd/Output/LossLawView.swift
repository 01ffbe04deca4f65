import ScalingLaws
import Tuner

/// `tunerd fit --table --loss-law chinchilla`.
struct LossLawView: Presentable {
    /// The JSON.
    struct Record: Encodable {
        var table: FittedRows
        var lossLaw = "chinchilla"
        var form: LossLawForm
        var parameters: [String: Coefficient]
        var objective: Double
        var huberDelta: Double
        var modelSizeExponent: IntervalEstimate?
        var quality: ChinchillaFit.Quality
        var drift: Double
        var ranges: ChinchillaFit.Ranges
        var replicates: Int
        var predictions: [RunPrediction]
        var allocations: [ComputeAllocation]
        var measured: PredictionScore?
        var warnings: [TableWarning]

        enum CodingKeys: String, CodingKey {
            case table, form, parameters, objective, quality, drift, ranges, replicates, predictions,
                allocations
            case measured, warnings
            case lossLaw = "loss_law"
            case huberDelta = "huber_delta"
            case modelSizeExponent = "model_size_exponent"
        }
    }

    /// Which rows were fitted.
    struct FittedRows: Encodable {
        var file: String
        var rowsUsed: Int
        var rowsDropped: Int

        enum CodingKeys: String, CodingKey {
            case file
            case rowsUsed = "rows_used"
            case rowsDropped = "rows_dropped"
        }

        /// `table 'runs.csv': 240 rows, 3 more without a loss`.
        func text(without what: String) -> String {
            "table '\(file)': \(rowsUsed) rows"
                + (rowsDropped > 0 ? ", \(rowsDropped) more without \(what)" : "")
        }
    }

    /// A coefficient with what is known of it.
    struct Coefficient: Encodable {
        var estimate: IntervalEstimate
        var identified: Bool

        private enum CodingKeys: String, CodingKey { case identified }

        func encode(to encoder: any Encoder) throws {
            try estimate.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(identified, forKey: .identified)
        }
    }

    var fit: LossLawTableFit
    var answers: [LossLawAnswer]
    /// Predictions for rows of the table.
    var cells: [RunPrediction]
    /// Conditions of the fit that those rows need not meet.
    var notInherited: TableWarning?

    var law: ChinchillaFit { fit.fit }

    var warnings: [TableWarning] { fit.warnings + [notInherited].compactMap { $0 } }

    var predictions: [RunPrediction] {
        answers.compactMap { if case .loss(let prediction) = $0 { prediction } else { nil } } + cells
    }

    var allocations: [ComputeAllocation] {
        answers.compactMap { if case .split(let allocation) = $0 { allocation } else { nil } }
    }

    var record: Record {
        Record(
            table: FittedRows(file: fit.table.file, rowsUsed: law.rowsUsed, rowsDropped: law.rowsDropped),
            form: law.form,
            parameters: Dictionary(
                law.parameters.map {
                    ($0.name, Coefficient(estimate: $0.estimate, identified: $0.identified))
                },
                uniquingKeysWith: { first, _ in first }), objective: law.objective,
            huberDelta: law.huberDelta,
            modelSizeExponent: law.modelSizeExponent, quality: law.quality, drift: law.drift,
            ranges: law.ranges,
            replicates: law.replicates, predictions: predictions, allocations: allocations,
            measured: PredictionScore(predictions), warnings: warnings)
    }

    func text(_ style: TextStyle) -> String {
        let record = record
        var lines = [record.table.text(without: "a loss"), "", "  " + formula, ""]
        lines += coefficients.lines(style) + [""]
        if let exponent = law.modelSizeExponent {
            lines.append(
                "best model size ~ compute^\(NumberText.short(exponent.value, digits: 3)) "
                    + "(95 % interval \(NumberText.interval(exponent.interval95)))")
        }
        lines.append(
            "misses its rows by \(ShareFormat.percent(law.quality.meanRelativeError)) on average, "
                + "\(ShareFormat.percent(law.quality.largestRelativeError)) at most; objective "
                + "\(NumberText.short(law.objective, digits: 6))")
        lines.append("drift beyond them: \(ShareFormat.percent(law.drift)) of the loss for each factor e")
        if !predictions.isEmpty { lines += ["", "predictions:", ""] + answers(style) }
        if let score = record.measured {
            lines += ["", scored(score)]
        }
        if !allocations.isEmpty { lines += ["", "best split of compute:", ""] + splits.lines(style) }
        lines.append("")
        lines += warnings.map { warningLine($0.text, $0.code, style) }
        lines += askedWarnings.map { warningLine($0.text, $0.code.rawValue, style) }
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n")
    }

    /// Warnings of answers; of each kind the one farthest out.
    private var askedWarnings: [LossLawWarning] {
        let all =
            predictions.map { ($0.extrapolationFactor, $0.warnings) }
            + allocations.map { ($0.prediction.extrapolationFactor, $0.prediction.warnings) }
        var seen: Set<LossLawWarning.Code> = []
        return all.sorted { $0.0 > $1.0 }.flatMap(\.1).filter { seen.insert($0.code).inserted }
    }

    private func scored(_ score: PredictionScore) -> String {
        var text =
            "\(score.runs) measured runs are missed by \(ShareFormat.percent(score.meanRelativeError)) on average, "
            + "\(ShareFormat.percent(score.largestRelativeError)) at most"
        if let within = score.within80 {
            text += "; \(ShareFormat.percent(within)) lie inside their 80 % interval"
        }
        return text
    }

    /// `loss = 1.82 + 478 N^-0.347 + 2140 D^-0.367`.
    private var formula: String {
        func value(_ name: String) -> String { NumberText.short(law.value(name) ?? 0) }
        func power(_ size: String, _ name: String) -> String {
            "\(size)^\(NumberText.short(-(law.value(name) ?? 0)))"
        }
        let sum =
            switch law.form {
            case .modelSizeAndTokens:
                "\(value("A")) * \(power("N", "alpha")) + \(value("B")) * \(power("D", "beta"))"
            case .modelSize: "\(value("A")) * \(power("N", "alpha"))"
            case .tokens: "\(value("B")) * \(power("D", "beta"))"
            case .compute: "\(value("K")) * \(power("C", "gamma"))"
            }
        return "loss = \(value("E")) + \(sum)"
    }
}
