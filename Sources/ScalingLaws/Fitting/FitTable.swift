import Foundation

/// Replicates of one setting, pooled.
struct PooledRun {
    var sample: LossSample
    /// Mean response over the replicates that finished; `nil` when most of them diverged.
    var response: Double?
    /// Replicates.
    var count: Int
    /// The training runs that the replicates were read off, where they are named.
    var runs: Set<Int> = []
    /// Whether all of them went on to more tokens.
    var isReadOff = false
    /// The bin it is fitted in, together with others of its cell; -1: on its own (`RunBins`).
    var bin: Int32 = -1
    /// How much it counts for its number of steps.
    var nearness = 1.0
    /// Its coordinates, where it has a bin.
    var place: SIMD4<Float> = .zero
}

/// A finished run that bounds the learning rate as a diverged one does (`BlowUps`).
struct BlownUpRun {
    var sample: LossSample
    /// Its mean response, and that of the best run at the same batch size and momentum.
    var response: Double
    var best: Double

    init(_ run: PooledRun, best: Double) {
        sample = run.sample
        response = run.response ?? .infinity
        self.best = best
    }
}

/// What runs that share a floor have in common.
struct CellKey: Hashable {
    var tokenBudget: Double
    var modelSize: Double?
    var name: String?

    init(tokenBudget: Double, modelSize: Double?, name: String? = nil) {
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.name = name
    }

    init(_ sample: LossSample) {
        self.init(tokenBudget: sample.tokenBudget, modelSize: sample.modelSize, name: sample.cell)
    }

    init(_ cell: LawCell) {
        self.init(tokenBudget: cell.tokenBudget, modelSize: cell.modelSize, name: cell.name)
    }
}

/// Which samples each cell has, as indices: of hundreds of thousands no copy is made.
struct CellMembers {
    /// Cells in the order of first appearance.
    private(set) var keys: [CellKey] = []
    private(set) var members: [[Int]] = []
    private var places: [CellKey: Int] = [:]

    init(_ samples: [LossSample]) {
        for index in samples.indices {
            let key = CellKey(samples[index])
            let place = places[key] ?? keys.count
            if place == keys.count {
                places[key] = place
                keys.append(key)
                members.append([])
            }
            members[place].append(index)
        }
    }

    /// The samples of a cell.
    subscript(_ key: CellKey) -> [Int] { places[key].map { members[$0] } ?? [] }
}

/// The runs of a fit, checked, pooled and put into coordinates.
struct FitTable {
    var request: LawFitRequest
    /// Searched axes in the order of `LawAxis.allCases`, with or without variation.
    let axes: [LawAxis]
    /// Those that take more than one value.
    let varied: [LawAxis]
    /// Those that take more than one value within some cell: they bend the surface.
    let bent: [LawAxis]
    let reference: [LawVariable: Double]
    let scale: LossScale
    var runs: [PooledRun] { didSet { hasBrevity = Brevity.tellsApart(runs) } }
    /// Whether runs of few steps can be told from long ones.
    private(set) var hasBrevity: Bool
    /// Smallest and largest value of every axis.
    let triedRanges: [LawAxis: [Double]]
    /// Within-replicate standard deviation of the response and its degrees of freedom.
    let replicateNoise: (scale: Double, count: Double)
    /// Whether model size varies.
    let modelSizeVaries: Bool
    let budgets: Int
    /// Losses that cannot be results; their runs are not among the samples.
    let leftOut: [Double]
    /// Runs that blew up without becoming NaN: they have no response, like diverged ones.
    let blownUp: [BlownUpRun]

