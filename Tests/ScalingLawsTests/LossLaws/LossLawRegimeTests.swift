import Foundation
import ScalingLaws
import Testing

/// What a loss law says when the runs cannot tell all of it.
@Suite struct LossLawRegimeTests {
    private let law = SyntheticLosses()

    private func fit(
        _ points: [LossLawPoint], form: LossLawForm? = nil, floor: Bool = true, replicates: Int = 40
    ) throws -> ChinchillaFit {
        try ChinchillaFit.fit(
            LossLawRequest(points: points, form: form, hasFloor: floor, replicates: replicates))
    }

    private func codes(_ fit: ChinchillaFit) -> Set<LossLawWarning.Code> { Set(fit.warnings.map(\.code)) }

    private func points(_ sizes: [(Double, Double)], noise: Double = 0, seed: UInt64 = 2) -> [LossLawPoint] {
        var random = TestRandom(seed: seed)
        return sizes.map {
            LossLawPoint(
                modelSize: $0.0, tokens: $0.1, loss: law.loss($0.0, $0.1) * exp(noise * random.normal()))
        }
    }

    @Test func oneModelSizeLeavesALawInTokens() throws {
        let found = try fit(points((0..<12).map { (1e8, 1e8 * pow(2, Double($0))) }))
        #expect(found.form == .tokens)
        #expect(codes(found).contains(.oneModelSize))
        #expect(try abs(#require(found.value("beta")) - 0.36) < 1e-4)
        let floor = 1.8 + 400 * pow(1e8, -0.34)
        #expect(try abs(#require(found.value("E")) / floor - 1) < 1e-4, "the model's term is part of E")
        #expect(found.allocation(compute: 1e20) == nil)
        #expect(found.modelSizeExponent == nil)
    }

    @Test func oneTokenCountLeavesALawInModelSize() throws {
        let found = try fit(points((0..<12).map { (1e7 * pow(2, Double($0)), 1e10) }))
        #expect(found.form == .modelSize)
        #expect(codes(found).contains(.oneTokenCount))
        #expect(try abs(#require(found.value("alpha")) - 0.34) < 1e-4)
    }

    @Test func aFixedRatioLeavesALawInCompute() throws {
        let found = try fit(points((0..<12).map { (1e7 * pow(2, Double($0)), 2e8 * pow(2, Double($0))) }))
        #expect(found.form == .compute)
        #expect(codes(found).contains(.fixedRatio))
        let loss = try #require(found.loss(compute: 6 * 1e9 * 2e10))
        #expect(abs(loss / law.loss(1e9, 2e10) - 1) < 2e-3)
    }

    @Test func anAlmostFixedRatioIsSaid() throws {
        let sizes = (0..<20).map { i in
            (1e7 * pow(1.5, Double(i)), 2e8 * pow(1.5, Double(i)) * (i % 2 == 0 ? 1.2 : 0.85))
        }
        #expect(codes(try fit(points(sizes, noise: 0.002))).contains(.nearlyFixedRatio))
    }

    @Test func twoValuesOfASizePlaceNoFloor() throws {
        let sizes = (0..<8).flatMap { i in [(1e8, 1e9 * pow(2, Double(i))), (1e9, 1e9 * pow(2, Double(i)))] }
        let found = try fit(points(sizes))
        #expect(codes(found).contains(.fewLevels))
        #expect(found.value("E") == 0)
    }

    @Test func aFloorOfZeroIsFoundAndSaid() throws {
        var law = SyntheticLosses()
        law.floor = 0
        var random = TestRandom(seed: 9)
        let sweep = law.sweep(sizes: 7, tokens: 7, noise: 0.002, random: &random)
        let held = try fit(sweep, floor: false)
        #expect(held.value("E") == 0)
        #expect(try abs(#require(held.value("alpha")) - 0.34) < 0.01)
        #expect(!codes(held).contains(.floorAtZero), "it was asked for")
        // A bend the other way has its best floor at 0.
        let steep = sweep.map { point in
            var point = point
            point.loss = point.loss.map { $0 - 0.12 }
            return point
        }
        let bent = try fit(steep)
        #expect(bent.value("E") == 0 && codes(bent).contains(.floorAtZero))
        #expect(bent.parameters[0].identified == false)
    }

    @Test func aSizeThatDoesNotMatterHasNoTerm() throws {
        var random = TestRandom(seed: 10)
        var sweep = SyntheticLosses().sweep(sizes: 6, tokens: 6, noise: 0, random: &random)
        for i in sweep.indices {
            let n = sweep[i].modelSize ?? 1
            // The loss rises with model size, which no falling term describes.
            sweep[i].loss = 2 * pow(n / 1e8, 0.02) + 1500 * pow(sweep[i].tokens ?? 1, -0.36)
        }
        let found = try fit(sweep)
        #expect(codes(found).contains(.termAtZero) || codes(found).contains(.exponentAtLimit))
        #expect(codes(found).contains(.notIdentified))
        #expect(found.allocation(compute: 1e20) == nil)
        _ = try JSONEncoder().encode(found)
    }

