import TestSupport
import Testing

@Suite("Reference random numbers") struct ReferenceRandomTests {
    @Test func splitMixFollowsItsPublishedStream() {
        var zero = SplitMix64Reference(seed: 0)
        #expect(
            (0..<3).map { _ in zero.next() } == [
                0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f,
            ])
        var other = SplitMix64Reference(seed: 42)
        #expect(
            (0..<4).map { _ in other.next() } == [
                0xbdd7_3226_2feb_6e95, 0x28ef_e333_b266_f103, 0x4752_6757_130f_9f52, 0x581c_e1ff_0e4a_e394,
            ])
    }

    @Test func xoshiroFollowsTheGoldenStream() {
        var generator = Xoshiro256StarStar(seed: 42)
        #expect(
            (0..<4).map { _ in generator.next() } == [
                0x1578_0b2e_0c2e_c716, 0x6104_d986_6d11_3a7e, 0xae17_5332_39e4_99a1, 0xecb8_ad47_03b3_60a1,
            ])
    }

    @Test func numbersOfEveryWidthAreExact() {
        var unit = Xoshiro256StarStar(seed: 42)
        #expect(
            (0..<4).map { _ in unit.unit() } == [
                0.08386297105988216, 0.3789802506626686, 0.6800434110281394, 0.9246929453253876,
            ])
        var wide = Xoshiro256StarStar(seed: 42)
        #expect(
            (0..<4).map { _ in wide.sym24() } == [
                -0.8322740793228149, -0.24203956127166748, 0.3600867986679077, 0.8493858575820923,
            ])
        var narrow = Xoshiro256StarStar(seed: 42)
        #expect(
            (0..<4).map { _ in narrow.sym12() } == [
                -0.83251953125, -0.2421875, 0.35986328125, 0.84912109375,
            ])
    }

    @Test func normalNumbersHaveTheMomentsOfANormal() {
        var generator = Xoshiro256StarStar(seed: 1)
        let draws = (0..<40_000).map { _ in generator.normal() }
        let mean = draws.reduce(0, +) / 40_000
        let square = draws.map { $0 * $0 }.reduce(0, +) / 40_000
        let fourth = draws.map { $0 * $0 * $0 * $0 }.reduce(0, +) / 40_000
        #expect(abs(mean) < 0.02, "seed 1")
        #expect(abs(square - 1) < 0.03, "seed 1")
        #expect(abs(fourth - 3) < 0.25, "seed 1")
    }
}
