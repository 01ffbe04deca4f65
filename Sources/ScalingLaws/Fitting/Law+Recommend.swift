import Foundation

extension Law {
    /// The best hyperparameters at a budget, with intervals.
    ///
    /// Axes are answered in the order batch size, momentum, learning rate: each given those before it, held values
    /// first. So the learning rate's interval is for the batch size that is recommended with it. Intervals are quantiles of
    /// the posterior draws of `fit`, stretched about the value by 15 % beyond what was run and 3 % for each factor e of it: no finite set of
    /// budgets shows how a law bends beyond it.
    ///
    /// Beyond what was run the answer leaves the best run of the largest cell only as far as the runs show (`CarryOver`).
    ///
    /// Measured on the thirteen recorded grids of `exam/pools`, fitted up to an eighth of the budget that is asked: the 80 % interval of
    /// the learning rate held 62 % (no theory) and 69 % (`lmo`) of the best rates, the 95 % interval 92 %. On exact
    /// power laws it is too wide, up to 97 % at 80: it allows for bends that real runs have.
    ///
    /// Predicted losses are of the mean of runs at the best hyperparameters; a single run scatters by `residual` about it.
    /// On exact laws of two sizes and more (the losses of Hoffmann et al. 2022; 12 and 20 cells, 5 rates, noise 0.001 to 0.02
    /// nats), asked inside and up to four times beyond in tokens and size, the 80 % interval held 74 to 82 % of the truths, 97 %
    /// for tokens in proportion to size at 0.001; on random exact laws at low noise it is too wide (95 to 100 %), since
    /// it allows for bends that those do not have, on bent ones right (78 to 87 %). On recorded sweeps it is too
    /// narrow where a curve breaks that went straight before: a new stage of learning.
    ///
    /// Where the data would be passed over more often than `DataReuse.freshPasses` and than in any run, no slope is claimed:
    /// values stay those of the budget where that begins, intervals hold both these and what the slope would have said,
    /// and no loss is predicted.
    ///
    /// Nothing infinite leaves it: learning rates are held within e^±600, momentum within 0...1 - 1e-6, batch sizes between
    /// one token and the budget. A budget or size that is not a positive number is answered with no values; a held value
    /// outside its domain is not held.
    ///
    /// - Parameter query: budget, model size, and what the user holds.
    /// - Returns: Values with 80 % and 95 % intervals, the predicted loss, and warnings.
    public func recommend(_ query: RecommendationQuery) -> LawRecommendation {
        guard query.tokenBudget > 0, query.tokenBudget.isFinite,
            query.modelSize.map({ $0 > 0 && $0.isFinite }) ?? true
        else {
            return LawRecommendation(values: [:], loss: nil, extrapolationFactor: 0, warnings: warnings)
        }
        var query = query
        query.held = query.held.filter { $0.key.coordinate(of: $0.value).isFinite }
        let drawn = draws.compactMap { LawDraw($0, law: self) }
        let answers = values(query, drawn)
        var values = answers.values
        let factor: Double = query.tokenBudget / budgetRange[1]
        var loss: PredictedMetric?
        if let end = slopeEnd, query.tokenBudget > end {
            var held = query
            held.tokenBudget = end
            values = self.values(held, drawn).values.merging(values) { $0.withoutSlope(or: $1) }
        } else {
            loss = predictedLoss(query, drawn)
        }
        return LawRecommendation(
            values: values, loss: loss, extrapolationFactor: factor,
            warnings: warnings + askedTooFar(query, factor) + reuse(query) + outsideTried(values),
            expectedRegret: lossScale == .logarithm && answers.rise.isFinite ? answers.rise : nil,
            carryOver: CarryOver(self, query).map {
                CarriedRun(
                    tokenBudget: $0.cell.tokenBudget, modelSize: $0.cell.modelSize, values: $0.cell.best,
                    expectedRegret: lossScale == .logarithm
                        ? answers.carriedRise.flatMap { $0.isFinite ? $0 : nil } : nil)
            })
    }

    /// What is answered for every axis, and what is expected of it.
    private struct Answers {
        var values: [LawAxis: RecommendedValue] = [:]
        /// Expected rise of the loss above its least, in parts of the loss.
        var rise = 0.0
        /// The same for the best run of the largest cell; `nil` within what was run.
        var carriedRise: Double?
    }

