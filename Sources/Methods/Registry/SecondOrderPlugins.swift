extension MethodRegistry {
    /// Entries of a symmetric d x d matrix kept by default: d.
    private static let keptEntries = MethodSetting.count(
        "kept", "Entries of a Hessian's triangle a message keeps.", "d"
    ) { $0.dimension }
    private static let strongConvexity = MethodSetting.real(
        "strong_convexity", "mu: eigenvalues of the learned Hessian are lifted to it.", "mu"
    ) { $0.strongConvexity }
    private static let lipschitz = MethodSetting.real(
        "lipschitz", "M of the cubic model.", "H*"
    ) { max($0.hessianLipschitz, 1e-12) }
    private static let coin = MethodSetting.real("probability", "Of sending a gradient.", 0.5, 0.001...1)
    private static let participants = MethodSetting.count(
        "participants", "Workers a round.", "max(1, n/2)"
    ) { max(1, $0.workers / 2) }
    private static let keptModel = MethodSetting.count(
        "kept_model", "Entries of the model a message keeps.", "max(1, d/2)"
    ) { max(1, $0.dimension / 2) }
    private static let rows = MethodSetting.count("kept", "Second derivatives a message keeps.", 1)

    private static func feedback(_ v: MethodValues) -> ErrorFeedbackMechanism {
        ErrorFeedbackMechanism(MatrixTopK(v.count("kept")))
    }
    private static func model(_ v: MethodValues) -> ErrorFeedbackMechanism {
        ErrorFeedbackMechanism(TopK(v.count("kept_model")))
    }
    private static func projected(_ v: MethodValues) -> NewtonStep {
        .projected(above: v["strong_convexity"])
    }
    private static func searched(_ v: MethodValues) -> NewtonStep {
        .searched(above: v["strong_convexity"], slope: 0.5, shrink: 0.5)
    }

    static let secondOrder: [MethodPlugin] = newton + fedNL + threePointNewton + basisLearn

    private static let newton: [MethodPlugin] = [
        MethodPlugin(
            "newton", "Newton's method with full Hessians.", [], references: ["Newton, 1669"],
            maturity: .established
        ) { _, _ in NewtonMethod() },
        MethodPlugin("newton-zero", "The Hessian of the start, forever.", [], references: ["2106.02969"]) {
            _, _ in
            NewtonMethod(hessianAt: .start)
        },
        MethodPlugin(
            "newton-star", "The Hessian of the solution; theory only.", [], references: ["2102.07158"]
        ) { _, _ in NewtonMethod(hessianAt: .solution) },
        MethodPlugin(
            "nl1", "Second derivatives of examples learned one by one.", [rows], references: ["2102.07158"]
        ) { v, _ in NewtonLearnMethod(.nonnegative, kept: v.count("kept")) },
        MethodPlugin(
            "nl2", "The same with an estimate that dominates the Hessian.", [rows], references: ["2102.07158"]
        ) { v, _ in NewtonLearnMethod(.dominating, kept: v.count("kept")) },
        MethodPlugin(
            "cubic-newton-learn", "nl2's estimate in the cubic model.", [rows, lipschitz],
            references: ["2102.07158"]
        ) { v, _ in NewtonLearnMethod(.cubic(lipschitz: v["lipschitz"]), kept: v.count("kept")) },
    ]

    private static let fedNL: [MethodPlugin] = [
        MethodPlugin(
            "fednl", "Hessians learned from compressed differences; projected step.",
            [keptEntries, strongConvexity], references: ["2106.02969"], maturity: .established
        ) { v, _ in LearnedNewtonMethod.fedNL(MatrixTopK(v.count("kept")), step: projected(v)) },
        MethodPlugin(
            "fednl-shifted", "FedNL with a rank-one compressor and the shifted step.",
            [.count("rank", "Rank of a message.", 1)], references: ["2106.02969"], maturity: .established
        ) { v, _ in LearnedNewtonMethod.fedNL(RankR(v.count("rank")), step: .shifted) },
        MethodPlugin(
            "fednl-cr", "FedNL with the cubic step: converges from afar.", [keptEntries, lipschitz],
            references: ["2106.02969"]
        ) { v, _ in
            LearnedNewtonMethod.fedNL(MatrixTopK(v.count("kept")), step: .cubic(lipschitz: v["lipschitz"]))
        },
        MethodPlugin(
            "fednl-ls", "FedNL with a line search.", [keptEntries, strongConvexity],
            references: ["2106.02969"],
            maturity: .established
        ) { v, _ in LearnedNewtonMethod.fedNL(MatrixTopK(v.count("kept")), step: searched(v)) },
        MethodPlugin(
            "fednl-pp", "FedNL with partial participation.", [keptEntries, participants],
            references: ["2106.02969"], maturity: .established
        ) { v, _ in
            PartialNewtonMethod.fedNL(MatrixTopK(v.count("kept")), participants: v.count("participants"))
        },
        MethodPlugin(
            "fednl-bc", "FedNL with a compressed model and rare gradients.",
            [keptEntries, keptModel, coin, strongConvexity], references: ["2106.02969"]
        ) { v, _ in bidirectional(v, .standard, .beforeStep) },
    ]

    private static let threePointNewton: [MethodPlugin] = [
        MethodPlugin(
            "newton-3pc", "Hessians learned through EF21, one step fresher than FedNL.",
            [keptEntries, strongConvexity], references: ["2206.03588"]
        ) { v, _ in LearnedNewtonMethod(feedback(v), step: projected(v)) },
        MethodPlugin(
            "newton-cbag", "Hessians learned when a shared coin says so.",
            [keptEntries, strongConvexity, .real("probability", "Of heads.", 0.75, 0.001...1)],
            references: ["2206.03588"]
        ) { v, _ in
            LearnedNewtonMethod(
                BernoulliMechanism(MatrixTopK(v.count("kept")), probability: v["probability"]),
                step: projected(v))
        },
        MethodPlugin(
            "newton-clag", "Hessians sent when stale enough.",
            [keptEntries, strongConvexity, .real("trigger", "zeta.", 1)], references: ["2206.03588"]
        ) { v, _ in
            LearnedNewtonMethod(
                LazyMechanism(MatrixTopK(v.count("kept")), trigger: v["trigger"]), step: projected(v))
        },
        MethodPlugin(
            "newton-rotation", "Hessians compressed in the eigenvectors of their estimate.",
            [keptEntries, strongConvexity], references: ["2206.03588"]
        ) { v, _ in
            LearnedNewtonMethod(RotationMechanism(MatrixTopK(v.count("kept"))), step: projected(v))
        },
        MethodPlugin(
            "newton-3pc-cr", "Newton-3PC with the cubic step.", [keptEntries, lipschitz],
            references: ["2206.03588"]
        ) { v, _ in LearnedNewtonMethod(feedback(v), step: .cubic(lipschitz: v["lipschitz"])) },
        MethodPlugin(
            "newton-3pc-ls", "Newton-3PC with a line search.", [keptEntries, strongConvexity],
            references: ["2206.03588"]
        ) { v, _ in LearnedNewtonMethod(feedback(v), step: searched(v)) },
        MethodPlugin(
            "newton-3pc-bc", "Newton-3PC with a compressed model and rare gradients.",
            [keptEntries, keptModel, coin, strongConvexity], references: ["2206.03588"]
        ) { v, _ in bidirectional(v, .standard, .afterStep) },
        MethodPlugin(
            "newton-3pc-bc-pp", "The same with partial participation.",
            [keptEntries, keptModel, coin, participants], references: ["2206.03588"]
        ) { v, _ in partial(v, .standard) },
    ]

    private static let basisLearn: [MethodPlugin] = [
        MethodPlugin(
            "bl1", "Hessians learned in the basis of each worker's rows.",
            [keptEntries, keptModel, coin, strongConvexity], references: ["2111.01847"]
        ) { v, _ in bidirectional(v, .data, .afterStep) },
        MethodPlugin(
            "bl2", "bl1 with partial participation.", [keptEntries, keptModel, coin, participants],
            references: ["2111.01847"]
        ) { v, _ in partial(v, .data) },
        MethodPlugin(
            "bl3", "A basis of positive matrices whose estimate dominates.",
            [keptEntries, keptModel, coin, participants], references: ["2111.01847"]
        ) { v, _ in
            PositiveBasisNewtonMethod(
                MatrixTopK(v.count("kept")), model: TopK(v.count("kept_model")),
                probability: v["probability"], participants: v.count("participants"))
        },
    ]

    private static func bidirectional(
        _ v: MethodValues, _ basis: HessianBasis, _ learning: LearnedNewtonMethod.Learning
    ) -> any RoundMethod {
        BidirectionalNewtonMethod(
            feedback(v), model: model(v), probability: v["probability"],
            strongConvexity: v["strong_convexity"], basis: basis, learning: learning)
    }

    private static func partial(_ v: MethodValues, _ basis: HessianBasis) -> any RoundMethod {
        PartialNewtonMethod(
            feedback(v), model: model(v), probability: v["probability"],
            participants: v.count("participants"), basis: basis)
    }
}
