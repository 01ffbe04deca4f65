import Engine
import Testing

@testable import Tuner

@Suite("Samplers keep the rules")
struct SamplerConformanceTests {
    @Test("every sampler of the registry", arguments: SamplerRegistry.all.map(\.name))
    func registry(name: String) throws {
        let descriptor = try SamplerRegistry.descriptor(name)
        #expect(try SamplerConformance(make: descriptor.make).violations() == [])
    }

    @Test(
        "samplers for several objectives take two, with constraints and costs",
        arguments: SamplerRegistry.all.map(\.name))
    func severalObjectives(name: String) throws {
        let descriptor = try SamplerRegistry.descriptor(name)
        guard descriptor.handlesSeveralObjectives else { return }
        let problem = SamplerProblem(
            space: try SamplerConformance.mixedSpace(), objectiveCount: 2, seed: 3, plannedTrials: 30)
        var session = try SamplerSession(name, problem)
        for index in 0..<14 {
            let (number, values) = try session.ask()
            let rate = values["learning_rate"]?.number ?? 0, layers = values["layers"]?.number ?? 0
            try session.tell(
                number,
                SamplerOutcome(
                    values: index == 4 ? nil : [rate, layers - rate], constraints: [0.5 - layers / 4],
                    cost: layers))
        }
        #expect(throws: TunerError.self) {
            try session.tell(session.ask().number, SamplerOutcome(values: [1]))
        }
    }

    /// Proposes the same point again and again, whatever the seed.
    struct Stuck: Sampler {
        func propose(_ number: Int) -> [Double]? { [0.5, 0.5, 0.5, 0.5, 0.5, 0.5] }
    }

    /// Remembers in which order it was told.
    struct OrderMinded: Sampler {
        var generator: SplitMix64
        var last = 0
        func propose(_ number: Int) -> [Double]? {
            var generator = SplitMix64.stream(generator.state &+ UInt64(last), number)
            return (0..<6).map { _ in generator.uniform() }
        }
        mutating func finished(_ trial: SampledTrial) { last = trial.number }
    }

    /// Draws differently every time.
    struct Fickle: Sampler {
        func propose(_ number: Int) -> [Double]? { (0..<6).map { _ in Double.random(in: 0..<1) } }
    }

    /// A good sampler whose trials under way are all at one spot.
    struct Crowding: Sampler {
        var inner: RandomSampler
        var finishedCount = 0
        mutating func propose(_ number: Int) -> [Double]? { inner.propose(finishedCount) }
        mutating func finished(_ trial: SampledTrial) { finishedCount += 1 }
    }

    @Test("broken samplers are found")
    func brokenOnesAreFound() throws {
        #expect(try SamplerConformance(make: { _ in Stuck() }).violations() == ["the seed does not matter"])
        #expect(
            try SamplerConformance(make: { OrderMinded(generator: SplitMix64($0.seed)) }).violations()
                == ["a rebuilt sampler goes on differently"])
        #expect(
            try SamplerConformance(make: { _ in Fickle() }).violations()
                == ["the same history and seed: other points", "a rebuilt sampler goes on differently"])
        #expect(
            try SamplerConformance(make: { Crowding(inner: RandomSampler($0)) }).violations()
                == ["five trials under way are only 1 points"])
    }

    @Test("an unknown name is refused with the known ones")
    func unknownName() {
        #expect(throws: TunerError.self) { try SamplerRegistry.descriptor("bayes") }
    }
}