    init(_ request: LawFitRequest) throws(LawFitError) {
        var request = request
        let wrong = LossScreen.notPositive(request.samples.map(\.loss))
        leftOut = wrong.compactMap { request.samples[$0].loss }
        for index in wrong.reversed() { request.samples.remove(at: index) }
        self.request = request
        let samples = request.samples
        let present = Set(samples.flatMap { $0.values.keys })
        let wanted = LawAxis.allCases.filter { request.searchedAxes.contains($0) }
        guard !wanted.isEmpty else { throw .nothingSearched }
        guard samples.contains(where: { $0.loss != nil }) else {
            throw .noFinishedRun(diverged: samples.count)
        }
        try Self.check(samples, axes: present.union(wanted))
        let distinct = Dictionary(
            uniqueKeysWithValues: present.map { axis in (axis, Set(samples.compactMap { $0.values[axis] })) })
        varied = LawAxis.allCases.filter { (distinct[$0]?.count ?? 0) > 1 }
        axes = LawAxis.allCases.filter { wanted.contains($0) || (distinct[$0]?.count ?? 0) > 1 }
        guard !varied.isEmpty else { throw .nothingVaried(wanted) }
        let cells = CellMembers(samples)
        bent = varied.filter { axis in
            cells.members.contains { cell in
                var first: Double?
                return cell.contains { index in
                    guard let value = samples[index].values[axis] else { return false }
                    defer { first = first ?? value }
                    return value != first ?? value
                }
            }
        }
        guard !bent.isEmpty else { throw .nothingVaried(varied) }
        guard Self.compares(cells.members.lazy.map { $0.compactMap { samples[$0].loss } }) else {
            throw .lossesEqual(runs: samples.count { $0.loss != nil })
        }
        reference = Self.reference(samples)
        modelSizeVaries = Set(samples.map(\.modelSize)).count > 1
        budgets = Set(samples.map(\.tokenBudget)).count
        let positive = samples.allSatisfy { ($0.loss ?? 1) > 0 }
        scale = positive ? .logarithm : .identity
        triedRanges = Self.ranges(samples)
        var (runs, noise) = Self.pool(samples, scale: scale)
        replicateNoise = noise
        let found = BlowUps(runs, scale: scale).found
        blownUp = found.map { BlownUpRun(runs[$0.run], best: $0.best) }
        for entry in found { runs[entry.run].response = nil }
        for i in runs.indices { runs[i].nearness = Brevity.weight(runs[i].sample) }
        RunBins.assign(to: &runs, axes: varied, least: request.leastBinned)
        hasBrevity = Brevity.tellsApart(runs)
        self.runs = runs
    }

    private static func ranges(_ samples: [LossSample]) -> [LawAxis: [Double]] {
        var result: [LawAxis: [Double]] = [:]
        for axis in LawAxis.allCases {
            let values = samples.lazy.compactMap { $0.values[axis] }
            if let low = values.min(), let high = values.max() { result[axis] = [low, high] }
        }
        return result
    }

    private static func check(_ samples: [LossSample], axes: Set<LawAxis>) throws(LawFitError) {
        let sized = samples.contains { $0.modelSize != nil }
        for (i, sample) in samples.enumerated() {
            for axis in LawAxis.allCases where axes.contains(axis) {
                guard let value = sample.values[axis] else { throw .missingAxis(axis, sample: i) }
                guard axis.coordinate(of: value).isFinite, axis == .momentum ? value >= 0 : true else {
                    throw .unusableValue(axis.rawValue, value: value, sample: i)
                }
            }
            guard sample.tokenBudget > 0, sample.tokenBudget.isFinite else {
                throw .unusableValue("token_budget", value: sample.tokenBudget, sample: i)
            }
            if let size = sample.modelSize {
                guard size > 0, size.isFinite else {
                    throw .unusableValue("model_size", value: size, sample: i)
                }
            } else if sized {
                throw .missingModelSize(sample: i)
            }
            if let loss = sample.loss, !loss.isFinite {
                throw .unusableValue("loss", value: loss, sample: i)
            }
        }
    }

    /// Whether some cell has two losses, or none has two finished runs to compare.
    private static func compares(_ cells: some Sequence<[Double]>) -> Bool {
        var isComparable = false
        for losses in cells {
            guard let low = losses.min(), let high = losses.max(), losses.count > 1 else { continue }
            if high - low > 1e-12 * max(abs(low), abs(high)) { return true }
            isComparable = true
        }
        return !isComparable
    }

