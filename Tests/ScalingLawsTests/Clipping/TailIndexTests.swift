import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Tail index") struct TailIndexTests {
    @Test(arguments: [
        (1.0, 1.0192768345349332, 0.8997080188523363), (1.6, 1.630842935255893, 1.439532830163738),
        (3.0, 3.0578305036048006, 2.6991240565570096),
    ])
    func estimatesOfParetoStreams(alpha: Double, at500: Double, at100: Double) throws {
        var generator = Xoshiro256StarStar(seed: 5)
        let sample = (0..<10_000).map { _ in pow(1 / (1 - generator.unit()), 1 / alpha) }
        let wide = try #require(TailIndex(of: sample, order: 500))
        #expect(agree(wide.value, at500, 1e-9))
        #expect(agree(try #require(TailIndex(of: sample, order: 100)).value, at100, 1e-9))
        #expect(abs(wide.value - alpha) < 2 * wide.deviation)
        #expect(try #require(TailIndex(of: sample)).order == 100)
    }

    @Test func momentStaysWithinWhatBoundsAccept() throws {
        var generator = Xoshiro256StarStar(seed: 5)
        let units = (0..<2000).map { _ in 1 / (1 - generator.unit()) }
        func moment(_ alpha: Double) throws -> Double {
            try #require(TailIndex(of: units.map { pow($0, 1 / alpha) }, order: 400)).moment
        }
        #expect(try moment(5) == 2)
        #expect(try moment(0.5) == 1.05)
        #expect(try abs(moment(1.6) - 1.44) < 0.15)
    }

    @Test func samplesWithoutATailHaveNone() {
        #expect(TailIndex(of: []) == nil)
        #expect(TailIndex(of: [Double](repeating: 1, count: 100)) == nil)
        #expect(TailIndex(of: [-1, 0, .nan, 2], order: 1) == nil)
    }

    @Test("a known tail index gives the moment an estimated one does, between 1.05 and 2")
    func momentOfKnownIndex() {
        #expect(TailIndex.moment(of: 1.5) == 0.9 * 1.5)
        #expect(TailIndex.moment(of: 0.5) == 1.05)
        #expect(TailIndex.moment(of: 7) == 2)
    }
}
