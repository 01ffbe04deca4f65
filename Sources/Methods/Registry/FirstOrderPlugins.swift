extension MethodRegistry {
    static let firstOrder: [MethodPlugin] = [
        MethodPlugin(
            "dgd", "Distributed gradient descent, uncompressed.", [.plainStep, .damping],
            references: ["Cauchy, 1847"], maturity: .established
        ) { v, _ in CompressedGradientMethod(step: StepSchedule(v["step"], damping: v["damping"])) },
        MethodPlugin(
            "sampled-sgd", "SGD whose workers draw their rows by a rule of choice.",
            [
                .real(
                    "learning_rate", "Step in units of the theory's, 1/(2 Ls), for the sampling.", 1,
                    1e-10...1e6),
                .sampling,
            ], references: ["1901.09401"], maturity: .established
        ) { v, _ in
            SampledGradientMethod(
                SampledGradientMethod.Sampling(rawValue: v.choice("sampling")) ?? .nice,
                relativeStep: v["learning_rate"])
        },
        MethodPlugin(
            "dcgd", "Gradient descent on compressed gradients.",
            .unbiased + [
                .derived("step", "Step size.", "1/(L + 2 L_max omega/n)") {
                    CompressedGradientMethod.theoryStep($0, compressor: $1.unbiased)
                }, .damping,
            ], references: ["1806.06573"], maturity: .established
        ) { v, _ in
            CompressedGradientMethod(v.unbiased, step: StepSchedule(v["step"], damping: v["damping"]))
        },
        MethodPlugin(
            "dcgd-natural", "Gradient descent on gradients rounded to powers of two.",
            [
                .real("step", "Step size.", "1/(L + L_max/(4n))") {
                    CompressedGradientMethod.theoryStep($0, compressor: NaturalCompressor())
                }, .damping,
            ], references: ["1905.10988"], maturity: .established
        ) { v, _ in
            CompressedGradientMethod(
                NaturalCompressor(), step: StepSchedule(v["step"], damping: v["damping"]))
        },
        MethodPlugin(
            "dsignsgd", "Averaged signs of the workers' gradients.", [.real("step", "Step size.", 0.01)],
            references: ["1802.04434"], maturity: .established
        ) { v, _ in SignGradientMethod(step: StepSchedule(v["step"])) },
        MethodPlugin(
            "dsignsgd-majority", "Signs by majority vote.", [.real("step", "Step size.", 0.01)],
            references: ["1802.04434"], maturity: .established
        ) { v, _ in SignGradientMethod(step: StepSchedule(v["step"]), vote: .majority) },
    ]

    /// omega of the compressor.
    private static func omega(_ c: ProblemConstants, _ v: MethodValues) -> Double {
        v.unbiased.variance(c.dimension) ?? 0
    }

    private static let shiftedStep = MethodSetting.derived(
        "step", "Step size.", "1/(L_max (1 + 4 omega/n))"
    ) {
        1 / ($0.largestSmoothness * (1 + 4 * omega($0, $1) / Double($0.workers)))
    }

    static let shifted: [MethodPlugin] = [
        MethodPlugin(
            "dcgd-shift", "Compressed differences to the first gradients.", .unbiased + [shiftedStep],
            references: ["2206.10452"]
        ) { v, _ in
            ShiftedCompressionMethod(v.unbiased, step: v["step"], rule: .fixed(atStart: true))
        },
        MethodPlugin(
            "dcgd-star", "Compressed differences to the gradients at the solution; theory only.",
            .unbiased + [shiftedStep], references: ["2206.10452"]
        ) { v, _ in ShiftedCompressionMethod(v.unbiased, step: v["step"], rule: .star()) },
        MethodPlugin(
            "diana", "Shifts learned from the compressed messages.",
            .unbiased + [
                .derived("rate", "Learning rate of the shifts.", "1/(1 + omega)") { 1 / (1 + omega($0, $1)) },
                .derived("step", "Step size.", "min(alpha/(2 mu), 2/((L + mu)(1 + 6 omega/n)))") {
                    ShiftedCompressionMethod.diana($1.unbiased, constants: $0).step
                },
            ], references: ["1901.09269"], maturity: .established
        ) { v, _ in
            ShiftedCompressionMethod(v.unbiased, step: v["step"], rule: .diana(rate: v["rate"]))
        },
        MethodPlugin(
            "rand-diana", "Shifts refreshed in full now and then.",
            .unbiased + [
                shiftedStep,
                .derived("probability", "Of a refresh.", "1/(1 + omega)") { 1 / (1 + omega($0, $1)) },
            ], references: ["2206.10452"]
        ) { v, _ in
            ShiftedCompressionMethod(
                v.unbiased, step: v["step"], rule: .randDiana(probability: v["probability"]))
        },
        MethodPlugin(
            "gdci", "Compressed local models.",
            .unbiased + [
                .real("step", "Local step.", "1/L_max") { 1 / $0.largestSmoothness },
                .derived("mixing", "Weight of the new model.", "1/(4 (1 + omega))") {
                    1 / (4 * (1 + omega($0, $1)))
                },
            ], references: ["1909.04716"]
        ) { v, _ in CompressedIteratesMethod(v.unbiased, step: v["step"], mixing: v["mixing"]) },
        MethodPlugin(
            "vr-gdci", "Compressed local models with learned shifts.",
            .unbiased + [
                .real("step", "Local step.", "1/L_max") { 1 / $0.largestSmoothness },
                .derived("mixing", "Weight of the new model.", "1/(4 (1 + omega))") {
                    1 / (4 * (1 + omega($0, $1)))
                },
                .derived("rate", "Learning rate of the shifts.", "1/(1 + omega)") { 1 / (1 + omega($0, $1)) },
            ], references: ["2206.10452"]
        ) { v, _ in
            CompressedIteratesMethod(
                v.unbiased, step: v["step"], mixing: v["mixing"], shiftRate: v["rate"])
        },
    ]
}

extension MethodSetting {
    /// What relaxed smoothness asks for: L1/L0 where the step is 1/L0.
    static let damping = MethodSetting.real(
        "damping", "The step is divided by one plus this times the gradient's length.", 0)

    /// How rows are drawn.
    static let sampling = MethodSetting.choice(
        "sampling", "How a worker draws its rows.", SampledGradientMethod.Sampling.allCases.map(\.rawValue))
}
