import ScalingLaws

/// What theory alone says: exponents, then values at the asked budgets.
struct TheoryView: Presentable {
    var theory: TheoryRecord

    var record: TheoryRecord { theory }

    func text(_ style: TextStyle) -> String {
        var exponents = TextTable([.text("hyperparameter"), .number("exponent"), .number("80 % interval")])
        for axis in LawAxis.allCases {
            guard let exponent = theory.axes[axis] else { continue }
            exponents.rows.append([
                .init(axis == .momentum ? "1 - momentum" : axis.rawValue),
                .init(NumberText.short(exponent.mean, digits: 3)),
                .init(NumberText.interval(exponent.interval)),
            ])
        }
        var lines = ["prior '\(theory.prior)', exponents in the token budget:", ""] + exponents.lines(style)
        for prediction in theory.predictions {
            var values = TextTable([.text("hyperparameter"), .number("value"), .number("80 % interval")])
            for axis in LawAxis.allCases {
                guard let value = prediction.values[axis] else { continue }
                values.rows.append([
                    .init(axis.rawValue),
                    .init(
                        axis == .batchSize ? "\(Int(value.value.rounded()))" : NumberText.short(value.value),
                        .bold),
                    .init(NumberText.interval(value.interval)),
                ])
            }
            lines +=
                ["", "for \(NumberText.count(prediction.tokenBudget)) tokens:", ""] + values.lines(style)
        }
        return lines.joined(separator: "\n")
    }
}
