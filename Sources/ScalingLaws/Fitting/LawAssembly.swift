import Foundation

/// Turns fitted surfaces into a `Law`.
struct LawAssembly {
    var table: FitTable
    var configuration: LawFitConfiguration
    var surface: FormSelection
    /// Other admissible ways to weigh the runs; they widen the draws and leave the answer alone.
    var variants: [FormSelection]

    /// How far outside the tried range, as a factor, a drawn batch optimum may lie.
    private static let batchSlack = 8.0

    /// Probability, before any run, that the loss falls to the floor the request names, and to 0 when it names none.
    private static let floorKnownOdds = (named: 0.5, unnamed: 0.2)

    func law() -> Law {
        let cells = self.cells()
        var generator = FitRandom(seed: table.request.seed ^ 0x1055)
        let posterior = lossPosterior(cells, &generator)
        let lossLaw = posterior?.central(generator: &generator)
        let losses = posterior?.draws(configuration.draws, generator: &generator) ?? []
        let draws = self.draws(losses: losses)
        var law = Law(
            axes: table.axes.map { axisLaw($0, draws: draws) }, reference: table.reference,
            cells: cells.map(\.cell), lossLaw: lossLaw, residual: runNoise, lossScale: table.scale,
            runs: trainingRuns, shorterRuns: shorterRuns > 0 ? shorterRuns : nil,
            dataSize: DataReuse.dataSize(of: table.request.samples),
            draws: draws.map(\.encoded))
        law.warnings = LawWarnings(table: table, surface: surface, law: law).all()
        return law
    }

    /// Runs that were trained.
    private var trainingRuns: Int { table.request.samples.count - shorterRuns }

    /// Samples beyond the first of a training run.
    private var shorterRuns: Int {
        let named = table.request.samples.compactMap(\.run)
        return named.count - Set(named).count
    }

    /// Standard deviation of a run's response.
    ///
    /// The surface's own noise counts every run in full, though runs high above their floor have been trusted less; on
    /// synthetic laws it came out a third too small. Here a run counts as much as it was trusted.
    var runNoise: Double {
        let candidate = surface.candidates[0]
        let state = candidate.fit.state
        var trusted = 0.0
        var all = 0.0
        for (r, row) in candidate.problem.rows.enumerated() where row.weight > 0 {
            all += row.share
            trusted += row.share * state.misfit[r] * state.robust[r]
        }
        let share: Double = all > 0 ? min(max(trusted / all, 0.45), 1) : 1
        return state.noise / share.squareRoot()
    }

    /// Position of an axis among the surface's terms, if it bends it.
    private func term(_ axis: LawAxis) -> Int? {
        surface.candidates[0].problem.terms.firstIndex { $0.axis == axis }
    }

    private func triedRange(_ axis: LawAxis) -> [Double] {
        table.triedRanges[axis] ?? [.nan, .nan]
    }

    /// Log coefficient of a batch law held inside the tried range: beyond it the runs give a bound, not a value. Below it the law may
    /// go on, since a larger budget may bring it back; the answer stays inside (`Law.recommend`).
    private func clamped(_ axis: LawAxis, _ coefficient: Double, slack: Double) -> Double {
        guard axis == .batchSize else { return coefficient }
        let range = triedRange(axis)
        return min(max(coefficient, log(range[0] / Self.batchSlack)), log(range[1] * slack))
    }