    /// The best value of every axis, with intervals.
    private func values(_ query: RecommendationQuery, _ drawn: [LawDraw]) -> Answers {
        let formulas = axes.map { AxisFormula($0, reference: reference) }
        let drawnFormulas = drawn.map { $0.formulas(self) }
        let steadyFormulas = drawnFormulas.map { $0.map(\.steady) }
        let carried = CarryOver(self, query)
        var point = query.held.reduce(into: [LawAxis: Double]()) {
            $0[$1.key] = $1.key.coordinate(of: $1.value)
        }
        var answers = Answers()
        answers.carriedRise = carried == nil ? nil : 0
        for axis in [LawAxis.batchSize, .momentum, .learningRate] {
            guard let i = axes.firstIndex(where: { $0.axis == axis }) else { continue }
            let law = axes[i]
            if let held = query.held[axis] {
                answers.values[axis] = RecommendedValue(value: held, source: .fixed)
                continue
            }
            let samples = drawnFormulas.map { logOptimum($0[i], query, given: point) }
            let formula: Double = logOptimum(formulas[i], query, given: point)
            var central = Self.bounded(formula + Self.caution(samples, skew: law.skew), law, query)
            let cliff = axis == .learningRate ? cliffRisk(formulas[i], query, given: point) : nil
            if let cliff {
                let shift = cliff.shift(
                    from: central, samples: samples,
                    curvature: curvature(law, variables(query, given: point)), skew: law.skew)
                central = min(Self.bounded(central + shift, law, query), cliff.limit)
            }
            var centre = central
            var all = samples
            var run: Double?
            if law.inRegime, let found = carried?.coordinate(axis), let cell = carried?.cell {
                // The run's rate is that for its own batch size; the law tells what another one wants.
                let there = RecommendationQuery(tokenBudget: cell.tokenBudget, modelSize: cell.modelSize)
                let own = cell.best.reduce(into: [LawAxis: Double]()) {
                    $0[$1.key] = $1.key.coordinate(of: $1.value)
                }
                let moved: Double =
                    logOptimum(formulas[i], there, given: point) - logOptimum(formulas[i], there, given: own)
                let anchor: Double = found + moved
                run = anchor
                let steady = steadyFormulas.map { logOptimum($0[i], query, given: point) }
                centre = Self.bounded(
                    CarryOver.answer(
                        run: anchor, law: central, samples: steady,
                        widening: CarryOver.widening(law, self, query)), law, query)
                centre = min(centre, cliff?.limit ?? .infinity)
                // Both are believed, the law where it is and where the answer is.
                all += samples.map { $0 + centre - central }
            }
            point[axis] = centre
            let logs = variables(query, given: point)
            answers.rise += expectedRise(law, at: centre, samples: all, logs: logs)
            if let run, let sum = answers.carriedRise {
                answers.carriedRise = sum + expectedRise(law, at: run, samples: all, logs: logs)
            }
            answers.values[axis] = value(
                law, centre: centre, samples: all, query: query,
                exponent: claimsSlope(at: query.tokenBudget) ? localExponent(axis, query, formulas) : nil)
        }
        return answers
    }

    /// One answered value with its intervals.
    private func value(
        _ law: AxisLaw, centre: Double, samples: [Double], query: RecommendationQuery, exponent: Double?
    ) -> RecommendedValue {
        let beyond: Double = log(max(query.tokenBudget / budgetRange[1], 1))
        // Recorded grids scatter more than the draws: over seven of them 80 % intervals held 70 to 79 % of the best rates.
        let stretch: Double = (beyond > 0 ? 1.15 : 1) + 0.03 * beyond
        func interval(_ mass: Double) -> [Double]? {
            guard let low = samples.quantile((1 - mass) / 2), let high = samples.quantile((1 + mass) / 2)
            else { return nil }
            let ends = [min(low, centre), max(high, centre)].map { centre + stretch * ($0 - centre) }
            return ends.map { law.axis.value(at: Self.bounded($0, law.axis, query)) }.sorted()
        }
        // A value that never varied comes back as it was, not through a logarithm.
        let isConstant = law.triedRange.first == law.triedRange.last && law.exponents.isEmpty
        let value = law.axis.value(at: centre)
        return RecommendedValue(
            value: isConstant ? law.triedRange.first ?? value : value, interval: interval(0.8),
            interval95: interval(0.95), exponent: exponent, source: source(of: law))
    }

    /// The best value of one axis at a query; `.nan` for an axis the law does not have.
    public func optimum(of axis: LawAxis, at query: RecommendationQuery) -> Double {
        guard let coordinate = resolve(query, axes.map { AxisFormula($0, reference: reference) })[axis] else {
            return .nan
        }
        return axis.value(at: coordinate)
    }

