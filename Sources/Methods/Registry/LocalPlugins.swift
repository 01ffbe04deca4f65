extension MethodRegistry {
    private static func reducedSketches(
        _ name: String, _ summary: String, _ reduction: SketchedVarianceReductionMethod.Reduction,
        _ text: String,
        sources: [String]
    ) -> MethodPlugin {
        MethodPlugin(
            name, summary,
            [
                .count("kept", "Coordinates of a sketch; N = d/kept sketches share them out.", "max(1, d/2)")
                {
                    max(1, $0.dimension / 2)
                },
                .real("probability", "Of a round with all sketches.", 0.5, 0.001...1),
                .derived("step", "Step size.", text) {
                    SketchedVarianceReductionMethod.theoryStep(
                        $0, reduction: reduction, kept: $1.count("kept"), probability: $1["probability"])
                },
            ], references: sources
        ) { v, _ in
            SketchedVarianceReductionMethod(
                step: v["step"], reduction: reduction, kept: v.count("kept"), probability: v["probability"])
        }
    }

    private static func asynchronous(_ name: String, _ summary: String, _ rule: AsynchronousMethod.Assignment)
        -> MethodPlugin
    {
        MethodPlugin(
            name, summary,
            [
                .real("step", "Step size.", "1/(L n): as cautious as a delay of n rounds asks") {
                    1 / ($0.smoothness * Double($0.workers))
                },
                .count("waits", "Gradients the server waits for.", 1),
                .real("spread", "Service time of the slowest worker, of the fastest it is 1.", 4, 1...1e6),
            ], references: ["2310.20452"], maturity: .established
        ) { v, c in
            let n = c.workers
            let services = (0..<n).map { i in
                ServiceTime.constant(1 + (v["spread"] - 1) * Double(i) / Double(max(1, n - 1)))
            }
            return AsynchronousMethod(
                step: v["step"], assignment: rule, services: services, waits: min(n, v.count("waits")))
        }
    }

    static let local: [MethodPlugin] = [
        asynchronous("asgrad-pure", "Asynchronous SGD; whoever is done goes on.", .pure),
        asynchronous("asgrad-random", "Asynchronous SGD; jobs go to random workers.", .random),
        asynchronous("asgrad-shuffled", "Asynchronous SGD; jobs follow permutations.", .shuffled),
        MethodPlugin(
            "fedavg", "Local gradient steps, averaged.",
            [
                .count("local_steps", "Local steps.", 3),
                .derived("step", "Step size.", "1/(l L_max), l local steps") {
                    1 / ($1["local_steps"] * $0.largestSmoothness)
                },
                .real("participation", "Probability of taking part.", 1, 0.001...1),
            ], references: ["1602.05629"], maturity: .established
        ) { v, _ in
            FederatedAveragingMethod(
                step: v["step"], localSteps: v.count("local_steps"), participation: v["participation"])
        },
        MethodPlugin(
            "ist", "Subnetworks dealt out to workers, gradients rescaled.",
            [
                .real("step", "Step size.", "1/(n^2 L)") {
                    1 / (Double($0.workers * $0.workers) * $0.smoothness)
                }
            ],
            references: ["2306.16484"]
        ) { v, _ in SubnetworkMethod(step: v["step"]) },
        MethodPlugin(
            "ist-masks", "Subnetworks dealt out to workers, trained locally.",
            [.count("local_steps", "Local steps.", 2), .plainStep], references: ["2306.16484"]
        ) { v, _ in SubnetworkMethod(step: v["step"], localSteps: v.count("local_steps")) },
        MethodPlugin(
            "mast", "Gradients through random diagonal sketches.",
            [
                .real("kept_fraction", "Probability of keeping a coordinate.", 0.75, 0.01...1),
                .real("step", "Step size.", "1/(4 L_max)") { 1 / (4 * $0.largestSmoothness) },
            ], references: ["2311.16086"]
        ) { v, _ in SketchedMethod(step: v["step"], sketch: .bernoulli(v["kept_fraction"])) },
        reducedSketches(
            "mast-svrg", "Sketched gradients as differences to a reference point.", .svrg, "1/(6 N^2 L_max)",
            sources: ["2311.16086", "1901.08689"]),
        reducedSketches(
            "mast-page", "Sketched gradients as differences to the last point.", .page,
            "1/(N L_max (1 + N sqrt((1 - p)/p)))", sources: ["2311.16086", "2008.10898"]),
        MethodPlugin(
            "ffgg", "A shared and a private part: fit the private one, step on the shared one.",
            [.plainStep, .count("local_steps", "Steps on the shared part.", 1)], references: ["2305.18285"]
        ) { v, _ in PersonalizedMethod(step: v["step"], localSteps: v.count("local_steps")) },
    ]
}
