import ScalingLaws
import Tuner

/// The tables of the text.
extension LossLawView {
    var coefficients: TextTable {
        var table = TextTable([
            .text("coefficient"), .number("value"), .number("std error"), .number("80 % interval"),
            .number("95 % interval"), .text("told by rows"),
        ])
        for parameter in law.parameters {
            let estimate = parameter.estimate
            table.rows.append([
                .init(parameter.name), .init(NumberText.short(estimate.value), .bold),
                .init(estimate.standardError.map { NumberText.short($0, digits: 3) } ?? "-"),
                .init(NumberText.interval(estimate.interval80)),
                .init(NumberText.interval(estimate.interval95)),
                parameter.identified ? "yes" : .init("no", .attention),
            ])
        }
        return table
    }

    func answers(_ style: TextStyle) -> [String] {
        let sizes: [(String, (RunPrediction) -> Double?)] = [
            ("model", \.modelSize), ("tokens", \.tokens), ("compute", \.compute),
        ]
        let shown = sizes.filter { size in predictions.contains { size.1($0) != nil } }
        let measured = predictions.contains { $0.measured != nil }
        var columns = shown.map { TextTable.Column.number($0.0) }
        columns += [.number("times"), .number("loss"), .number("80 % interval"), .number("95 % interval")]
        if measured { columns += [.number("measured"), .number("error %")] }
        var table = TextTable(columns)
        for prediction in predictions {
            var row = shown.map { name, size in
                TextTable.Cell(size(prediction).map { Self.size($0, name) } ?? "-")
            }
            row += [
                .init(NumberText.short(prediction.extrapolationFactor, digits: 3)),
                .init(NumberText.short(prediction.loss.value), .bold),
                .init(NumberText.interval(prediction.loss.interval80)),
                .init(NumberText.interval(prediction.loss.interval95)),
            ]
            if measured {
                row.append(.init(prediction.measured.map { NumberText.short($0.loss) } ?? "-"))
                row.append(
                    .init(
                        prediction.measured.map { NumberText.short(100 * $0.relativeError, digits: 2) } ?? "-"
                    ))
            }
            table.rows.append(row)
        }
        return table.lines(style)
    }

    private static func size(_ value: Double, _ name: String) -> String {
        name == "compute" ? NumberText.short(value, digits: 3) : NumberText.count(value)
    }

    var splits: TextTable {
        var table = TextTable([
            .number("compute"), .number("times"), .number("model"), .number("80 % interval"),
            .number("tokens"),
            .number("80 % interval"), .number("tokens per parameter"), .number("loss"),
            .number("80 % interval"),
        ])
        func counts(_ interval: [Double]?) -> String {
            interval.map { "\(NumberText.count($0[0])) to \(NumberText.count($0[1]))" } ?? "-"
        }
        for split in allocations {
            table.rows.append([
                .init(NumberText.short(split.compute, digits: 3)),
                .init(NumberText.short(split.prediction.extrapolationFactor, digits: 3)),
                .init(NumberText.count(split.modelSize.value), .bold),
                .init(counts(split.modelSize.interval80)),
                .init(NumberText.count(split.tokens.value), .bold), .init(counts(split.tokens.interval80)),
                .init(NumberText.short(split.tokensPerParameter.value, digits: 3)),
                .init(NumberText.short(split.prediction.loss.value)),
                .init(NumberText.interval(split.prediction.loss.interval80)),
            ])
        }
        return table
    }
}
