import ScalingLaws
import Tuner

/// `tunerd fit --table --loss-law critical-batch`.
struct CriticalBatchView: Presentable {
    /// The JSON.
    struct Record: Encodable {
        var table: LossLawView.FittedRows
        var lossLaw = "critical-batch"
        var scale: String
        var scales: [CriticalBatchFit.Scale]
        var reference: Double
        var coefficient: IntervalEstimate
        var exponent: IntervalEstimate
        var rowError: Double
        var scaleScatter: Double
        var predictions: [CriticalBatchTableFit.Prediction]
        var warnings: [TableWarning]

        enum CodingKeys: String, CodingKey {
            case table, scale, scales, reference, coefficient, exponent, predictions, warnings
            case lossLaw = "loss_law"
            case rowError = "row_error"
            case scaleScatter = "scale_scatter"
        }
    }

    var fit: CriticalBatchTableFit
    var predictions: [CriticalBatchTableFit.Prediction]

    private var law: CriticalBatchFit { fit.fit }

    var record: Record {
        Record(
            table: .init(file: fit.table.file, rowsUsed: law.rowsUsed, rowsDropped: law.rowsDropped),
            scale: fit.scale.rawValue, scales: law.scales, reference: law.reference,
            coefficient: law.coefficient,
            exponent: law.exponent, rowError: law.rowError, scaleScatter: law.scaleScatter,
            predictions: predictions, warnings: fit.warnings)
    }

    func text(_ style: TextStyle) -> String {
        let name = fit.scale.rawValue
        var lines = [record.table.text(without: "steps"), ""]
        var scales = TextTable([
            .number(name), .number("rows"), .number("least steps"), .number("critical batch"),
            .number("80 % interval"),
        ])
        for scale in law.scales {
            scales.rows.append([
                .init(NumberText.count(scale.scale)), "\(scale.rows)",
                .init(NumberText.short(scale.law.leastSteps)),
                .init(NumberText.short(scale.law.criticalBatch), .bold),
                .init(NumberText.interval(scale.criticalBatch.interval80)),
            ])
        }
        lines += scales.lines(style) + [""]
        if law.scales.count > 1 {
            lines.append(
                "  critical batch = \(NumberText.short(law.coefficient.value)) * (\(name)/"
                    + "\(NumberText.count(law.reference)))^\(NumberText.short(law.exponent.value, digits: 3))"
            )
            lines += ["", "exponent: 95 % interval \(NumberText.interval(law.exponent.interval95))"]
        }
        lines.append("rows miss steps = a (1 + Bc/B) by \(NumberText.short(100 * law.rowError, digits: 2)) %")
        if !predictions.isEmpty {
            var table = TextTable([
                .number(name), .number("times"), .number("critical batch"), .number("80 % interval"),
                .number("95 % interval"),
            ])
            for prediction in predictions {
                table.rows.append([
                    .init(NumberText.count(prediction.scale)),
                    .init(NumberText.short(prediction.extrapolationFactor, digits: 3)),
                    .init(NumberText.short(prediction.criticalBatch.value), .bold),
                    .init(NumberText.interval(prediction.criticalBatch.interval80)),
                    .init(NumberText.interval(prediction.criticalBatch.interval95)),
                ])
            }
            lines += ["", "predictions, in the unit of the table's batch sizes:", ""] + table.lines(style)
        }
        lines.append("")
        lines += fit.warnings.map { warningLine($0.text, $0.code, style) }
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
