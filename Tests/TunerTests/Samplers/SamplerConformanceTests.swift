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

    @Test("every method of sweep files that asks a sampler has one in the registry")
    func methodsAreRegistered() {
        let names = Set(SamplerRegistry.all.map(\.name))
        let others: Set<SweepDefinition.SearchMethod> = [.lawGuided]
        for method in SweepDefinition.SearchMethod.allCases where !others.contains(method) {
            #expect(names.contains(method.rawValue), "\(method.rawValue)")
        }
    }

    @Test("broken samplers are found", arguments: BrokenSampler.allCases)
    func brokenOnesAreFound(kind: BrokenSampler) throws {
        #expect(try SamplerConformance(make: kind.make).violations() == kind.complaints)
    }

    @Test("an unknown name is refused with the known ones")
    func unknownName() {
        #expect(throws: TunerError.self) { try SamplerRegistry.descriptor("bayes") }
    }
}
