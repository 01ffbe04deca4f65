import Methods
import Testing

@Suite("Golden: first-order distributed methods")
struct DistributedGoldenTests {
    static let top = TopK(2)
    static let random = RandK(2)
    static let services: [ServiceTime] = [1, 1.5, 2.25, 4].map { .constant($0) }

    /// Methods on least squares with 4 workers; the seed and the sampling are the case's.
    static let methods: [(String, any RoundMethod)] = [
        ("DGD", CompressedGradientMethod(step: 0.3)),
        ("DCGD RandK", CompressedGradientMethod(random, step: 0.1)),
        ("DCGD Natural", CompressedGradientMethod(NaturalCompressor(), step: 0.1)),
        ("DCGD Dithering", CompressedGradientMethod(DitheringCompressor(levels: 2), step: 0.1)),
        ("DCGD TopK (no feedback)", CompressedGradientMethod(top, step: 0.1)),
        ("DCSGD RandK", CompressedGradientMethod(random, step: 0.1)),
        ("DSignSGD mean", SignGradientMethod(step: 0.02)),
        ("DSignSGD majority stochastic", SignGradientMethod(step: 0.02, vote: .majority)),
        ("DCGD-SHIFT fixed", ShiftedCompressionMethod(random, step: 0.1, rule: .fixed(atStart: true))),
        ("DCGD-STAR", ShiftedCompressionMethod(random, step: 0.1, rule: .star())),
        ("DIANA", ShiftedCompressionMethod(random, step: 0.1, rule: .diana(rate: 1.0 / 3))),
        (
            "DIANA with biased C=Top1",
            ShiftedCompressionMethod(random, step: 0.1, rule: .diana(rate: 1.0 / 3, inner: TopK(1)))
        ),
        ("Rand-DIANA", ShiftedCompressionMethod(random, step: 0.1, rule: .randDiana(probability: 1.0 / 3))),
        ("GDCI", CompressedIteratesMethod(random, step: 0.5, mixing: 0.2)),
        ("VR-GDCI", CompressedIteratesMethod(random, step: 0.5, mixing: 0.2, shiftRate: 1.0 / 3)),
        ("EF14", ClassicErrorFeedbackMethod(top, step: 0.2)),
        ("EF21", ThreePointMethod(ErrorFeedbackMechanism(top), step: 0.2)),
        ("EF21 zero init", ThreePointMethod(ErrorFeedbackMechanism(top), step: 0.2, begins: .zero)),
        ("EF21-SGDM stochastic", ThreePointMethod(ErrorFeedbackMechanism(top), step: 0.1, momentum: 0.3)),
        ("EControl", EControlMethod(top, step: 0.1, control: 0.1)),
        ("EControl stochastic", EControlMethod(top, step: 0.1, control: 0.1)),
        (
            "3PC bidirectional EF21/EF21",
            ThreePointMethod(
                ErrorFeedbackMechanism(top), step: 0.1, serverMechanism: ErrorFeedbackMechanism(TopK(3)))
        ),
        ("AsGrad pure", AsynchronousMethod(step: 0.1, assignment: .pure, services: services)),
        ("AsGrad random", AsynchronousMethod(step: 0.1, assignment: .random, services: services)),
        ("AsGrad shuffled", AsynchronousMethod(step: 0.1, assignment: .shuffled, services: services)),
        (
            "AsGrad random wait b=2",
            AsynchronousMethod(step: 0.1, assignment: .random, services: services, waits: 2)
        ),
        ("IST Perm-K scaled", SubnetworkMethod(step: 0.05)),
        ("IST Perm-K masks, 2 local steps", SubnetworkMethod(step: 0.1, localSteps: 2)),
        ("MAST single RandK4", SketchedMethod(step: 0.1, sketch: .randK(4), shared: true)),
        (
            "MAST distributed Bernoulli 0.75 with shift",
            SketchedMethod(step: 0.1, sketch: .bernoulli(0.75), shift: Vector(repeating: 0.5, count: 6))
        ),
        ("FedAvg", FederatedAveragingMethod(step: 0.2, localSteps: 3)),
    ]

    static let mechanisms: [(String, any Mechanism)] = [
        ("3PC EF21", ErrorFeedbackMechanism(top)), ("3PC LAG zeta=2", LazyMechanism(trigger: 2)),
        ("3PC CLAG zeta=2", LazyMechanism(top, trigger: 2)),
        ("3PC 3PCv1", CompressedDifferenceMechanism(top)),
        ("3PC 3PCv2 (RandK2,TopK2)", UnbiasedFirstMechanism(unbiased: random, top)),
        ("3PC 3PCv3 (EF21 Top2, Top3)", CorrectedMechanism(ErrorFeedbackMechanism(top), TopK(3))),
        ("3PC 3PCv4 (Top1,Top2)", DoubleFeedbackMechanism(first: top, second: TopK(1))),
        ("3PC 3PCv5 p=0.3", OccasionalFullMechanism(top, probability: 0.3)),
        ("3PC CBAG p=0.5", BernoulliMechanism(top, probability: 0.5)),
        ("3PC AdaCGD Top1/2/4 zeta=1", LevelledMechanism([TopK(1), top, TopK(4)], trigger: 1)),
        ("3PC AdaptiveTopK K0=3", AdaptiveTopKMechanism(largest: 3)),
    ]