    /// Loss predicted at given hyperparameters; axes left out are taken at their optimum.
    ///
    /// - Parameters:
    ///   - values: hyperparameters.
    ///   - tokenBudget: tokens.
    ///   - modelSize: trained parameters; `nil` when the law does not depend on it.
    /// - Returns: The loss; `nil` when the law has none (fewer than three budgets).
    public func predictedLoss(
        values: [LawAxis: Double], tokenBudget: Double, modelSize: Double? = nil
    ) -> Double? {
        guard let base = lossLaw?.loss(tokenBudget: tokenBudget, modelSize: modelSize) else { return nil }
        let query = RecommendationQuery(tokenBudget: tokenBudget, modelSize: modelSize, held: values)
        let loss: Double = base * exp(excess(query))
        return loss.isFinite ? loss : nil
    }

    /// `sum_a 1/2 curvature_a phi(x_a - optimum_a)` at the held values.
    private func excess(_ query: RecommendationQuery) -> Double {
        let formulas = axes.map { AxisFormula($0, reference: reference) }
        let point = resolve(query, formulas)
        var sum = 0.0
        for (law, formula) in zip(axes, formulas) {
            guard let held = query.held[law.axis] else { continue }
            let bend: Double = curvature(law, variables(query, given: point))
            let x: Double = law.axis.coordinate(of: held) - logOptimum(formula, query, given: point)
            sum += 0.5 * bend * CurveShape.evaluate(x, skew: law.skew).value
        }
        return sum
    }

    /// Log of each variable over its reference, at a query and the coordinates found so far.
    private func variables(
        _ query: RecommendationQuery, given point: [LawAxis: Double]
    ) -> [LawVariable: Double] {
        var logs: [LawVariable: Double] = [:]
        if let scale = reference[.tokenBudget] { logs[.tokenBudget] = log(query.tokenBudget / scale) }
        if let scale = reference[.modelSize], let size = query.modelSize {
            logs[.modelSize] = log(size / scale)
        }
        if let scale = reference[.batchSize], let x = point[.batchSize] { logs[.batchSize] = x - log(scale) }
        logs[.brevity] = Brevity.log(
            tokenBudget: query.tokenBudget,
            batchSize: point[.batchSize].map { exp($0) } ?? reference[.batchSize])
        if let scale = reference[.momentumComplement], let x = point[.momentum] {
            logs[.momentumComplement] = x - log(scale)
        }
        return logs
    }

    /// What the cells' cliffs say of the learning rate; `nil` without any.
    private func cliffRisk(
        _ formula: AxisFormula, _ query: RecommendationQuery, given point: [LawAxis: Double]
    ) -> CliffRisk? {
        CliffRisk(cells, query) { cell, values in
            let there = RecommendationQuery(tokenBudget: cell.tokenBudget, modelSize: cell.modelSize)
            let own = values.map { values in
                values.reduce(into: [LawAxis: Double]()) {
                    $0[$1.key] = $1.key.coordinate(of: $1.value)
                }
            }
            return logOptimum(formula, there, given: own ?? point)
        }
    }

    private func logOptimum(
        _ formula: AxisFormula, _ query: RecommendationQuery, given point: [LawAxis: Double]
    ) -> Double {
        formula.logOptimum(
            variables(query, given: point), batch: point[.batchSize].map { exp($0) } ?? reference[.batchSize])
    }

    /// Coordinates of all axes of the law, and of what is held.
    private func resolve(_ query: RecommendationQuery, _ formulas: [AxisFormula]) -> [LawAxis: Double] {
        var point = query.held.reduce(into: [LawAxis: Double]()) {
            $0[$1.key] = $1.key.coordinate(of: $1.value)
        }
        for axis in [LawAxis.batchSize, .momentum, .learningRate] where point[axis] == nil {
            guard let formula = formulas.first(where: { $0.axis == axis }) else { continue }
            guard let law = axes.first(where: { $0.axis == axis }) else { continue }
            point[axis] = Self.bounded(logOptimum(formula, query, given: point), law, query)
        }
        return point
    }

    /// How far from the centre of the draws the least expected loss lies: below it where the loss rises faster above the optimum.
    ///
    ///     E[phi_s(x - x_d)] is least at  x = -1/s log E[exp(-s x_d)],   about mean - s variance / 2
    ///
    /// Draws count within their central 90 %: the tails of an optimum that nothing places would otherwise decide.
    /// Source: Zellner 1986, for the LINEX loss.
    private static func caution(_ samples: [Double], skew: Double) -> Double {
        guard abs(skew) > 0.02, let low = samples.quantile(0.05), let high = samples.quantile(0.95) else {
            return 0
        }
        let inner = samples.map { min(max($0, low), high) }
        let count = Double(inner.count)
        let mean: Double = inner.reduce(0, +) / count
        let moment: Double = inner.reduce(0) { $0 + exp(-skew * ($1 - mean)) } / count
        let shift: Double = -log(moment) / skew
        return shift.isFinite ? min(max(shift, -0.5 * (high - low)), 0.5 * (high - low)) : 0
    }

