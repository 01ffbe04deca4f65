import Foundation
import TestSupport
import Testing

@testable import Engine

/// Known answers in `Golden/rng.json`, from an independent implementation.
@Suite struct RandomTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            var what: String
            var numbers: [Double]
            var hexadecimal: [UInt64]

            enum CodingKeys: CodingKey { case what, values }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                what = try container.decode(String.self, forKey: .what)
                let words = try? container.decode([String].self, forKey: .values)
                hexadecimal = (words ?? []).compactMap { UInt64($0, radix: 16) }
                numbers = words == nil ? try container.decode([Double].self, forKey: .values) : []
            }
        }
        var cases: [Case]
    }

    private func golden(_ what: String) throws -> Golden.Case {
        let all = try JSONDecoder().decode(Golden.self, from: goldenData("rng.json", in: .module))
        return try #require(all.cases.first { $0.what == what })
    }

    @Test func bitsAreTheKnownOnes() throws {
        var generator = SplitMix64(42)
        #expect(try (0..<4).map { _ in generator.next() } == (golden("SplitMix64(42).u64 (hex)").hexadecimal))
        var stream = SplitMix64.stream(7, 3)
        #expect(try (0..<3).map { _ in stream.next() } == (golden("stream(7,3).u64 (hex)").hexadecimal))
    }

    @Test func drawsAreTheKnownOnes() throws {
        var uniform = SplitMix64(42)
        #expect(try (0..<4).map { _ in uniform.uniform() } == (golden("SplitMix64(42).uniform").numbers))
        var sym = SplitMix64(42)
        #expect(try (0..<4).map { _ in sym.sym() } == (golden("SplitMix64(42).sym").numbers))
        var normal = SplitMix64(42)
        let expected = try golden("SplitMix64(42).normal").numbers
        for value in expected { #expect(abs(normal.normal() - value) < 1e-14) }
    }

    @Test func indicesSamplesAndPermutationsAreTheKnownOnes() throws {
        var index = SplitMix64(42)
        #expect(
            try (0..<8).map { _ in Double(index.index(10)) } == (golden("SplitMix64(42).index(10)").numbers))
        var sample = SplitMix64(42)
        #expect(try sample.sample(10, 4).map(Double.init) == (golden("SplitMix64(42).sample(10,4)").numbers))
        var permutation = SplitMix64(42)
        let expected = try golden("SplitMix64(42).permutation(6)").numbers
        #expect(permutation.permutation(6).map(Double.init) == expected)
    }
}
