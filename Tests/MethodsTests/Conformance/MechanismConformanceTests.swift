import Engine
import Methods
import Testing

/// The three-point inequality on random triples: `E|h' - x|^2 <= (1 - A)|h - y|^2 + B |x - y|^2`.
struct MechanismConformance {
    let mechanism: any Mechanism
    let count: Int

    /// The largest ratio of the two sides over triples; infinite when the right side is zero and the left is not.
    func worstRatio(seed: UInt64) -> Double {
        guard let c = mechanism.constants(count) else { return .infinity }
        var generator = SplitMix64(seed)
        var worst = 0.0
        for trial in 0..<60 {
            let y = symmetric(&generator, 1)
            // From h = y = x over small and large gaps.
            let h = trial == 0 ? y : y + symmetric(&generator, [0, 0.1, 1, 10][trial % 4])
            let x = trial == 0 ? y : y + symmetric(&generator, [0.1, 1, 0, 1, 3][trial % 5])
            let points = ThreePoints(estimate: h, previous: y, current: x)
            let draws = 200
            let left = (0..<draws).reduce(0) { sum, _ in
                sum + (mechanism.next(points, coin: nil, using: &generator).value - x).squaredNorm
                    / Double(draws)
            }
            let right = (1 - c.decay) * (h - y).squaredNorm + c.drift * (x - y).squaredNorm
            if left > 1e-20 { worst = max(worst, right > 0 ? left / right : .infinity) }
        }
        return worst
    }

    private func symmetric(_ generator: inout SplitMix64, _ scale: Double) -> Vector {
        let d = Int(Double(count).squareRoot())
        return scale * Matrix(rows: d, columns: d, generator.normals(count)).symmetrized.flat
    }
}

@Suite("Conformance of mechanisms")
struct MechanismConformanceTests {
    static let top = TopK(3)
    static let all: [any Mechanism] = [
        ErrorFeedbackMechanism(top), BestOfTwoMechanism(top), LazyMechanism(trigger: 2),
        LazyMechanism(top, trigger: 2), BernoulliMechanism(top, probability: 0.4),
        CompressedDifferenceMechanism(top), UnbiasedFirstMechanism(unbiased: RandK(3), top),
        CorrectedMechanism(ErrorFeedbackMechanism(top), TopK(2)),
        DoubleFeedbackMechanism(first: top, second: TopK(2)),
        OccasionalFullMechanism(top, probability: 0.3),
        LevelledMechanism([TopK(1), top, TopK(5)], trigger: 1),
        AdaptiveTopKMechanism(largest: 4), RotationMechanism(top), ErrorFeedbackMechanism(RankR(1)),
    ]

    @Test("the three-point inequality holds", arguments: Array(all.indices))
    func inequality(index: Int) {
        let mechanism = Self.all[index]
        // Coins and draws are averaged over 200 tries; a fifth of slack covers their noise.
        let ratio = MechanismConformance(mechanism: mechanism, count: 9).worstRatio(seed: 23)
        #expect(ratio <= 1.2, "\(mechanism.name), seed 23: \(ratio)")
    }

    @Test("overstated constants and forgetful mechanisms are found")
    func broken() {
        struct Boastful: Mechanism {
            var name: String { "boastful" }
            func next(_ p: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
                ErrorFeedbackMechanism(TopK(1)).next(p, coin: coin, using: &generator)
            }
            func constants(_ count: Int) -> ThreePointConstants? { .errorFeedback(contraction: 0.9) }
        }
        struct Forgetful: Mechanism {
            var name: String { "forgetful" }
            func next(_ p: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
                TopK(3).compress(p.current, using: &generator)
            }
            func constants(_ count: Int) -> ThreePointConstants? { .errorFeedback(contraction: 1.0 / 3) }
        }
        #expect(MechanismConformance(mechanism: Boastful(), count: 9).worstRatio(seed: 23) > 1.2)
        #expect(MechanismConformance(mechanism: Forgetful(), count: 9).worstRatio(seed: 23) > 1.2)
    }

    @Test("special cases: CLAG without trigger is EF21, with the identity LAG")
    func specialCases() throws {
        let problem = LeastSquares()
        func run(_ mechanism: any Mechanism, rounds: Int = 20) throws -> Vector {
            var run = try DistributedRun(
                ThreePointMethod(mechanism, step: 0.2), pool: problem.pool(), start: problem.start)
            run.advance(rounds)
            return run.iterate
        }
        #expect(try run(LazyMechanism(Self.top, trigger: 0)) == run(ErrorFeedbackMechanism(Self.top)))
        let lazy = try run(LazyMechanism(IdentityCompressor(), trigger: 3))
        #expect((lazy - (try run(LazyMechanism(trigger: 3)))).norm < 1e-13)
        var descent = try DistributedRun(
            CompressedGradientMethod(step: 0.2), pool: problem.pool(), start: problem.start)
        descent.advance(20)
        #expect((try run(LazyMechanism(trigger: 0)) - descent.iterate).norm < 1e-13)
    }
}