    /// Geometric means.
    private static func reference(_ samples: [LossSample]) -> [LawVariable: Double] {
        func mean(_ logs: [Double?]) -> Double? {
            let known = logs.compactMap { $0 }
            return known.isEmpty ? nil : exp(known.reduce(0, +) / Double(known.count))
        }
        var result: [LawVariable: Double] = [:]
        result[.tokenBudget] = mean(samples.map { log($0.tokenBudget) })
        result[.modelSize] = mean(samples.map { $0.modelSize.map { log($0) } })
        result[.batchSize] = mean(
            samples.map { $0.values[.batchSize].map { LawAxis.batchSize.coordinate(of: $0) } })
        result[.momentumComplement] = mean(
            samples.map { $0.values[.momentum].map { LawAxis.momentum.coordinate(of: $0) } })
        return result
    }

    private static func pool(
        _ samples: [LossSample], scale: LossScale
    ) -> ([PooledRun], (scale: Double, count: Double)) {
        // Members of each setting one after the other, settings in the order of first appearance.
        var places: [CellKey: [[LawAxis: Double]: Int]] = [:]
        var count = 0
        let setting = samples.map { sample in
            let key = CellKey(sample)
            if let place = places[key]?[sample.values] { return place }
            places[key, default: [:]][sample.values] = count
            count += 1
            return count - 1
        }
        places = [:]
        var starts = [Int](repeating: 0, count: count + 1)
        for place in setting { starts[place + 1] += 1 }
        for place in 1..<max(starts.count, 1) { starts[place] += starts[place - 1] }
        var next = starts
        var order = [Int](repeating: 0, count: samples.count)
        for (index, place) in setting.enumerated() {
            order[next[place]] = index
            next[place] += 1
        }
        var ends: [Int: Double] = [:]
        for sample in samples {
            if let run = sample.run { ends[run] = max(ends[run] ?? 0, sample.tokenBudget) }
        }
        var spread = 0.0
        var freedom = 0.0
        var runs: [PooledRun] = []
        runs.reserveCapacity(count)
        for place in 0..<count {
            let group = order[starts[place]..<starts[place + 1]].map { samples[$0] }
            guard let first = group.first else { continue }
            let finished = group.compactMap(\.loss).map { scale == .logarithm ? log($0) : $0 }
            guard 2 * finished.count >= group.count else {
                runs.append(PooledRun(sample: first, response: nil, count: group.count))
                continue
            }
            let mean = finished.reduce(0, +) / Double(finished.count)
            spread += finished.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            freedom += Double(finished.count - 1)
            runs.append(
                PooledRun(
                    sample: first, response: mean, count: finished.count,
                    runs: Set(group.filter { $0.loss != nil }.compactMap(\.run)),
                    isReadOff: group.allSatisfy { sample in
                        sample.run.flatMap { ends[$0] }.map { $0 > sample.tokenBudget } ?? false
                    }))
        }
        return (runs, (freedom > 0 ? (spread / freedom).squareRoot() : 0, freedom))
    }

    /// The cells of the pooled runs, in the order of first appearance: that of a surface's groups.
    var cellKeys: [CellKey] {
        var seen: Set<CellKey> = []
        return runs.map { CellKey($0.sample) }.filter { seen.insert($0).inserted }
    }

    /// Where a run stands.
    func point(_ sample: LossSample) -> SurfacePoint {
        var coordinates = SIMD4<Double>.zero
        for (slot, axis) in LawAxis.allCases.enumerated() {
            if let value = sample.values[axis] { coordinates[slot] = axis.coordinate(of: value) }
        }
        var covariates = SIMD8<Double>.zero
        for (slot, variable) in LawVariable.allCases.enumerated() {
            if variable == .brevity {
                covariates[slot] =
                    Brevity.log(
                        tokenBudget: sample.tokenBudget, batchSize: sample.values[.batchSize]) ?? 0
                continue
            }
            guard let scale = reference[variable] else { continue }
            let value: Double? =
                switch variable {
                case .tokenBudget: sample.tokenBudget
                case .modelSize: sample.modelSize
                case .batchSize: sample.values[.batchSize]
                case .momentumComplement: sample.values[.momentum].map { 1 - $0 }
                case .brevity: nil
                }
            if let value { covariates[slot] = log(value / scale) }
        }
        return SurfacePoint(
            coordinates: coordinates, covariates: covariates,
            logBatch: sample.values[.batchSize].map { log($0) } ?? 0)
    }
}