    private func axisLaw(_ axis: LawAxis, draws: [LawDraw]) -> AxisLaw {
        let range = triedRange(axis)
        let inRegime = table.request.regime.contains(axis)
        guard let t = term(axis) else {
            let coordinate = axis.coordinate(of: range[0])
            return AxisLaw(
                axis: axis, coefficient: exp(coordinate), sharpness: configuration.sharpness,
                triedRange: range,
                inRegime: inRegime)
        }
        let candidate = surface.candidates[0]
        let term = candidate.problem.terms[t]
        let parameters = central(of: candidate.form)
        let position = table.axes.firstIndex(of: axis) ?? 0
        var exponents: [LawVariable: ExponentEstimate] = [:]
        for (i, slot) in term.variables.enumerated() {
            let variable = LawVariable.allCases[slot]
            let prior = table.request.exponentPrior(axis, variable)
            // Below a limit a power law has another exponent than without one: shapes are not mixed here.
            let drawn = draws.filter { $0.form == candidate.form }.map { $0.axes[position][1 + i] }
            let value = parameters[term.exponentIndex(i)]
            let low = min(drawn.quantile(0.1) ?? value, value)
            let high = max(drawn.quantile(0.9) ?? value, value)
            exponents[variable] = ExponentEstimate(
                value: value, interval: [low, high], priorMean: prior.mean, priorDeviation: prior.deviation,
                identified: isIdentified(axis, variable, width: high - low))
        }
        var ceiling: StabilityCeiling?
        if term.form != .plain {
            ceiling = StabilityCeiling(
                limit: exp(parameters[term.limitIndex]),
                halfBatch: term.form == .batchCeiling ? exp(parameters[term.halfBatchIndex]) : 0)
        }
        var bends: [LawVariable: Double] = [:]
        for (i, slot) in term.curvatureVariables.enumerated() {
            bends[LawVariable.allCases[slot]] = parameters[term.curvatureExponentIndex(i)]
        }
        return AxisLaw(
            axis: axis, coefficient: exp(clamped(axis, parameters[term.coefficientIndex], slack: 1)),
            exponents: exponents, deviations: deviations(axis, parameters), ceiling: ceiling,
            sharpness: term.sharpness, curvature: exp(parameters[term.curvatureIndex]),
            curvatureExponents: bends,
            skew: parameters[term.skewIndex], triedRange: range, inRegime: inRegime)
    }

    /// The coefficients that are printed: the members' of one shape, each by its weight. Log optima are linear in them, so this is the
    /// mean of what they predict.
    private func central(of form: LawForm) -> [Double] {
        let members = zip(surface.candidates, surface.weights).filter { $0.0.form == form }
        let total: Double = members.reduce(0) { $0 + $1.1 }
        var result = [Double](repeating: 0, count: surface.candidates[0].problem.parameterCount)
        for (candidate, weight) in members {
            for i in result.indices { result[i] += weight / total * candidate.fit.state.parameters[i] }
        }
        return result
    }

    /// How the law of an axis bends, along every variable that it moves with.
    private func deviations(_ axis: LawAxis, _ parameters: [Double]) -> [LawDeviation] {
        guard let t = term(axis), table.request.regime.contains(axis) else { return [] }
        let candidate = surface.candidates[0]
        let term = candidate.problem.terms[t]
        let scales = candidate.bendScales(term: t)
        return term.variables.compactMap { slot in
            let variable = LawVariable.allCases[slot]
            guard variable == .tokenBudget || variable == .modelSize,
                let reference = table.reference[variable]
            else { return nil }
            let logs = candidate.problem.groups.map { $0.point.covariates[slot] }
            let largest: Double = reference * exp(logs.max() ?? 0)
            guard let b = term.bends.firstIndex(where: { $0.variable == slot }) else {
                return LawDeviation(
                    variable: variable, knots: [largest], values: [0], largest: largest,
                    scale: configuration.bend)
            }
            return LawDeviation(
                variable: variable, knots: term.bends[b].corners.map { reference * exp($0) },
                values: term.bends[b].corners.map { Self.deviation(term.bends[b], parameters, at: $0) },
                largest: largest, scale: scales[b])
        }
    }