    @Test func rowsWithoutAFiniteLossAreDroppedAndCounted() throws {
        var random = TestRandom(seed: 11)
        let clean = law.sweep(sizes: 5, tokens: 5, noise: 0.003, random: &random)
        let bad: [Double?] = [nil, .nan, .infinity, -.infinity]
        let dirty = clean + bad.map { LossLawPoint(modelSize: 1e8, tokens: 1e9, loss: $0) }
        let found = try fit(dirty)
        #expect(found.rowsDropped == 4 && found.rowsUsed == 25)
        #expect(codes(found).contains(.rowsDropped))
        #expect(try found.parameters == fit(clean).parameters)
    }

    @Test func noisyRowsAreAPoorFitWithoutAPattern() throws {
        var random = TestRandom(seed: 13)
        let noisy = try fit(law.sweep(sizes: 8, tokens: 8, noise: 0.05, random: &random))
        #expect(codes(noisy).contains(.poorFit) && !codes(noisy).contains(.structuredResiduals))
        let bent = (0..<64).map { i -> LossLawPoint in
            let (n, d) = (1e7 * pow(2, Double(i % 8)), 1e9 * pow(2, Double(i / 8)))
            let tilt = log(d / (20 * n)) / 4
            return LossLawPoint(modelSize: n, tokens: d, loss: law.loss(n, d) * (1 + 0.06 * tilt * tilt))
        }
        #expect(codes(try fit(bent)).contains(.structuredResiduals))
    }

    /// Sizes and losses at random, over absurd ranges: an error or an answer that can be written down, never
    /// a trap.
    @Test func nothingThatGoesInMakesInfinityComeOut() throws {
        let seed: UInt64 = 21
        var random = TestRandom(seed: seed)
        for i in 0..<60 {
            let width: Double = i % 3 == 0 ? 60 : 2
            let rows = (0..<Int(random.uniform(3, 30))).map { _ in
                LossLawPoint(
                    modelSize: exp(random.uniform(-10, 30)), tokens: exp(random.uniform(0, 30)),
                    loss: exp(width * random.normal()), cluster: i % 7 == 0 ? "a" : nil)
            }
            do {
                let found = try fit(rows, form: i % 4 == 0 ? .compute : nil, replicates: 25)
                _ = try JSONEncoder().encode(found)
                let asked = exp(random.uniform(-300, 300))
                _ = try JSONEncoder().encode(found.prediction(modelSize: asked, tokens: 1 / asked))
                _ = try JSONEncoder().encode(found.allocation(compute: asked))
            } catch let error as LossLawError {
                #expect(["not-solvable", "too-few-rows"].contains(error.code), "seed \(seed), case \(i)")
            }
        }
    }

    @Test func everyErrorNamesTheRow() {
        func error(_ points: [LossLawPoint], delta: Double = 1e-3) -> LossLawError? {
            do {
                _ = try ChinchillaFit.fit(LossLawRequest(points: points, huberDelta: delta, replicates: 0))
                return nil
            } catch {
                return error
            }
        }
        let good = points((0..<9).map { (1e7 * pow(2, Double($0 % 3)), 1e9 * pow(2, Double($0 / 3))) })
        #expect(error(good) == nil)
        #expect(error([]) == .tooFewRows(used: 0, needed: 3))
        #expect(error([0, 4, 8, 1].map { good[$0] }) == .tooFewRows(used: 4, needed: 5))
        #expect(error(good, delta: 0)?.code == "unusable-setting")
        #expect(error(good + [LossLawPoint(modelSize: 0, tokens: 1, loss: 1)])?.code == "unusable-value")
        #expect(error(good + [LossLawPoint(modelSize: .nan, tokens: 1, loss: 1)])?.code == "unusable-value")
        let zero = LossLawPoint(modelSize: 1e8, tokens: 1e9, loss: 0)
        #expect(error(good + [zero]) == .lossNotPositive(0, row: 9))
        #expect(
            error(good + [LossLawPoint(modelSize: 1e8, loss: 2)]) == .missingSize("tokens", row: 9))
        let same = [LossLawPoint](repeating: good[0], count: 6)
        #expect(error(same) == .nothingVaried)
        #expect(LossLawError.missingSize("tokens", row: 9).description.contains("row 10"))
    }
}
