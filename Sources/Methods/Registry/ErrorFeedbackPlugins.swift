extension MethodRegistry {
    static let errorFeedback: [MethodPlugin] = [
        MethodPlugin(
            "ef14", "Classic error feedback.",
            .contractive + [
                .derived("step", "Step size.", "alpha/(2 L_max)") {
                    $1.contraction($0.dimension) / (2 * $0.largestSmoothness)
                }
            ], references: ["1809.07599"], maturity: .established
        ) { v, _ in ClassicErrorFeedbackMethod(v.contractive, step: v["step"]) },
        MethodPlugin(
            "econtrol", "Error feedback with controlled strength.",
            .contractive + [
                .derived("step", "Step size.", "alpha/L_max") {
                    $1.contraction($0.dimension) / $0.largestSmoothness
                },
                .derived("control", "Strength of the feedback; 0 is EF21.", "alpha") {
                    $1.contraction($0.dimension)
                },
            ], references: ["2311.05645"]
        ) { v, _ in EControlMethod(v.contractive, step: v["step"], control: v["control"]) },
        MethodPlugin(
            "safe-ef", "Error feedback for constrained problems with corners.",
            .contractive + [
                .real("step", "Step size; falls as the root of the rounds.", 0.01),
                .real("tolerance", "Constraint values below this count as feasible.", 0.05),
            ], references: ["2505.06053"]
        ) { v, _ in
            SafeErrorFeedbackMethod(v.contractive, step: v["step"], tolerance: v["tolerance"])
        },
        MethodPlugin(
            "primal-dual", "Subgradients of the Lagrangian, uncompressed: the baseline of safe-ef.",
            [
                .real("step", "Step size.", 0.01), .real("dual_step", "Step of the multiplier.", 0.1),
            ], references: ["Arrow, Hurwicz, Uzawa, 1958"], maturity: .established
        ) { v, _ in PrimalDualMethod(step: v["step"], dualStep: v["dual_step"]) },
    ]

    /// A three-point method whose default step is the PL step of its mechanism at its default settings.
    private static func threePoint(
        _ name: String, _ summary: String, _ settings: [MethodSetting], references: [String],
        maturity: MethodDescriptor.Maturity = .experimental,
        mechanism: @escaping @Sendable (MethodValues, ProblemConstants) -> any Mechanism
    ) -> MethodPlugin {
        let step = MethodSetting.derived(
            "step", "Step size.", "min(1/(L + L+ sqrt(2B/A)), A/(2 mu))"
        ) { c, v in ThreePointMethod.theoryStep(c, mechanism: mechanism(v, c)) }
        return MethodPlugin(
            name, summary, settings + [step], references: references, maturity: maturity
        ) { v, c in ThreePointMethod(mechanism(v, c), step: v["step"]) }
    }

    private static let trigger = MethodSetting.real(
        "trigger", "zeta: estimates staler than this times the movement are refreshed.", 1)
    private static let coin = MethodSetting.real("probability", "Of heads.", 0.5, 0.001...1)

    static let threePoint: [MethodPlugin] = [
        threePoint(
            "ef21", "Compressed differences to the last estimate.", .contractive, references: ["2106.05203"],
            maturity: .established
        ) { v, _ in ErrorFeedbackMechanism(v.contractive) },
        threePoint(
            "ef21-plus", "The better of the compressed gradient and EF21's estimate.", .contractive,
            references: ["2106.05203"]
        ) { v, _ in BestOfTwoMechanism(v.contractive) },
        threePoint(
            "lag", "Gradients are sent in full when they have moved enough.", [trigger],
            references: ["1805.09965"], maturity: .established
        ) { v, _ in LazyMechanism(trigger: v["trigger"]) },
        threePoint(
            "clag", "Compressed differences, sent when stale enough.", .contractive + [trigger],
            references: ["2202.00998"]
        ) { v, _ in LazyMechanism(v.contractive, trigger: v["trigger"]) },
        threePoint(
            "3pc-v1", "Compressed differences to the last gradient.", .contractive, references: ["2202.00998"]
        ) { v, _ in CompressedDifferenceMechanism(v.contractive) },
        threePoint(
            "3pc-v2", "An unbiased compression, then a contraction.", .contractive, references: ["2202.00998"]
        ) { v, _ in UnbiasedFirstMechanism(unbiased: RandK(v.count("kept")), v.contractive) },
        threePoint(
            "3pc-v3", "EF21, then a contraction of what is left.", .contractive, references: ["2202.00998"]
        ) { v, _ in
            CorrectedMechanism(ErrorFeedbackMechanism(v.contractive), v.contractive)
        },
        threePoint("3pc-v4", "Two contractions in a row.", .contractive, references: ["2202.00998"]) { v, _ in
            DoubleFeedbackMechanism(first: v.contractive, second: v.contractive)
        },
        threePoint(
            "3pc-v5", "Sometimes in full, otherwise a compressed difference.", .contractive + [coin],
            references: ["2202.00998"]
        ) { v, _ in OccasionalFullMechanism(v.contractive, probability: v["probability"]) },
        threePoint(
            "cbag", "Compressed differences when a coin says so.", .contractive + [coin],
            references: ["2206.03588"]
        ) { v, _ in BernoulliMechanism(v.contractive, probability: v["probability"]) },
        threePoint(
            "adacgd", "Skips, or the cheapest compression that is good enough.", [trigger],
            references: ["2211.00188"]
        ) { v, c in
            let d = c.dimension
            let levels = [TopK(1), TopK(max(1, d / 4)), TopK(max(1, d / 2))]
            return LevelledMechanism(levels, trigger: v["trigger"])
        },
        threePoint(
            "adaptive-top-k", "Top-K with a K that follows the error.", [.kept], references: ["2206.03588"]
        ) { v, _ in AdaptiveTopKMechanism(largest: v.count("kept")) },
        MethodPlugin(
            "ef21-sgdm", "EF21 on averaged stochastic gradients.",
            .contractive + [
                .real("momentum", "Weight of the fresh gradient.", 0.3, 0...1),
                .derived("step", "Step size.", "EF21's step") {
                    ThreePointMethod.theoryStep(
                        $0, mechanism: ErrorFeedbackMechanism($1.contractive))
                },
            ], references: ["2305.15155"]
        ) { v, _ in
            ThreePointMethod(
                ErrorFeedbackMechanism(v.contractive), step: v["step"], momentum: v["momentum"])
        },
        MethodPlugin(
            "bidirectional-3pc", "EF21 up and down.",
            .contractive + [
                .derived("step", "Step size.", "half of EF21's step") {
                    0.5
                        * ThreePointMethod.theoryStep(
                            $0, mechanism: ErrorFeedbackMechanism($1.contractive))
                }
            ], references: ["2211.00188"]
        ) { v, _ in
            ThreePointMethod(
                ErrorFeedbackMechanism(v.contractive), step: v["step"],
                serverMechanism: ErrorFeedbackMechanism(v.contractive))
        },
    ]
}
