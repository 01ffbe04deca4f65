import ScalingLaws

/// An answer of theory: its JSON, and for people tables, where it holds, and when not to believe it.
struct LawReport<Record: Encodable>: Presentable {
    /// A piece of the text.
    enum Part {
        case line(String)
        case table(TextTable)
        case titled(String, TextTable)
    }

    var record: Record
    var parts: [Part]
    /// Where it holds.
    var regime: String
    /// When not to believe it.
    var caution: String

    func text(_ style: TextStyle) -> String {
        var blocks: [[String]] = []
        var lines: [String] = []
        func close() {
            if !lines.isEmpty { blocks.append(lines) }
            lines = []
        }
        for part in parts {
            switch part {
            case .line(let line): lines.append(line)
            case .table(let table):
                close()
                blocks.append(table.lines(style))
            case .titled(let title, let table):
                close()
                blocks += [[title], table.lines(style)]
            }
        }
        close()
        blocks.append([
            "holds for: \(regime)", "\(style.paint("when not to believe it", .attention)): \(caution)",
        ])
        return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }
}

extension NumberText {
    /// A momentum, with digits enough to tell it from 1.
    static func momentum(complement alpha: Double) -> String {
        alpha > 1e-5 ? short(1 - alpha, digits: 5) : "1 - \(short(alpha, digits: 3))"
    }
}

/// A setting of a momentum method in JSON, with what it amounts to.
struct SettingRecord: Encodable {
    var learningRate: Double
    var momentum: Double
    var momentumComplement: Double
    var batchSizeTokens: Double
    var steps: Double
    var weightDecay: Double?

    enum CodingKeys: String, CodingKey {
        case learningRate = "learning_rate"
        case momentum
        case momentumComplement = "one_minus_momentum"
        case batchSizeTokens = "batch_size_tokens"
        case steps
        case weightDecay = "weight_decay"
    }

    init(_ point: LMOPoint, weightDecay: Double? = nil) {
        learningRate = point.learningRate
        momentum = point.momentum
        momentumComplement = point.momentumComplement
        batchSizeTokens = point.batchSize
        steps = point.steps
        self.weightDecay = weightDecay
    }

    /// The columns of `cells`.
    static let columns: [TextTable.Column] = [
        .number("learning_rate"), .number("momentum"), .number("batch_size_tokens"), .number("steps"),
    ]

    /// For a table.
    var cells: [TextTable.Cell] {
        [
            .init(NumberText.short(learningRate), .bold),
            .init(NumberText.momentum(complement: momentumComplement)),
            .init(NumberText.short(batchSizeTokens, digits: 6)), .init(NumberText.short(steps, digits: 6)),
        ]
    }
}
