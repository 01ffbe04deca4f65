import Engine

/// Independent draws, uniform on every axis' scale.
struct RandomSampler: Sampler {
    private let problem: SamplerProblem

    init(_ problem: SamplerProblem) { self.problem = problem }

    mutating func propose(_ number: Int) -> [Double]? {
        var generator = SplitMix64.stream(problem.seed ^ 0x7A4D_0315, number)
        return problem.space.axes.map { _ in generator.uniform() }
    }
}

/// Scrambled Sobol points; coordinates past the table's dimensions are independent draws.
struct SobolSampler: Sampler {
    private let problem: SamplerProblem
    private let sequence: SobolSequence

    init(_ problem: SamplerProblem) {
        self.problem = problem
        var generator = SplitMix64(problem.seed ^ 0x50B0_15EC)
        sequence = SobolSequence(
            dimension: min(max(problem.space.axes.count, 1), SobolSequence.dimensions), generator: &generator)
    }

    mutating func propose(_ number: Int) -> [Double]? {
        var generator = SplitMix64.stream(problem.seed ^ 0x50B0_0E57, number)
        let rest = max(0, problem.space.axes.count - SobolSequence.dimensions)
        return sequence.point(number) + (0..<rest).map { _ in generator.uniform() }
    }
}

/// Halton points with permuted digits and a random shift of every axis modulo 1.
///
/// Coordinate d of point n is `frac(shift_d + sum_k pi_d(digit_k) b_d^(-k-1))` over the digits of n in base b_d, the
/// d-th prime, with pi_d a random permutation of the digits that keeps 0. The permutation breaks the long diagonals
/// of large bases (Braaten and Weller 1979), the shift makes the points unbiased over seeds (Cranley and Patterson 1976).
struct HaltonSampler: Sampler {
    private let bases: [Int]
    private let digits: [[Int]]
    private let shifts: [Double]

    init(_ problem: SamplerProblem) {
        var generator = SplitMix64(problem.seed ^ 0x4A17_0135)
        var bases: [Int] = []
        var candidate = 2
        while bases.count < problem.space.axes.count {
            if bases.allSatisfy({ candidate % $0 != 0 }) { bases.append(candidate) }
            candidate += 1
        }
        self.bases = bases
        digits = bases.map { base in [0] + generator.permutation(base - 1).map { $0 + 1 } }
        shifts = bases.map { _ in generator.uniform() }
    }

    mutating func propose(_ number: Int) -> [Double]? {
        bases.indices.map { axis in
            var rest = number, weight = 1 / Double(bases[axis]), sum = shifts[axis]
            while rest > 0 {
                sum += weight * Double(digits[axis][rest % bases[axis]])
                rest /= bases[axis]
                weight /= Double(bases[axis])
            }
            return sum - sum.rounded(.down)
        }
    }
}

/// Every combination once, in an order that is spread over the grid from the first points on.
///
/// An axis with values of its own has all of them; a real axis has as many levels as make the grid fit the planned
/// trials, at least two, or five when nothing is planned. Point n is combination `(offset + n stride) mod total`, the
/// stride next to `total / golden ratio` that has no factor in common with `total`.
struct GridSampler: Sampler {
    /// A grid larger than this has no end that anybody reaches.
    private static let largest = 1 << 40
    private let levels: [Int]
    private let isReal: [Bool]
    private let total: Int
    private let offset: Int
    private let stride: Int

    init(_ problem: SamplerProblem) {
        let counts = problem.space.axes.map(\.count)
        let discrete = counts.compactMap(\.self).reduce(1, Self.product)
        let realAxes = counts.count { $0 == nil }
        var perAxis = 5
        if let planned = problem.plannedTrials, realAxes > 0 {
            perAxis = 2
            while Self.power(perAxis + 1, realAxes) <= planned / discrete { perAxis += 1 }
        }
        levels = counts.map { $0 ?? perAxis }
        isReal = counts.map { $0 == nil }
        total = levels.reduce(1, Self.product)
        var generator = SplitMix64(problem.seed ^ 0x6819_0C4E)
        offset = generator.index(total)
        var stride = max(1, Int(Double(total) * 0.618_033_988_749_895))
        while Self.commonFactor(stride, total) != 1 { stride += 1 }
        self.stride = stride
    }

    mutating func propose(_ number: Int) -> [Double]? {
        guard number < total else { return nil }
        var rest = Int(
            (UInt64(total).dividingFullWidth(UInt64(stride).multipliedFullWidth(by: UInt64(number))).remainder
                + UInt64(offset)) % UInt64(total))
        return levels.indices.map { axis in
            let level = rest % levels[axis]
            rest /= levels[axis]
            if isReal[axis] { return Double(level) / Double(levels[axis] - 1) }
            return (Double(level) + 0.5) / Double(levels[axis])
        }
    }

    private static func power(_ base: Int, _ exponent: Int) -> Int {
        (0..<exponent).reduce(1) { power, _ in product(power, base) }
    }

    /// A product that stops at `largest`.
    private static func product(_ a: Int, _ b: Int) -> Int { a >= largest / b ? largest : a * b }

    private static func commonFactor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : commonFactor(b, a % b) }
}
