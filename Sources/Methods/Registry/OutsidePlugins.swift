extension MethodRegistry {
    static let outside: [MethodPlugin] = [
        MethodPlugin(
            "adom", "Accelerated descent over a graph that changes between a ring and a star.", [],
            references: ["2102.09234"]
        ) { _, c in
            let topology = Topology([.ring(c.workers), .star(c.workers)])
            return ADOMMethod(
                topology: topology,
                parameters: ADOMMethod.Parameters(
                    strongConvexity: c.strongConvexity, smoothness: c.smoothness, topology: topology))
        },
        MethodPlugin(
            "extragradient", "Extragradient that replays its sample.",
            [.real("step", "Step size.", "1/(2 L_max)") { 1 / (2 * $0.largestSmoothness) }],
            references: ["1905.11373"]
        ) { v, _ in ExtragradientMethod(step: v["step"]) },
    ]
}