    /// What bends add to the log optimum where their variable has a value.
    private static func deviation(_ bends: SurfaceBends, _ parameters: [Double], at log: Double) -> Double {
        var point = SurfacePoint(coordinates: .zero, covariates: .zero, logBatch: 0)
        point.covariates[bends.variable] = log
        return parameters.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { bends.deviation($0, at: point) } ?? 0
        }
    }

    /// Whether the runs decide an exponent: its interval is at most half as wide as the one the theory's prior had.
    private func isIdentified(_ axis: LawAxis, _ variable: LawVariable, width: Double) -> Bool {
        let prior =
            table.request.isPooled && variable != .brevity
            ? table.request.prior[axis, variable] : table.request.exponentPrior(axis, variable)
        // 80 % of a Student-t of three degrees lie within 1.64 scales.
        return width < 0.5 * 2 * 1.638 * prior.deviation
    }

    private func draws(losses: [LossLawDraw]) -> [LawDraw] {
        var main = PosteriorDraws(
            selections: [surface] + variants, generator: FitRandom(seed: table.request.seed ^ 0xD5A7))
        return (0..<configuration.draws).map { i in
            let drawn = main.next()
            // A variant need not bend along every axis; those come from the fit that answers.
            let answer = drawn.fitted.problem.terms.count < table.bent.count ? main.next(of: surface) : drawn
            func answerTerm(_ axis: LawAxis) -> (term: SurfaceTerm, index: Int)? {
                let terms = answer.fitted.problem.terms
                return terms.firstIndex { $0.axis == axis }.map { (terms[$0], $0) }
            }
            let form = drawn.fitted.form
            let terms = drawn.fitted.problem.terms
            var axes: [[Double]] = []
            var stiffening: [Double] = []
            var limit = 0.0
            var half = 0.0
            for axis in table.axes {
                stiffening.append(self.stiffening(axis, drawn))
                guard let t = terms.firstIndex(where: { $0.axis == axis }) else {
                    axes.append(
                        answerTerm(axis).map {
                            numbers($0.term, answer, $0.index)
                        }
                            ?? [axis.coordinate(of: triedRange(axis)[0])])
                    continue
                }
                axes.append(numbers(terms[t], drawn, t))
                guard form != .plain, axis == .learningRate else { continue }
                limit = drawn.parameters[terms[t].limitIndex]
                if form == .batchCeiling {
                    half = exp(min(drawn.parameters[terms[t].halfBatchIndex], 60))
                }
            }
            return LawDraw(
                form: form, axes: axes, logLimit: limit, halfBatch: half,
                loss: i < losses.count ? losses[i].encoded : LossLawDraw.none,
                bend: i < losses.count ? losses[i].bend : 0, stiffening: stiffening)
        }
    }

    /// How much more the drawn surface curves along an axis than the law says, as a logarithm; 0 where it has no such axis.
    ///
    /// Other weightings of the runs have curvatures of their own; only the spread around the law's is drawn.
    private func stiffening(_ axis: LawAxis, _ drawn: DrawnForm) -> Double {
        guard let term = drawn.fitted.problem.terms.first(where: { $0.axis == axis }) else { return 0 }
        let index = term.curvatureIndex
        let found: Double = drawn.parameters[index] - drawn.fitted.fit.state.parameters[index]
        return found.isFinite ? min(max(found, -5), 5) : 0
    }

    private func numbers(_ term: SurfaceTerm, _ drawn: DrawnForm, _ t: Int) -> [Double] {
        let parameters = drawn.parameters
        let coefficient = clamped(
            term.axis, parameters[term.coefficientIndex] + drawn.deviation[t], slack: Self.batchSlack)
        var result = [coefficient] + term.variables.indices.map { parameters[term.exponentIndex($0)] }
        for deviation in deviations(term.axis, surface.candidates[0].fit.state.parameters) {
            let slot = LawVariable.allCases.firstIndex(of: deviation.variable) ?? 0
            let b = term.bends.firstIndex { $0.variable == slot }
            let reference: Double = table.reference[deviation.variable] ?? 1
            for knot in deviation.knots {
                result.append(
                    b.map { Self.deviation(term.bends[$0], parameters, at: log(knot / reference)) } ?? 0)
            }
            result.append(b.map { drawn.wanders[t][$0] } ?? 0)
        }
        return result
    }

    /// What the fitted losses say about the loss at further budgets; `nil` below three budgets or when losses may be negative.
    private func lossPosterior(
        _ cells: [CellSummary], _ generator: inout FitRandom
    ) -> LossLawPosterior? {
        guard table.budgets >= 3, table.scale == .logarithm else { return nil }
        // A floor above a loss by more than errors explain cannot be one.
        let lowest = cells.map { $0.loss * (1 + 4 * $0.error) }.min() ?? 0
        let named = table.request.lossFloor.flatMap { $0.isFinite && $0 < lowest ? $0 : nil }
        func posterior(floor: Double, odds: Double) -> LossLawPosterior? {
            LossLawPosterior(
                LossLawFit(
                    cells: LossLawFit.Cell.joined(cells.map(\.lossCell)), lossFloor: floor,
                    reference: table.reference[.tokenBudget] ?? 1,
                    modelReference: table.modelSizeVaries ? table.reference[.modelSize] : nil),
                floorKnownOdds: odds, generator: &generator)
        }
        let first = named.flatMap { posterior(floor: $0, odds: Self.floorKnownOdds.named) }
        // No law above the named floor: it cannot be one.
        return first ?? posterior(floor: 0, odds: Self.floorKnownOdds.unnamed)
    }
}
