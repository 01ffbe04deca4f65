import Engine
import Foundation
import Methods
import Testing

/// What compressors and mechanisms promise, measured.
struct CompressorConformance {
    enum Check: String, CaseIterable { case repeatable, count, contraction, unbiased, variance, bits }

    let compressor: any Compressor
    let count: Int
    static let draws = 400

    func failures(seed: UInt64) -> Set<Check> {
        var generator = SplitMix64(seed)
        var found: Set<Check> = []
        for _ in 0..<4 {
            let x = input(using: &generator)
            var (a, b) = (generator, generator)
            if compressor.compress(x, using: &a) != compressor.compress(x, using: &b) {
                found.insert(.repeatable)
            }
            if a != b { found.insert(.repeatable) }
            var (error, mean, bits) = (0.0, Vector.zero(count), 0.0)
            for _ in 0..<Self.draws {
                let message = compressor.compress(x, using: &generator)
                guard message.value.count == count else { return [.count] }
                error += (message.value - x).squaredNorm / Double(Self.draws)
                mean += (1 / Double(Self.draws)) * message.value
                bits += Double(message.cost.bits()) / Double(Self.draws)
            }
            let size = x.squaredNorm
            // Averages of 400 draws: a quarter of slack is far beyond their noise.
            if let alpha = compressor.contraction(count), error > (1 - alpha) * size * 1.25 + 1e-12 * size {
                found.insert(.contraction)
            }
            if let omega = compressor.variance(count) {
                if error > omega * size * 1.25 + 1e-12 * size { found.insert(.variance) }
                let tolerance = 5 * (max(error, 1e-20 * size) / Double(Self.draws)).squareRoot() + 1e-9
                if (mean - x).norm > tolerance { found.insert(.unbiased) }
            }
            // The uncertainty principle: relative error alpha at b bits on R^d has alpha 4^(b/d) >= 1. Numbers count
            // 32 bits although they carry 53, so exact messages are left out.
            let relative = error / size
            if relative > 1e-15, relative <= 1, log(relative) + bits / Double(count) * log(4.0) < -1e-9 {
                found.insert(.bits)
            }
        }
        return found
    }

    /// Symmetric when seen as a matrix, so that all compressors can be asked.
    private func input(using generator: inout SplitMix64) -> Vector {
        let d = Int(Double(count).squareRoot())
        guard d * d == count else { return Vector(generator.normals(count)) }
        return Matrix(rows: d, columns: d, generator.normals(count)).symmetrized.flat
    }
}

@Suite("Conformance of compressors")
struct CompressorConformanceTests {
    static let all: [any Compressor] = [
        IdentityCompressor(), ZeroCompressor(), TopK(4), RandK(4), RandK(4, scaled: false),
        BernoulliCompressor(probability: 0.4), ThresholdCompressor(fraction: 0.2), NaturalCompressor(),
        DitheringCompressor(levels: 4), DitheringCompressor(levels: 1, norm: .maximum),
        NaturalDitheringCompressor(levels: 5), ScaledSignCompressor(), SignCompressor(),
        PowerRoundingCompressor(base: 2),
        KashinCompressor(inner: DitheringCompressor(levels: 2, norm: .maximum)),
        ContractiveScaling(RandK(4)), MatrixRandK(4), RankR(2), MatrixThreshold(fraction: 0.1),
        PowerSGDCompressor(2), MatrixTopKSafe(kept: 4),
    ]

    @Test("every compressor keeps its promises", arguments: Array(all.indices))
    func promises(index: Int) {
        let compressor = Self.all[index]
        let seed: UInt64 = 17
        #expect(
            CompressorConformance(compressor: compressor, count: 16).failures(seed: seed) == [],
            "\(compressor.name), seed \(seed)")
    }

    @Test("broken promises are found")
    func broken() {
        for fault in BrokenCompressor.Fault.allCases {
            let found = CompressorConformance(compressor: BrokenCompressor(fault: fault), count: 16).failures(
                seed: 17)
            #expect(fault.check.map { found.contains($0) } ?? found.isEmpty, "\(fault): \(found)")
        }
    }

    @Test("Kashin: coefficients decode exactly, and flatten what ternary quantisation cannot")
    func kashin() {
        var generator = SplitMix64(9)
        let x = Vector(generator.normals(64))
        let kashin = KashinCompressor(inner: DitheringCompressor(levels: 1, norm: .maximum))
        let signs = Vector((0..<kashin.frameSize(64)).map { _ in generator.index(2) == 0 ? 1 : -1 })
        let a = kashin.coefficients(of: x, signs: signs)
        #expect((kashin.decode(a, signs: signs, count: 64) - x).norm < 1e-12 * x.norm)
        func error(_ c: any Compressor) -> Double {
            (0..<200).reduce(0) { sum, _ in
                sum + (c.compress(x, using: &generator).value - x).squaredNorm / (200 * x.squaredNorm)
            }
        }
        #expect(error(kashin) < 0.7 * error(kashin.inner))
    }

    @Test("rounding to powers is exact at and around powers")
    func powers() {
        var generator = SplitMix64(1)
        let x: Vector = [1, 2, 0.125, -4, 3, 1.5, 1.4999, 1.5001, 0, 1e-300]
        let y = PowerRoundingCompressor(base: 2).compress(x, using: &generator).value
        #expect(Array(y.values[..<9]) == [1, 2, 0.125, -4, 2, 1, 1, 2, 0])
        #expect(y[9] > 0)
        let z = NaturalCompressor().compress([4, -0.25, 0], using: &generator).value
        #expect(z.values == [4, -0.25, 0])
    }

    @Test("bits follow the convention: wider floats, unpaid places")
    func conventions() {
        let message = Cost.sparse(3, of: 8)
        #expect(message.bits() == 105)
        #expect(message.bits(CostModel(countsIndices: false)) == 96)
        #expect(message.bits(CostModel(floatBits: 16)) == 57)
        #expect([1, 2, 3, 4, 5, 8, 9].map(Cost.bitWidth) == [0, 1, 2, 2, 3, 3, 4])
    }
}

/// Top-K on a triangle with the bound that always holds instead of the one authors print.
struct MatrixTopKSafe: Compressor {
    var kept: Int
    var name: String { "MatrixTopK with K/d^2" }
    func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        MatrixTopK(kept).compress(x, using: &generator)
    }
    func contraction(_ count: Int) -> Double? { Double(kept) / Double(count) }
}

/// Rand-K with one deliberate fault.
struct BrokenCompressor: Compressor {
    enum Fault: CaseIterable {
        case none, hiddenDraws, biased, understatesVariance, overstatesContraction, free, short

        var check: CompressorConformance.Check? {
            switch self {
            case .none: nil
            case .hiddenDraws: .repeatable
            case .biased: .unbiased
            case .understatesVariance: .variance
            case .overstatesContraction: .contraction
            case .free: .bits
            case .short: .count
            }
        }
    }

    var fault: Fault
    var name: String { "broken" }

    func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        var message = RandK(8).compress(x, using: &generator)
        switch fault {
        case .hiddenDraws: message.value = message.value.map { $0 * Double.random(in: 0.99...1.01) }
        case .biased: message.value = 0.8 * message.value
        case .free: message = Message(TopK(15).compress(x, using: &generator).value, .none)
        case .short: message.value = [0]
        default: break
        }
        return message
    }

    func contraction(_ count: Int) -> Double? { fault == .overstatesContraction ? 0.9 : nil }
    func variance(_ count: Int) -> Double? {
        switch fault {
        case .understatesVariance: 0.3
        case .free, .overstatesContraction: nil
        default: 1
        }
    }
}