    /// A coordinate of an answer held inside what its axis can be; a batch size not below the smallest tried one: from there down the
    /// runs give a bound and no value.
    private static func bounded(_ x: Double, _ law: AxisLaw, _ query: RecommendationQuery) -> Double {
        let x = bounded(x, law.axis, query)
        guard law.axis == .batchSize, let least = law.triedRange.first, least > 0, least < query.tokenBudget
        else { return x }
        return max(x, log(least))
    }

    /// A coordinate held inside what its axis can be.
    private static func bounded(_ x: Double, _ axis: LawAxis, _ query: RecommendationQuery) -> Double {
        switch axis {
        case .learningRate: min(max(x, -600), 600)
        case .batchSize: min(max(x, 0), log(query.tokenBudget))
        case .momentum: min(max(x, log(1e-6)), 0)
        }
    }

    private func localExponent(
        _ axis: LawAxis, _ query: RecommendationQuery, _ formulas: [AxisFormula]
    ) -> Double {
        let step = 0.01
        var up = query
        var down = query
        up.tokenBudget *= exp(step)
        down.tokenBudget *= exp(-step)
        let high: Double = resolve(up, formulas)[axis] ?? 0
        let low: Double = resolve(down, formulas)[axis] ?? 0
        return (high - low) / (2 * step)
    }

    private func source(of law: AxisLaw) -> ValueSource {
        guard law.inRegime, let exponent = law.exponents[.tokenBudget] else { return .best }
        return Set(cells.map(\.tokenBudget)).count > 1 || exponent.identified ? .fit : .prior
    }

    /// Median and intervals of the mean loss of runs at the best hyperparameters.
    ///
    /// What misplacing the hyperparameters costs is not in it: judged by the intervals of the values it would widen the
    /// prediction fivefold, while the measured cost is a percent or two. Nor is the scatter of a single run. Beyond the largest
    /// budget and size each draw's exponents drift (`LossLawDraw.loss`).
    private func predictedLoss(_ query: RecommendationQuery, _ drawn: [LawDraw]) -> PredictedMetric? {
        guard let lossLaw else { return nil }
        let lift: Double = exp(excess(query))
        let samples = drawn.map { LossLawDraw($0, of: lossLaw).loss(query, range: lossRange) * lift }
        let central: Double = lossLaw.loss(tokenBudget: query.tokenBudget, modelSize: query.modelSize) * lift
        let value: Double = samples.median ?? central
        let ends = [0.1, 0.9, 0.025, 0.975].map { samples.quantile($0) ?? value }
        guard value.isFinite, ends.allSatisfy(\.isFinite) else { return nil }
        return PredictedMetric(
            value: value, interval: Array(ends[0..<2]), interval95: Array(ends[2..<4]))
    }

    /// Values beyond all that was tried, in any cell: there the law moves the optimum along its exponents, and no run says that
    /// the loss is low. Values held by the user are the user's.
    private func outsideTried(_ values: [LawAxis: RecommendedValue]) -> [LawWarning] {
        axes.compactMap { law in
            guard let found = values[law.axis], found.source != .fixed,
                let low = law.triedRange.first, let high = law.triedRange.last
            else { return nil }
            let tried = [low, high].map(law.axis.coordinate(of:)).sorted()
            let x: Double = law.axis.coordinate(of: found.value)
            // A per cent beyond is the end itself.
            guard x < tried[0] - 0.01 || x > tried[1] + 0.01 else { return nil }
            return LawWarning(
                code: .outsideTried,
                text: "\(law.axis.rawValue) \(LawWarnings.figure(found.value)) is "
                    + "\(found.value < low ? "lower" : "higher") than all that was tried (\(LawWarnings.figure(low)) to "
                    + "\(LawWarnings.figure(high))): it follows the law alone")
        }
    }

    /// Warnings that depend on the question.
    private func askedTooFar(_ query: RecommendationQuery, _ factor: Double) -> [LawWarning] {
        var found: [LawWarning] = []
        if factor > 20 {
            found.append(
                LawWarning(
                    code: .wideExtrapolation,
                    text: "\(LawWarnings.figure(query.tokenBudget)) tokens are "
                        + "\(LawWarnings.figure(factor)) times the largest budget that was run"))
        }
        let sizes = cells.compactMap(\.modelSize)
        if let size = query.modelSize, let largest = sizes.max(), size > 20 * largest {
            found.append(
                LawWarning(
                    code: .wideExtrapolation,
                    text: "\(LawWarnings.figure(size)) parameters are "
                        + "\(LawWarnings.figure(size / largest)) times the largest model that was run"))
        }
        return found
    }
}
