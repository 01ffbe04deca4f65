import Foundation

/// The posterior of a loss law's exponents under one form and one setting of the bends: a grid, as fine as it is narrow.
///
/// The cells are whitened once. Along either axis of the grid the columns `(T/T0)^-e` and `(N/N0)^-g` are whitened once per
/// node, so that a pair of exponents costs one dot product. Coarse grids find where the density is, the last one samples it:
/// its nodes are jittered, and each has one draw of the linear coefficients (`LossLawNormal`).
struct LossLawGrid {
    struct Point {
        var exponents: (tokens: Double, model: Double)
        var coefficients: LossLawFit.Coefficients
        var errorScale: Double
        var logWeight: Double
    }

    /// A node of one axis with its whitened column.
    private struct Node {
        var exponent: Double
        var column: [Double]
        var withLoss: Double
        var withOne: Double
        var square: Double
    }

    private let fit: LossLawFit
    private let floorKnown: Bool
    private let covariance: DenseCholesky
    private let loss: [Double]
    private let one: [Double]
    private let total: Double
    private let lossOne: Double
    private let oneOne: Double
    /// Where the density is, and an estimate of its logarithm there.
    private(set) var found: (range: Ranges, peak: Double)?

    /// A grid, found but not sampled.
    ///
    /// - Parameters:
    ///   - fit: the cells and beliefs.
    ///   - covariance: of the cells' losses, in units of `fit.unit`.
    ///   - floorKnown: the form.
    ///   - hint: where the density of a similar grid was; it saves most of the search.
    init(_ fit: LossLawFit, covariance: DenseCholesky, floorKnown: Bool, hint: Ranges? = nil) {
        self.fit = fit
        self.floorKnown = floorKnown
        self.covariance = covariance
        let unit = fit.unit
        loss = covariance.forward(fit.cells.map { ($0.loss - fit.lossFloor) / unit })
        one = covariance.forward(fit.cells.map { _ in 1 })
        total = Self.dot(loss, loss)
        lossOne = Self.dot(loss, one)
        oneOne = Self.dot(one, one)
        found = search(from: hint.map { Self.widened($0) }) ?? search(from: nil)
    }

    /// Draws on the final grid; weights are logarithms, `floorKnown` and the setting's odds not in them.
    ///
    /// - Parameters:
    ///   - count: nodes of each axis of the final grid.
    ///   - generator: of the jitter and the coefficients.
    /// - Returns: The points that are not negligible.
    func points(nodes count: Int, generator: inout FitRandom) -> [Point] {
        guard let range = found?.range else { return [] }
        let tokens = nodes(range.tokens, count, jitter: true, model: false, &generator)
        let models = nodes(range.model, count, jitter: true, model: true, &generator)
        var area: Double = log((range.tokens.high - range.tokens.low) / Double(count))
        if fit.modelReference != nil { area += log((range.model.high - range.model.low) / Double(count)) }
        area -= 0.5 * covariance.logDeterminant
        var candidates: [(token: Int, model: Int, solved: LossLawNormal, weight: Double, bound: Double)] = []
        for (t, token) in tokens.enumerated() {
            for (m, model) in models.enumerated() {
                guard let solved = solve(token, model) else { continue }
                let weight: Double = area + density(solved, token, model)
                let bound: Double = weight + solved.logPositiveBound(cells: fit.cells.count)
                guard bound.isFinite else { continue }
                candidates.append((t, m, solved, weight, bound))
            }
        }
        let top = candidates.map(\.bound).max() ?? 0
        let unit = fit.unit
        return candidates.compactMap { found in
            guard found.bound > top - 25 else { return nil }
            let drawn = found.solved.draw(cells: fit.cells.count, generator: &generator)
            var c = LossLawFit.Coefficients()
            let v = [drawn.values.0, drawn.values.1, drawn.values.2].map { $0 * unit }
            if floorKnown {
                c = LossLawFit.Coefficients(floor: 0, amplitude: v[0], modelAmplitude: v[1])
            } else {
                c = LossLawFit.Coefficients(floor: v[0], amplitude: v[1], modelAmplitude: v[2])
            }
            // The prior's density is per unit of loss; the marginal was in units of `unit`.
            let weight: Double =
                found.weight + drawn.logWeight + fit.logPrior(c, floorKnown: floorKnown)
                + Double(found.solved.order) * log(unit)
            guard weight.isFinite else { return nil }
            return Point(
                exponents: (
                    tokens[found.token].exponent,
                    fit.modelReference == nil ? 0 : models[found.model].exponent
                ), coefficients: c, errorScale: drawn.errorScale, logWeight: weight)
        }
    }

    typealias Range = (low: Double, high: Double)
    typealias Ranges = (tokens: Range, model: Range)

    private static let whole: Range = (
        log(LossLawFit.exponentRange.low), log(LossLawFit.exponentRange.high)
    )

