import Foundation

/// A law of the loss and how it bends: one draw of a `LossLawPosterior`.
struct LossLawDraw {
    /// What the law was run at: the bends are kept below the largest budget and size, and begin anew above.
    struct Range {
        var tokens: (low: Double, high: Double)
        /// `nil` when one size was run.
        var model: (low: Double, high: Double)?
    }

    var law: LossLaw
    /// Drift of the exponent in tokens over the first factor e beyond the largest budget, relative to it.
    var bend = 0.0
    /// The same for the exponent in size.
    var modelBend = 0.0
    /// What the cells depart from the law by at `LossLawBend.places` below the largest budget, in units of the loss.
    var tokenBends = [Double](repeating: 0, count: LossLawBend.tokenPlaces)
    /// The same below the largest size.
    var modelBends = [Double](repeating: 0, count: LossLawBend.modelPlaces)

    /// The loss at a budget and size.
    ///
    /// Beyond the range the exponent goes on drifting as a random walk: integrated over log T, its standard deviation is
    /// `rate x^1.5 / sqrt(3)` at x factors e. A drawn loss may stop falling, but does not rise.
    func loss(_ query: RecommendationQuery, range: Range) -> Double {
        var law = law
        let beyond: Double = log(max(query.tokenBudget / range.tokens.high, 1))
        law.amplitude *= exp(-law.exponent * Self.drift(bend, beyond))
        var loss = 0.0
        loss += LossLawBend.value(
            tokenBends[...], at: log(range.tokens.high / query.tokenBudget),
            of: log(range.tokens.high / range.tokens.low))
        if let model = range.model, let size = query.modelSize, let exponent = law.modelTerm?.exponent {
            let beyond: Double = log(max(size / model.high, 1))
            law.modelTerm?.amplitude *= exp(-exponent * Self.drift(modelBend, beyond))
            loss += LossLawBend.value(
                modelBends[...], at: log(model.high / size), of: log(model.high / model.low))
        }
        return loss + law.loss(tokenBudget: query.tokenBudget, modelSize: query.modelSize)
    }

    private static func drift(_ bend: Double, _ beyond: Double) -> Double {
        max(bend * beyond * (beyond / 3).squareRoot(), -beyond)
    }
}

extension LossLawDraw {
    /// Numbers of a draw in `LawDraw.loss`:
    ///
    ///     floor, amplitude, exponent, model amplitude, model exponent, model bend, token bends, model bends
    static let length = 6 + LossLawBend.tokenPlaces + LossLawBend.modelPlaces

    /// A draw without a loss law.
    static let none = [Double](repeating: 0, count: length)

    var encoded: [Double] {
        [
            law.floor, law.amplitude, law.exponent, law.modelTerm?.amplitude ?? 0,
            law.modelTerm?.exponent ?? 0, modelBend,
        ] + tokenBends + modelBends
    }

    /// Reads a draw's numbers; references are those of the law.
    init(_ draw: LawDraw, of law: LossLaw) {
        let numbers = draw.loss
        self.law = law
        self.law.floor = numbers[0]
        self.law.amplitude = numbers[1]
        self.law.exponent = numbers[2]
        self.law.modelTerm?.amplitude = numbers[3]
        self.law.modelTerm?.exponent = numbers[4]
        bend = draw.bend
        modelBend = numbers[5]
        tokenBends = Array(numbers[6..<6 + LossLawBend.tokenPlaces])
        modelBends = Array(numbers[(6 + LossLawBend.tokenPlaces)...])
    }
}

extension Law {
    /// Where the loss law was run.
    var lossRange: LossLawDraw.Range {
        let sizes = cells.compactMap(\.modelSize)
        let budgets = budgetRange
        var range = LossLawDraw.Range(tokens: (budgets[0], budgets[1]))
        if let low = sizes.min(), let high = sizes.max(), low < high { range.model = (low, high) }
        return range
    }
}
