import Foundation

/// The rows of a request, checked, completed and in centred logarithms.
struct LossLawTable {
    let form: LossLawForm
    let model: PowerSumModel
    /// Means of the logarithms that were taken off.
    let centre: (first: Double, second: Double, loss: Double)
    let clusters: [String?]
    /// Where the rows stand in the request.
    let places: [Int]
    let dropped: Int
    /// Smallest and largest `[log N, log D, log C]`; NaN where not known.
    let low: SIMD4<Double>
    let high: SIMD4<Double>
    /// What the choice of form had to leave out.
    let warnings: [LossLawWarning]

    /// Two values of a size closer than this, in logarithms, count as one.
    private static let sameLevel = 0.05
    /// Sizes stay where products of two and powers up to the largest exponent are finite.
    private static let usable = 1e-30...1e36

    init(_ request: LossLawRequest) throws(LossLawError) {
        guard request.huberDelta > 0, request.huberDelta.isFinite else {
            throw .unusableSetting("huber_delta", value: request.huberDelta)
        }
        guard request.replicates >= 0 else {
            throw .unusableSetting("replicates", value: Double(request.replicates))
        }
        var sizes: [SIMD4<Double>] = []
        var logs: [Double] = []
        var clusters: [String?] = []
        var places: [Int] = []
        for (i, point) in request.points.enumerated() {
            guard let loss = point.loss, loss.isFinite else { continue }
            guard loss > 0 else { throw .lossNotPositive(loss, row: i) }
            try Self.check(point, row: i)
            let s = RunSizes(modelSize: point.modelSize, tokens: point.tokens, compute: point.compute)
            sizes.append(SIMD4(s.logModelSize, s.logTokens, s.logCompute, 0))
            logs.append(log(loss))
            clusters.append(point.cluster)
            places.append(i)
        }
        dropped = request.points.count - logs.count
        self.clusters = clusters
        self.places = places
        guard logs.count >= 3 else { throw .tooFewRows(used: logs.count, needed: 3) }
        var choice = FormChoice(sizes: sizes, sameLevel: Self.sameLevel)
        try choice.choose(request.form, hasFloor: request.hasFloor)
        form = choice.form
        warnings = choice.warnings
        let needed = choice.form.parameterNames.count - (choice.hasFloor ? 0 : 1)
        guard logs.count >= needed else { throw .tooFewRows(used: logs.count, needed: needed) }
        let first = sizes.map { choice.coordinate($0, second: false) }
        let second = form.hasTwoTerms ? sizes.map { choice.coordinate($0, second: true) } : []
        let names = form.hasTwoTerms ? ["model_size", "tokens"] : [form.rawValue]
        for (values, name) in zip([first, second], names) {
            if let row = values.firstIndex(where: { !$0.isFinite }) {
                throw .missingSize(name, row: places[row])
            }
        }
        func mean(_ v: [Double]) -> Double { v.isEmpty ? 0 : v.reduce(0) { $0 + $1 / Double(v.count) } }
        let centre = (first: mean(first), second: mean(second), loss: mean(logs))
        self.centre = centre
        model = PowerSumModel(
            x: first.map { $0 - centre.first }, z: second.map { $0 - centre.second },
            y: logs.map { $0 - centre.loss }, weights: [Double](repeating: 1, count: logs.count),
            delta: request.huberDelta, hasFloor: choice.hasFloor)
        low = sizes.dropFirst().reduce(sizes[0]) { pointwiseMin($0, $1) }
        high = sizes.dropFirst().reduce(sizes[0]) { pointwiseMax($0, $1) }
    }

    private static func check(_ point: LossLawPoint, row: Int) throws(LossLawError) {
        let sizes = [("model_size", point.modelSize), ("tokens", point.tokens), ("compute", point.compute)]
        for (name, value) in sizes {
            guard let value else { continue }
            guard usable.contains(value) else { throw .unusableValue(name, value: value, row: row) }
        }
    }

    /// Coefficients `[E, A, alpha, B, beta]` (or `[E, A, alpha]`) of a point of the centred model.
    func coefficients(_ point: PowerSumModel.Vector) -> [Double] {
        typealias Slot = PowerSumModel.Slot
        let unit: Double = exp(centre.loss)
        let (alpha, beta) = (point[Slot.firstExponent], point[Slot.secondExponent])
        let one = [point[Slot.floor] * unit, point[Slot.first] * unit * exp(alpha * centre.first), alpha]
        return form.hasTwoTerms ? one + [point[Slot.second] * unit * exp(beta * centre.second), beta] : one
    }
}
