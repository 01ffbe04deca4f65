import Methods
import Testing

@Suite("Golden: clipping, privacy, Byzantine workers")
struct PrivateByzantineGoldenTests {
    private static func doubleMomentum(
        threshold: Double, noise: Double = 0, aggregator: any Aggregator = MeanAggregator()
    ) -> DoubleMomentumClippingMethod {
        DoubleMomentumClippingMethod(
            step: 0.3, momentum: 0.5, serverMomentum: 0.7, threshold: threshold, noise: noise,
            aggregator: aggregator)
    }

    static let honest: [(String, any RoundMethod)] = [
        ("Clip-GD", ClippedGradientMethod(step: 0.3, threshold: 0.2)),
        ("Clip21-GD", ClippedErrorFeedbackMethod(step: 0.3, threshold: 0.2)),
        (
            "DP-Clip21-GD",
            ClippedErrorFeedbackMethod(step: 0.3, threshold: 0.2, noise: 0.05, noiseThreshold: 0.1)
        ),
        ("Clip21-SGD2M", doubleMomentum(threshold: 0.2)),
        ("Clip21-SGD2M DP stochastic", doubleMomentum(threshold: 0.2, noise: 0.05)),
        ("alpha-NormEC", NormalizedErrorFeedbackMethod(step: 0.1, rate: 0.4, smoothing: 0.5)),
        ("DP-alpha-NormEC", NormalizedErrorFeedbackMethod(step: 0.1, rate: 0.4, smoothing: 0.5, noise: 0.05)),
        (
            "Fed-alpha-NormEC full local",
            FederatedNormalizedErrorFeedbackMethod(
                step: 0.1, localStep: 0.5, rate: 0.4, smoothing: 0.5, localSteps: 3, participation: 0.7)
        ),
        (
            "DP-Fed-alpha-NormEC cyclic",
            FederatedNormalizedErrorFeedbackMethod(
                step: 0.1, localStep: 0.5, rate: 0.4, smoothing: 0.5, localSteps: 5, localGradient: .cyclic,
                participation: 0.7, noise: 0.05)
        ),
    ]

    static let attacked: [(String, any RoundMethod, any Attack)] = {
        let median = NeighbourMixing(MedianAggregator())
        let rules: [any Aggregator] = [
            median, TrimmedMeanAggregator(), KrumAggregator(), GeometricMedianAggregator(),
            NeighbourMixing(GeometricMedianAggregator()),
        ]
        var cases: [(String, any RoundMethod, any Attack)] = rules.map { rule in
            (
                "Byz-Clip21-SGD2M \(rule.name) IPM x10", doubleMomentum(threshold: 0.5, aggregator: rule),
                InnerProductAttack(scale: 10)
            )
        }
        cases.append(
            (
                "Byz-Clip21-SGD2M nnm+cwmed ALIE DP",
                doubleMomentum(threshold: 0.5, noise: 0.05, aggregator: median), LittleIsEnoughAttack()
            ))
        cases.append(
            (
                "Byz-Clip-SGD nnm+cwmed sign-flip",
                RobustHeavyBallMethod(step: 0.3, threshold: 0.5, aggregator: median), SignFlipAttack()
            ))
        cases.append(
            (
                "Safe-DSHB nnm+cwmed FOE",
                RobustHeavyBallMethod(step: 0.3, momentum: 0.5, threshold: 0.5, aggregator: median),
                FallOfEmpiresAttack()
            ))
        return cases
    }()

    @Test("honest workers")
    func honestRuns() throws {
        #expect(try goldenCases("private_byzantine.json").count == Self.honest.count + Self.attacked.count)
        let problem = LeastSquares()
        for (name, method) in Self.honest {
            let golden = try goldenCase("private_byzantine.json", "method", name)
            let isStochastic = golden["params"]["grads"].text.contains("index(m)")
            let pool = problem.pool(
                seed: UInt64(golden["seed"].number), sampling: isStochastic ? .rows(1) : .full)
            let run = try GoldenRun(method, golden, pool: pool, start: problem.start)
            #expect(run.complaints == [], "\(name)")
            let extra = golden["extra"]
            let pairs = [("clipped", "clipped"), ("R", "radius"), ("part", "participants")]
            for (key, own) in pairs where !extra[key].isNull {
                #expect(deviation(run.diagnostic(own), extra[key].numbers) < 1e-11, "\(name) \(key)")
            }
        }
    }

    @Test("two of eight workers collude")
    func attackedRuns() throws {
        let problem = LeastSquares(workers: 6, seed: 8)
        for (name, method, attack) in Self.attacked {
            let golden = try goldenCase("private_byzantine.json", "method", name)
            var pool = problem.pool(seed: UInt64(golden["seed"].number))
            pool.byzantine = 2
            pool.attack = attack
            let run = try GoldenRun(method, golden, pool: pool, start: problem.start)
            #expect(run.complaints == [], "\(name)")
        }
    }
}
