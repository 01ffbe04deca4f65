import Engine
import Plugins
import ScalingLaws
import Testing

@Suite("Optimizer conformance") struct OptimizerConformanceTests {
    @Test(arguments: OptimizerRegistry.builtIn.descriptors.map(\.name))
    func builtInOptimizerConforms(_ name: String) throws {
        let plugin = try #require(OptimizerRegistry.builtIn.plugin(named: name))
        let failures = try OptimizerConformance(plugin).failures()
        #expect(failures.isEmpty, "\(name): \(failures)")
    }

    @Test func soundOptimizerBehindTheBrokenOnesPasses() throws {
        #expect(try OptimizerConformance(BrokenPlugin(fault: .none)).failures().isEmpty)
    }

    @Test func everyFaultIsFound() throws {
        let expected: [BrokenPlugin.Fault: OptimizerConformance.Check] = [
            .dropsState: .stateRoundTrip, .ignoresRate: .zeroRate, .movesWrongTensor: .untouchedTensor,
            .failsAtZeroGradient: .zeroGradient, .keepsMemory: .forgets, .badDefault: .descriptor,
        ]
        for fault in BrokenPlugin.Fault.allCases where fault != .none {
            let failures = try OptimizerConformance(BrokenPlugin(fault: fault)).failures()
            let check = try #require(expected[fault])
            #expect(failures[check] != nil, "\(fault): \(failures)")
        }
    }

    @Test func registryHasTheDocumentedNamesAndFindsThem() {
        let names = OptimizerRegistry.builtIn.descriptors.map(\.name)
        #expect(
            names == [
                "sgd", "normalized-sgd", "sign-sgd", "lion", "adamw", "rmsprop", "muon", "scion", "gluon",
                "steepest-descent", "ngn", "polyak", "loss-warm-up", "qc-sgd", "clipped-sgd", "dp-sgd",
                "dp-sign-sgd", "dp-adam", "dp-qc-sgd",
            ])
        #expect(OptimizerRegistry.builtIn.plugin(named: "adam-w") == nil)
    }

    @Test func onlyPlainGradientMethodsHaveTheGradientPrior() {
        for descriptor in OptimizerRegistry.builtIn.descriptors {
            let isPlain = [
                "sgd", "qc-sgd", "clipped-sgd", "dp-sgd", "dp-qc-sgd", "ngn", "polyak", "loss-warm-up",
                "steepest-descent",
            ].contains(descriptor.name)
            #expect((descriptor.geometry.updateGeometry == .gradient) == isPlain, "\(descriptor.name)")
        }
    }
}
