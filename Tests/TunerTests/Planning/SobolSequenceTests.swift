import Engine
import Testing

@testable import Tuner

@Suite("Sobol points")
struct SobolSequenceTests {
    /// First points of the plain sequence in five dimensions; known values of the Joe-Kuo direction numbers, in the
    /// Gray-code order, as printed by SciPy 1.17 `qmc.Sobol(5, scramble=False).random(8)`.
    private let known: [[Double]] = [
        [0, 0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5, 0.5], [0.75, 0.25, 0.25, 0.25, 0.75],
        [0.25, 0.75, 0.75, 0.75, 0.25],
        [0.375, 0.375, 0.625, 0.875, 0.375], [0.875, 0.875, 0.125, 0.375, 0.875],
        [0.625, 0.125, 0.875, 0.625, 0.625], [0.125, 0.625, 0.375, 0.125, 0.125],
    ]

    @Test("the plain sequence is the published one")
    func plainSequence() {
        let sequence = SobolSequence(plainDimension: 5)
        #expect((0..<8).map(sequence.point) == known)
    }

    @Test(
        "scrambled points hit each of 2^m equal intervals of every axis once",
        arguments: [1, 42, 977] as [UInt64])
    func stratifiesEveryAxis(seed: UInt64) {
        var generator = SplitMix64(seed)
        let sequence = SobolSequence(dimension: SobolSequence.dimensions, generator: &generator)
        for block in 0..<3 {
            let points = (0..<64).map { sequence.point(block * 64 + $0) }
            for axis in 0..<SobolSequence.dimensions {
                let cells = Set(points.map { Int($0[axis] * 64) })
                #expect(cells.count == 64, "seed \(seed), axis \(axis)")
            }
        }
    }

    @Test("other seeds give other points")
    func seedsDiffer() {
        var first = SplitMix64(1), second = SplitMix64(2)
        let one = SobolSequence(dimension: 3, generator: &first),
            two = SobolSequence(dimension: 3, generator: &second)
        #expect(one.point(5) != two.point(5))
    }
}
