import ArgumentParser
import ScalingLaws
import Tuner

/// Laws from the literature.
struct LawPublishedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "published",
        abstract: "Laws from the literature: list them, or evaluate them side by side.",
        discussion: """
            Without sizes the laws are listed; with any of them each law answers what it can. Compute follows from \
            model size and tokens as 6 N D.

              tunerd law published --model-size 1B --token-budget 100B
              tunerd law published step-law
            """)

    @Argument(help: "Only these laws.") var law: [String] = []
    @Option(help: "N, parameters.") var modelSize: PositiveNumber?
    @Option(help: "D, tokens.") var tokenBudget: PositiveNumber?
    @Option(help: "C, floating-point operations.") var compute: PositiveNumber?
    @Option(help: "B, tokens a step.") var batchSizeTokens: PositiveNumber?
    @Option(help: "Peak learning rate.") var learningRate: PositiveNumber?
    @OptionGroup var output: OutputOptions

    private var query: PublishedQuery {
        PublishedQuery(
            modelSize: modelSize?.value, tokenBudget: tokenBudget?.value, compute: compute?.value,
            batchSizeTokens: batchSizeTokens?.value, learningRate: learningRate?.value)
    }

    private var isAsked: Bool { query != PublishedQuery() }

    func run() throws {
        let known = PublishedLaws.all.map(\.slug)
        let laws =
            try law.isEmpty
            ? PublishedLaws.all
            : law.map { name in
                guard let found = PublishedLaws.named(name) else {
                    throw TunerError(
                        .usage, "there is no published law '\(name)'",
                        why: "known are \(known.joined(separator: ", "))")
                }
                return found
            }
        let query = query
        let record = Record(
            query: isAsked ? query : nil,
            laws: laws.map { law in
                let outside = isAsked ? law.outside(query) : []
                return .init(
                    law: law, values: isAsked ? law.values(at: query) : nil,
                    outside: isAsked ? outside : nil)
            })
        try Output.show(report(record), as: output.format)
    }

    /// The JSON.
    struct Record: Encodable {
        struct Entry: Encodable {
            var law: PublishedLaw
            /// What the law says; absent without a question.
            var values: [PublishedLaw.Quantity: Double]?
            /// Variables that leave its stated ranges.
            var outside: [PublishedVariable]?

            enum CodingKeys: String, CodingKey {
                case values
                case outside = "outside_range_of"
            }

            func encode(to encoder: any Encoder) throws {
                try law.encode(to: encoder)
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encodeIfPresent(values, forKey: .values)
                try container.encodeIfPresent(outside, forKey: .outside)
            }
        }
        var query: PublishedQuery?
        var laws: [Entry]
    }

    private func report(_ record: Record) -> LawReport<Record> {
        var parts: [LawReport<Record>.Part] = isAsked ? [] : [.table(list(record))]
        for quantity in PublishedLaw.Quantity.allCases where isAsked {
            let table = values(record, quantity)
            if !table.rows.isEmpty { parts.append(.titled(quantity.rawValue + ":", table)) }
        }
        if isAsked, parts.isEmpty { parts.append(.line("none of these laws says anything here")) }
        if !law.isEmpty {
            for entry in record.laws {
                parts.append(.line("\(entry.law.slug): \(entry.law.units); \(entry.law.validity)"))
                if !entry.law.note.isEmpty { parts.append(.line("  \(entry.law.note)")) }
            }
        }
        return LawReport(
            record: record, parts: parts,
            regime:
                "each law where it was measured: optimizer, data, parametrisation and schedule of its authors",
            caution:
                "outside its range, and for absolute values on other data. Published laws contradict each other even in "
                + "sign (learning rate in tokens): look at several. Unverified ones have a number from memory"
        )
    }

    private func list(_ record: Record) -> TextTable {
        var table = TextTable([
            .text("law"), .text("authors"), .number("arXiv"), .text("optimizer"), .text("predicts"),
            .text("facts"),
        ])
        for entry in record.laws {
            let law = entry.law
            let quantities = PublishedLaw.Quantity.allCases.filter { law.formulas[$0] != nil }
            table.rows.append([
                .init(law.slug, .bold), .init("\(law.authors) \(law.year)"), .init(law.arXiv),
                .init(law.optimizer), .init(quantities.map(\.rawValue).joined(separator: ", ")),
                .init(law.provenance.rawValue, law.provenance == .quoted ? .plain : .attention),
            ])
        }
        return table
    }

    private func values(_ record: Record, _ quantity: PublishedLaw.Quantity) -> TextTable {
        var table = TextTable([
            .text("law"), .number("value"), .text("range"), .text("optimizer"), .number("arXiv"),
            .text("formula"),
        ])
        for entry in record.laws {
            guard let formula = entry.law.formulas[quantity] else { continue }
            let value = entry.values?[quantity]
            let outside = entry.outside ?? []
            let range: TextTable.Cell =
                if !outside.isEmpty {
                    .init("outside: \(outside.map(\.rawValue).joined(separator: ", "))", .attention)
                } else if entry.law.ranges.isEmpty {
                    "not stated"
                } else {
                    "inside"
                }
            table.rows.append([
                .init(entry.law.slug), .init(value.map { NumberText.short($0) } ?? "-", .bold), range,
                .init(entry.law.optimizer), .init(entry.law.arXiv), .init(Self.text(formula)),
            ])
        }
        return table
    }

    /// `0.58 D^0.571`; a law of exponents alone begins with `~`.
    static func text(_ formula: PublishedFormula) -> String {
        let symbols: [PublishedVariable: String] = [
            .modelSize: "N", .tokenBudget: "D", .compute: "C", .batchSize: "B", .learningRate: "lr",
            .tokensPerParameter: "(D/N)",
        ]
        let terms = formula.terms.map { term in
            let powers = PublishedVariable.allCases.compactMap { variable -> String? in
                guard let exponent = term.exponents[variable], let symbol = symbols[variable] else {
                    return nil
                }
                return exponent == 1 ? symbol : "\(symbol)^\(NumberText.short(exponent))"
            }
            return ([term.coefficient.map { NumberText.short($0) } ?? "~"] + powers).joined(separator: " ")
        }
        let constant = formula.constant == 0 ? [] : [NumberText.short(formula.constant)]
        return (constant + terms).joined(separator: " + ")
    }
}