    private static func widened(_ ranges: Ranges) -> Ranges {
        func wider(_ range: Range) -> Range {
            let width: Double = max(range.high - range.low, 0.2)
            return (max(range.low - width, whole.low), min(range.high + width, whole.high))
        }
        return (wider(ranges.tokens), wider(ranges.model))
    }

    /// Where the density is: log exponents whose density is within e^-12 of the largest, or the sixteenth highest node's.
    ///
    /// From a start that is not the whole range `nil` is an answer too: the density is at an end of it.
    private func search(from start: Ranges?) -> (range: Ranges, peak: Double)? {
        var (tokens, model) = start ?? (Self.whole, Self.whole)
        let isPlane = fit.modelReference != nil
        let count = isPlane ? 16 : 48
        var unused = FitRandom(seed: 0)
        var peak = -Double.infinity
        for round in 0..<8 {
            let t = nodes(tokens, count, jitter: false, model: false, &unused)
            let m = nodes(model, count, jitter: false, model: true, &unused)
            var densities: [(t: Int, m: Int, density: Double)] = []
            for i in t.indices {
                for j in m.indices {
                    guard let solved = solve(t[i], m[j]) else { continue }
                    let density: Double =
                        density(solved, t[i], m[j]) + solved.logPositiveBound(cells: fit.cells.count)
                    if density.isFinite { densities.append((i, j, density)) }
                }
            }
            densities.sort { $0.density > $1.density }
            guard let best = densities.first else { return nil }
            peak = best.density - 0.5 * covariance.logDeterminant
            if round == 0, start != nil {
                func isEnd(_ node: Int, _ range: Range) -> Bool {
                    (node == 0 && range.low > Self.whole.low)
                        || (node == count - 1 && range.high < Self.whole.high)
                }
                if isEnd(best.t, tokens) || (isPlane && isEnd(best.m, model)) { return nil }
            }
            let enough: Double = densities[min(isPlane ? 15 : 3, densities.count - 1)].density
            let inside = densities.prefix { $0.density >= min(best.density - 12, enough) }
            let next = (
                tokens: Self.narrowed(tokens, count, inside.map(\.t)),
                model: isPlane ? Self.narrowed(model, count, inside.map(\.m)) : model
            )
            let shrunk: Double =
                (next.tokens.high - next.tokens.low) / (tokens.high - tokens.low)
                * (isPlane ? (next.model.high - next.model.low) / (model.high - model.low) : 1)
            (tokens, model) = next
            if shrunk > 0.5 { break }
        }
        return ((tokens, model), peak)
    }

    private static func narrowed(_ range: Range, _ count: Int, _ inside: [Int]) -> Range {
        let step: Double = (range.high - range.low) / Double(count)
        let low: Double = range.low + step * Double((inside.min() ?? 0) - 1)
        let high: Double = range.low + step * Double((inside.max() ?? count) + 2)
        return (max(low, range.low), min(high, range.high))
    }

    private func nodes(
        _ range: Range, _ count: Int, jitter: Bool, model: Bool, _ generator: inout FitRandom
    ) -> [Node] {
        guard !model || fit.modelReference != nil else {
            return [Node(exponent: 1, column: [], withLoss: 0, withOne: 0, square: 0)]
        }
        let step: Double = (range.high - range.low) / Double(count)
        return (0..<count).map { i in
            let place: Double = Double(i) + (jitter ? generator.uniform() : 0.5)
            let exponent: Double = exp(range.low + step * place)
            let column = covariance.forward(
                model ? fit.modelColumn(exponent) : fit.tokenColumn(exponent))
            return Node(
                exponent: exponent, column: column, withLoss: Self.dot(column, loss),
                withOne: Self.dot(column, one), square: Self.dot(column, column))
        }
    }

    private func density(_ solved: LossLawNormal, _ token: Node, _ model: Node) -> Double {
        var density: Double =
            solved.logEvidence(cells: fit.cells.count) + LossLawFit.logPrior(exponent: token.exponent)
        if fit.modelReference != nil { density += LossLawFit.logPrior(exponent: model.exponent) }
        return density
    }

    private func solve(_ token: Node, _ model: Node) -> LossLawNormal? {
        let isPlane = fit.modelReference != nil
        let both: Double = isPlane ? Self.dot(token.column, model.column) : 0
        if floorKnown {
            return LossLawNormal(
                order: isPlane ? 2 : 1, matrix: (token.square, both, model.square, 0, 0, 0),
                right: (token.withLoss, model.withLoss, 0), total: total)
        }
        return LossLawNormal(
            order: isPlane ? 3 : 2,
            matrix: (oneOne, token.withOne, token.square, model.withOne, both, model.square),
            right: (lossOne, token.withLoss, model.withLoss), total: total)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for i in a.indices { sum += a[i] * b[i] }
        return sum
    }
}
