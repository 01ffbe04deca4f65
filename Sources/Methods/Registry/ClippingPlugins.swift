extension MethodRegistry {
    private static let threshold = MethodSetting.real(
        "threshold", "tau: length messages are clipped to.", 0.5)
    private static let noise = MethodSetting.real("noise", "Standard deviation of a coordinate's noise.", 0)

    static let clipping: [MethodPlugin] = [
        MethodPlugin(
            "clip-gd", "Averaged clipped gradients.", [.plainStep, threshold], references: ["2305.18929"],
            maturity: .established
        ) { v, _ in ClippedGradientMethod(step: v["step"], threshold: v["threshold"]) },
        MethodPlugin(
            "clip21", "Clipped differences: gradient descent after finitely many rounds.",
            [.plainStep, threshold, noise], references: ["2305.18929"]
        ) { v, _ in
            ClippedErrorFeedbackMethod(step: v["step"], threshold: v["threshold"], noise: v["noise"])
        },
        MethodPlugin(
            "clip21-sgd2m", "Clipped differences with momentum on both sides.", doubleMomentum,
            references: ["2502.11682"]
        ) { v, _ in doubleMomentumMethod(v, MeanAggregator()) },
        MethodPlugin(
            "byz-clip21-sgd2m", "The same with a robust rule.", doubleMomentum + [.aggregator],
            references: ["2603.23472"]
        ) { v, _ in doubleMomentumMethod(v, v.aggregator) },
        MethodPlugin(
            "byz-clip-sgd", "Clipped gradients through a robust rule.",
            [.plainStep, threshold, noise, .aggregator],
            references: ["2603.23472"]
        ) { v, _ in
            RobustHeavyBallMethod(
                step: v["step"], threshold: v["threshold"], noise: v["noise"],
                aggregator: v.aggregator)
        },
        MethodPlugin(
            "safe-dshb", "Clipped gradients with momentum through a robust rule.",
            [
                .plainStep, .real("momentum", "Weight of the fresh gradient.", 0.5, 0...1), threshold, noise,
                .aggregator,
            ],
            references: ["2302.04787"]
        ) { v, _ in
            RobustHeavyBallMethod(
                step: v["step"], momentum: v["momentum"], threshold: v["threshold"], noise: v["noise"],
                aggregator: v.aggregator)
        },
        MethodPlugin(
            "alpha-normec", "Error feedback through smoothed normalisation.",
            [
                .real("step", "Length of a step.", "beta R/((alpha + R) L_max) at R = 1, beta = alpha = 0.1")
                {
                    NormalizedErrorFeedbackMethod.theoryStep($0, rate: 0.1, smoothing: 0.1, radius: 1)
                },
                .real("rate", "beta, at most alpha.", 0.1), .real("smoothing", "alpha.", 0.1), noise,
            ], references: ["2502.13482"]
        ) { v, _ in
            NormalizedErrorFeedbackMethod(
                step: v["step"], rate: v["rate"], smoothing: v["smoothing"], noise: v["noise"])
        },
        MethodPlugin(
            "fed-alpha-normec", "alpha-NormEC with local steps and partial participation.",
            [
                .real("step", "Length of a step.", "as alpha-normec") {
                    NormalizedErrorFeedbackMethod.theoryStep($0, rate: 0.1, smoothing: 0.1, radius: 1)
                },
                .real("local_step", "Total length of the local steps.", "1/L_max") {
                    1 / $0.largestSmoothness
                },
                .real("rate", "beta.", 0.1), .real("smoothing", "alpha.", 0.1),
                .count("local_steps", "Local steps.", 2),
                .real("participation", "Probability of taking part.", 0.75, 0.001...1), noise,
            ], references: ["2512.21521"]
        ) { v, _ in
            FederatedNormalizedErrorFeedbackMethod(
                step: v["step"], localStep: v["local_step"], rate: v["rate"], smoothing: v["smoothing"],
                localSteps: v.count("local_steps"), participation: v["participation"], noise: v["noise"])
        },
    ]

    private static let doubleMomentum: [MethodSetting] = [
        .real("step", "Step size.", "1/(24 L)") { 1 / (24 * $0.smoothness) },
        .real("momentum", "beta.", 0.5, 0...1), .real("server_momentum", "beta^.", 1, 0...1), threshold,
        noise,
    ]

    private static func doubleMomentumMethod(_ v: MethodValues, _ rule: any Aggregator) -> any RoundMethod {
        DoubleMomentumClippingMethod(
            step: v["step"], momentum: v["momentum"], serverMomentum: v["server_momentum"],
            threshold: v["threshold"], noise: v["noise"], aggregator: rule)
    }
}