    private func run(_ name: String, _ method: any RoundMethod) throws -> (GoldenRun, JSONValue) {
        let golden = try goldenCase("distributed.json", "method", name)
        let problem = LeastSquares()
        let isStochastic = golden["params"]["grads"].text.contains("index(m)")
        let pool = problem.pool(
            seed: UInt64(golden["seed"].number), sampling: isStochastic ? .rows(1) : .full)
        return (try GoldenRun(method, golden, pool: pool, start: problem.start), golden)
    }

    @Test("all cases are here")
    func count() throws {
        #expect(try goldenCases("distributed.json").count == Self.methods.count + Self.mechanisms.count + 3)
    }

    @Test("trajectories and costs")
    func trajectories() throws {
        for (name, method) in Self.methods {
            let (run, golden) = try run(name, method)
            #expect(run.complaints == [], "\(name)")
            guard name.hasPrefix("AsGrad"), let last = run.run.method as? AsynchronousMethod else { continue }
            #expect(run.diagnostic("time") == golden["extra"]["time"].numbers, "\(name)")
            #expect(last.clock.assigned.map(Double.init) == golden["extra"]["assigned"].numbers, "\(name)")
            #expect(last.clock.jobs.count == 4)
        }
    }

    @Test("the delays and the workers of asynchronous runs")
    func asynchronous() throws {
        for (name, method) in Self.methods where name.hasPrefix("AsGrad") {
            let golden = try goldenCase("distributed.json", "method", name)["extra"]
            let problem = LeastSquares()
            var run = try DistributedRun(method, pool: problem.pool(seed: 3), start: problem.start)
            var (delays, workers): ([Double], [Double]) = ([], [])
            for _ in 0..<12 {
                run.advance()
                guard let state = run.method as? AsynchronousMethod else { return }
                delays += state.delays.map(Double.init)
                workers += state.finished.map(Double.init)
            }
            #expect(delays == golden["delay"].numbers, "\(name)")
            #expect(workers == golden["worker"].numbers, "\(name)")
        }
    }

    @Test("a wrong step, a wrong seed and a wrong bill are each noticed")
    func comparisonCanFail() throws {
        let golden = try goldenCase("distributed.json", "method", "DCGD RandK")
        let problem = LeastSquares()
        func complaints(_ method: any RoundMethod, seed: UInt64 = 3) throws -> [String] {
            try GoldenRun(method, golden, pool: problem.pool(seed: seed), start: problem.start).complaints
                .map { String($0.prefix(while: { $0 != ":" })) }
        }
        #expect(try complaints(CompressedGradientMethod(Self.random, step: 0.1)) == [])
        #expect(try complaints(CompressedGradientMethod(Self.random, step: 0.1000001)) == ["f", "x"])
        #expect(try complaints(CompressedGradientMethod(Self.random, step: 0.1), seed: 4) == ["f", "x"])
        let wide = try complaints(CompressedGradientMethod(RandK(3), step: 0.1))
        #expect(wide == ["f", "x", "floats up", "bits up"])
    }

    @Test("three-point mechanisms: trajectories, costs, constants, gaps")
    func threePoint() throws {
        for (name, mechanism) in Self.mechanisms {
            let (run, golden) = try run(name, ThreePointMethod(mechanism, step: 0.2))
            #expect(run.complaints == [], "\(name)")
            let constants = try #require(mechanism.constants(6), "\(name)")
            let wanted = [golden["params"]["A"].number, golden["params"]["B"].number]
            #expect(deviation([constants.decay, constants.drift], wanted) < 1e-13, "\(name)")
            #expect(deviation(run.diagnostic("gap"), golden["extra"]["G"].numbers) < 1e-11, "\(name)")
        }
    }

    @Test("Safe-EF and partially personalised training on their own problems")
    func others() throws {
        var golden = try goldenCase("distributed.json", "method", "Safe-EF Top2 / server Top3")
        let safe = ConstrainedDistance()
        let method = SafeErrorFeedbackMethod(
            Self.top, step: 0.05, tolerance: 0.05, modelCompressor: TopK(3))
        let run = try GoldenRun(method, golden, pool: safe.pool(), start: safe.start)
        #expect(run.complaints == [])
        let feasible = golden["extra"]["feasible"].list.map { $0.isTrue ? 1.0 : 0 }
        #expect(run.diagnostic("feasible") == feasible)
        let output = (run.run.method as? SafeErrorFeedbackMethod)?.output.values ?? []
        #expect(deviation(output, golden["extra"]["output"].numbers) < 1e-11)

        let personal = PersonalLeastSquares()
        golden = try goldenCase("distributed.json", "method", "FFGG exact fine-tune")
        let exact = try GoldenRun(
            PersonalizedMethod(step: 0.5), golden, pool: personal.pool(), start: personal.start)
        #expect(exact.complaints == [])
        golden = try goldenCase(
            "distributed.json", "method", "FFGG 5 local beta steps, 2 of 3 clients, 2 theta steps")
        let local = PersonalizedMethod(
            step: 0.3, localSteps: 2, participants: 2, privateFit: .gradient(step: 0.5, steps: 5))
        let inexact = try GoldenRun(local, golden, pool: personal.pool(seed: 3), start: personal.start)
        #expect(inexact.complaints == [])
    }
}
