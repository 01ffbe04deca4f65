import Engine
import Testing

@testable import Tuner

@Suite("Sampler space and session")
struct SamplerSpaceTests {
    @Test("values and coordinates of every kind of axis go round")
    func roundTrip() throws {
        let axes = try SamplerConformance.mixedSpace().axes
        for axis in axes {
            for step in 0...200 {
                let value = axis.value(at: Double(step) / 200)
                let coordinate = try #require(axis.coordinate(of: value))
                #expect((0...1).contains(coordinate))
                let again = axis.value(at: coordinate)
                if let count = axis.count {
                    #expect(again == value, "\(axis.name) \(count)")
                } else {
                    let a = again.number ?? 0, b = value.number ?? 1
                    #expect(abs(a - b) <= 1e-14 * abs(b) + 1e-16)
                }
            }
        }
    }

    @Test("whole numbers of a linear range are drawn equally often, multiples of the quantum only")
    func wholeNumbers() {
        let axis = SamplerAxis("n", .integer(low: 3, high: 17, quantum: 4, scale: .linear))
        var counts: [HyperparameterValue: Int] = [:]
        for step in 0..<3000 { counts[axis.value(at: (Double(step) + 0.5) / 3000), default: 0] += 1 }
        #expect(counts == [.integer(4): 750, .integer(8): 750, .integer(12): 750, .integer(16): 750])
        #expect(axis.count == 4)
        #expect(axis.coordinate(of: .integer(5)) == nil)
        #expect(axis.coordinate(of: .integer(20)) == nil)
    }

    @Test("ends, NaN and values outside")
    func ends() {
        let axis = SamplerAxis("rate", .real(low: 1e-4, high: 1, scale: .log))
        #expect(axis.value(at: -3) == .real(1e-4))
        #expect(axis.value(at: 7) == .real(1))
        #expect(abs((axis.value(at: .nan).number ?? 0) - 0.01) < 1e-12)
        #expect(axis.coordinate(of: .real(2)) == nil)
        #expect(axis.coordinate(of: .text("x")) == nil)
        #expect(axis.coordinate(of: .integer(1)) == 1)
        #expect(SamplerAxis("one", .real(low: 2, high: 2, scale: .linear)).value(at: 0.7) == .real(2))
    }

    @Test(
        "axes that cannot be searched are refused",
        arguments: [
            SamplerAxis("a", .real(low: 1, high: 0, scale: .linear)),
            SamplerAxis("a", .real(low: 0, high: 1, scale: .log)),
            SamplerAxis("a", .real(low: 0, high: 1, scale: .complementLog)),
            SamplerAxis("a", .real(low: -1e308, high: 1e308, scale: .linear)),
            SamplerAxis("a", .real(low: .nan, high: 1, scale: .linear)),
            SamplerAxis("a", .integer(low: 0, high: 4, quantum: 1, scale: .log)),
            SamplerAxis("a", .integer(low: 5, high: 7, quantum: 4, scale: .linear)),
            SamplerAxis("a", .choices([], ordered: true)),
            SamplerAxis("a", .choices([.integer(1), .integer(1)], ordered: true)),
            SamplerAxis(
                "a", .real(low: 0, high: 1, scale: .linear), when: .init(axis: "b", values: [.real(0)])),
        ])
    func refused(axis: SamplerAxis) {
        #expect(throws: TunerError.self) { try SamplerSpace([axis]) }
    }

    @Test("a condition on an axis that does not exist holds nowhere")
    func nestedConditions() throws {
        let space = try SamplerSpace([
            SamplerAxis("a", .choices([.integer(0), .integer(1)], ordered: false)),
            SamplerAxis(
                "b", .choices([.integer(0), .integer(1)], ordered: false),
                when: .init(axis: "a", values: [.integer(1)])),
            SamplerAxis(
                "c", .real(low: 0, high: 1, scale: .linear), when: .init(axis: "b", values: [.integer(1)])),
        ])
        #expect(space.values(of: space.point(at: [0.1, 0.9, 0.3])) == ["a": .integer(0)])
        #expect(space.values(of: space.point(at: [0.9, 0.9, 0.3])).count == 3)
        #expect(space.point(of: ["a": .integer(1), "b": .integer(1)]) == nil)
    }

    @Test("a session refuses what was never asked, what was told, and a wrong count")
    func sessionChecks() throws {
        let space = try SamplerSpace([SamplerAxis("x", .real(low: 0, high: 1, scale: .linear))])
        var session = try SamplerSession("random", SamplerProblem(space: space))
        #expect(throws: TunerError.self) { try session.tell(0, SamplerOutcome(values: [1])) }
        let number = try session.ask().number
        #expect(throws: TunerError.self) { try session.tell(number, SamplerOutcome(values: [1, 2])) }
        try session.tell(number, SamplerOutcome(values: [1]))
        #expect(throws: TunerError.self) { try session.tell(number, SamplerOutcome(values: [1])) }
        #expect(throws: TunerError.self) { try session.begin(["x": .real(4)]) }
        #expect(session.pending.isEmpty)
    }

    @Test("values that are not finite are failures, odd costs count as one")
    func outcomes() {
        #expect(SamplerOutcome(values: [.infinity]).values == nil)
        #expect(SamplerOutcome(values: [1, .nan]).values == nil)
        #expect(SamplerOutcome(values: [1], cost: -4).cost == 1)
        #expect(SamplerOutcome(values: [1], constraints: [.nan, -1]).violation > 1e300)
    }
}
