/// One system of a paper: where it lives and what covers it.
struct CatalogSystem {
    /// How far it is confirmed.
    enum Status: String {
        case code = "authors' code or text"
        case third = "others' code"
        case properties = "properties"
        case memory = "from memory; properties"
    }

    /// Whether a golden label belongs to this system.
    func covers(_ label: String) -> Bool {
        golden.contains { $0.hasSuffix("$") ? label == $0.dropLast() : label.hasPrefix($0) }
    }

    let name: String
    /// File below `Sources`.
    let file: String
    /// `golden file:beginning of the case's label`, or the whole label with a `$` at its end.
    let golden: [String]
    /// Test that checks its behaviour.
    let test: String
    let status: Status

    init(_ name: String, _ file: String, _ golden: [String] = [], test: String = "", _ status: Status) {
        self.name = name
        self.file = file
        self.golden = golden
        self.test = test
        self.status = status
    }
}

/// One paper of the theory.
struct CatalogPaper {
    let number: Int
    let title: String
    let systems: [CatalogSystem]

    init(_ number: Int, _ title: String, _ systems: [CatalogSystem]) {
        self.number = number
        self.title = title
        self.systems = systems
    }
}

/// The table of `docs/methods.md`: edit here, then write the page with `TUNERD_UPDATE_GOLDEN=1`.
enum PaperCatalog {
    private typealias S = CatalogSystem
    private static let threePoint = "Methods/ErrorFeedback/ThreePointMethod.swift"
    private static let shifted = "Methods/FirstOrder/ShiftedCompression.swift"
    private static let learned = "Methods/SecondOrder/LearnedNewton.swift"
    private static let lyapunov = "under PL the Lyapunov function shrinks by 1 - gamma mu every round"
    private static let growth = "the engine grows batches as the law says"
    private static let descends = "every rule lowers the loss of the network"

    static let papers: [CatalogPaper] = first + second + third

    private static let first: [CatalogPaper] = [
        CatalogPaper(
            1, "AdaCGD (2211.00188)",
            [
                S(
                    "AdaCGD", "Methods/Mechanisms/AdaptiveMechanisms.swift", ["distributed:3PC AdaCGD"],
                    test: lyapunov, .third),
                S(
                    "EF21", threePoint,
                    ["distributed:EF21$", "distributed:EF21 zero", "distributed:3PC EF21"],
                    test: "EF21 and EControl are exact with Top-1; EF14 and no feedback are not", .code),
                S("EF21-SGDM", threePoint, ["distributed:EF21-SGDM"], .third),
                S("bidirectional 3PC", threePoint, ["distributed:3PC bidirectional"], .memory),
                S(
                    "3PCv1, v2, v4, v5", "Methods/Mechanisms/ThreePointVariants.swift",
                    [
                        "distributed:3PC 3PCv1", "distributed:3PC 3PCv2", "distributed:3PC 3PCv4",
                        "distributed:3PC 3PCv5",
                    ], test: "the three-point inequality holds", .code),
                S(
                    "3PCv3", "Methods/Mechanisms/ThreePointVariants.swift", ["distributed:3PC 3PCv3"],
                    test: "the three-point inequality holds", .memory),
                S(
                    "LAG, CLAG", "Methods/Mechanisms/LazyMechanisms.swift",
                    ["distributed:3PC LAG", "distributed:3PC CLAG"],
                    test: "special cases: CLAG without trigger is EF21, with the identity LAG", .code),
            ]),
        CatalogPaper(
            2, "AsGrad (2310.20452)",
            [
                S(
                    "pure, random, shuffled asynchrony, with waiting",
                    "Methods/FirstOrder/AsynchronousSGD.swift", ["distributed:AsGrad"],
                    test:
                        "pure asynchrony counts workers by speed and finds the weighted minimiser; shuffled finds the true one",
                    .code),
                S(
                    "SGD with reshuffling", "Methods/Transforms/RowSampler.swift",
                    test: "every sampler is unbiased; reshuffling visits each row once an epoch", .properties),
            ]),
        CatalogPaper(
            3, "Batch size in stochastic conditional gradient (2603.21191)",
            [
                S(
                    "SCG", "Methods/Optimizers/LMORules.swift", ["optimizers:SCG"],
                    test: "every ball's direction has length one, and constrained Scion stays in its ball",
                    .code),
                S(
                    "mu-KL probe", "Methods/Probes/SmoothnessProbes.swift",
                    test:
                        "the secant probe sees the smoothness of least squares, and Gluon with it descends as promised",
                    .properties),
                S("batch growth", "Engine/Training/BatchGrowth.swift", [], test: growth, .properties),
            ]),
        CatalogPaper(
            4, "Differential privacy through SDEs (2603.03226)",
            [
                S(
                    "DP-SGD, DP-SignSGD, DP-Adam", "Methods/Transforms/ClippingTransforms.swift",
                    ["stochastic:DP-SGD", "stochastic:DP-SignSGD", "stochastic:DP-Adam"],
                    test:
                        "private gradients: contributions at most C, noise of the stated size, plain without either",
                    .third)
            ]),
        CatalogPaper(
            5, "Newton-3PC (2206.03588)",
            [
                S(
                    "Newton-3PC, -LS", learned, ["secondorder:Newton-3PC "],
                    test: "learned Hessians reach the solution in a few rounds", .code),
                S(
                    "Newton-3PC-CR", learned, ["secondorder:Newton-3PC-CR"],
                    test: "cubic steps converge from far away, where Newton's own does not stay", .properties),
                S(
                    "Newton-3PC-BC", "Methods/SecondOrder/BidirectionalNewton.swift",
                    ["secondorder:Newton-3PC-BC$"], .code),
                S(
                    "Newton-3PC-BC-PP", "Methods/SecondOrder/PartialNewton.swift",
                    ["secondorder:Newton-3PC-BC-PP"], .code),
                S(
                    "CBAG", "Methods/Mechanisms/LazyMechanisms.swift",
                    ["distributed:3PC CBAG", "secondorder:Newton-3PC CBAG"], .code),
                S(
                    "adaptive thresholding", "Methods/Compressors/Sparsifiers.swift",
                    ["compressors:AdaptiveThreshold"], test: "every compressor keeps its promises", .code),
                S(
                    "matrix thresholding, Top-K, rank", "Methods/Compressors/MatrixCompressors.swift",
                    ["compressors:Mat"], test: "every compressor keeps its promises", .code),
                S(
                    "adaptive Top-K", "Methods/Mechanisms/AdaptiveMechanisms.swift",
                    ["distributed:3PC AdaptiveTopK"], test: "the three-point inequality holds", .code),
                S(
                    "rotation", "Methods/Mechanisms/AdaptiveMechanisms.swift",
                    test: "the three-point inequality holds", .memory),
            ]),
        CatalogPaper(
            6, "Byz-Clip21-SGD2M (2603.23472)",
            [
                S(
                    "Byz-Clip21-SGD2M, +", "Methods/Clipping/DoubleMomentumClipping.swift",
                    ["private_byzantine:Byz-Clip21-SGD2M"],
                    test:
                        "two of eight workers: the mean diverges under manipulation, mixing and the median do not",
                    .third),
                S(
                    "Byz-Clip-SGD, Safe-DSHB", "Methods/Clipping/RobustHeavyBall.swift",
                    ["private_byzantine:Byz-Clip-SGD", "private_byzantine:Safe-DSHB"], .code),
                S(
                    "robust rules", "Methods/Aggregation/Aggregators.swift",
                    [
                        "aggregators:mean", "aggregators:cw", "aggregators:krum", "aggregators:multi-krum",
                        "aggregators:rfa", "aggregators:cclip",
                    ], test: "robust rules agree, ignore order, follow shifts and do not break down", .third),
                S(
                    "mixing, bucketing", "Methods/Aggregation/PreAggregators.swift",
                    ["aggregators:nnm", "aggregators:bucketing"], .third),
                S(
                    "attacks, flipped labels", "Methods/Aggregation/Attacks.swift",
                    ["aggregators:attack", "aggregators:alie_z"],
                    test:
                        "the optimised attack is at least as bad as each of its candidates; flipped labels flip gradients",
                    .third),
            ]),
        CatalogPaper(
            7, "EControl (2311.05645)",
            [
                S(
                    "EControl", "Methods/ErrorFeedback/EControl.swift", ["distributed:EControl"],
                    test: "EControl without control is EF21", .third)
            ]),
        CatalogPaper(
            8, "Adaptive methods through SDEs",
            [
                S(
                    "signSGD, Signum, Lion", "Methods/Optimizers/SignRules.swift",
                    ["optimizers:signSGD", "optimizers:Signum"],
                    test: "heavy ball is SGD with momentum; Adam without memory is signSGD", .third),
                S(
                    "Adam(W), RMSprop(W)", "Methods/Optimizers/AdaptiveRules.swift",
                    ["optimizers:Adam", "optimizers:RMSprop"], test: descends, .third),
            ]),
        CatalogPaper(
            9, "Loss landscape: the alpha-beta condition",
            [
                S("SPS_max", "Methods/Optimizers/GradientDescentRules.swift", test: descends, .memory),
                S("alpha-beta probe", "ScalingLaws/Descent/AlphaBetaFit.swift", [], .memory),
            ]),
        CatalogPaper(
            10, "Unbiased against sign compression",
            [
                S(
                    "DCSGD", "Methods/FirstOrder/CompressedGradient.swift",
                    ["distributed:DCSGD", "distributed:DCGD ", "distributed:DGD"],
                    test: "plain compression stalls where learned shifts are exact", .properties),
                S(
                    "DSignSGD", "Methods/FirstOrder/SignGradient.swift", ["distributed:DSignSGD"],
                    test: "signs move every coordinate by at most the step, and stay within it of the goal",
                    .memory),
                S(
                    "quantizers", "Methods/Compressors/Quantizers.swift",
                    [
                        "compressors:Natural", "compressors:Dithering", "compressors:ScaledSign",
                        "compressors:Sign", "compressors:BiasedRounding",
                    ], test: "every compressor keeps its promises", .third),
                S(
                    "sparsifiers", "Methods/Compressors/Sparsifiers.swift",
                    ["compressors:TopK", "compressors:RandK", "compressors:Bernoulli"],
                    test: "every compressor keeps its promises", .third),
            ]),
        CatalogPaper(
            11, "Non-Euclidean edge of stability (2603.05002)",
            [
                S(
                    "steepest descent in a norm", "Methods/Optimizers/LMORules.swift",
                    ["optimizers:NonEuclideanGD"],
                    test:
                        "steepest descent: the loss changes by eta (1 - eta D/2) times the squared dual norm",
                    .third),
                S(
                    "norm balls", "Methods/Optimizers/UnitBall.swift", ["matrix:lmo_dir"],
                    test: "every ball's direction has length one, and constrained Scion stays in its ball",
                    .code),
                S(
                    "generalised sharpness", "Methods/Probes/SmoothnessProbes.swift",
                    ["misc:generalised sharpness"], .third),
            ]),
        CatalogPaper(
            12, "(L0, L1)-smoothness through SDEs",
            [
                S(
                    "damped step of DSGD, DCSGD", "Methods/Core/StepSchedule.swift",
                    test:
                        "without an upper bound of the curvature a step that is right near the goal needs damping from afar",
                    .memory)
            ]),
    ]

    private static let second: [CatalogPaper] = [
        CatalogPaper(
            13, "Safe-EF (2505.06053)",
            [
                S(
                    "Safe-EF", "Methods/ErrorFeedback/SafeErrorFeedback.swift", ["distributed:Safe-EF"],
                    test: "Safe-EF's answer satisfies the constraint and is close to the optimum", .code),
                S(
                    "EF14", "Methods/ErrorFeedback/ClassicErrorFeedback.swift", ["distributed:EF14"],
                    test: "EF14's virtual iterate follows the exact gradients", .code),
                S(
                    "primal-dual baseline", "Methods/ErrorFeedback/PrimalDual.swift",
                    test: "every registered method conforms", .properties),
            ]),
        CatalogPaper(
            14, "Warm-up (2510.03164)",
            [
                S(
                    "warm-up GD", "Methods/Optimizers/GradientDescentRules.swift", ["optimizers:WarmupGD"],
                    test: "warm-up: the rate grows while the loss falls", .memory),
                S(
                    "(H0, H1) probe", "Methods/Probes/SmoothnessProbes.swift",
                    test:
                        "the secant probe sees the smoothness of least squares, and Gluon with it descends as promised",
                    .properties),
            ]),
        CatalogPaper(
            15, "NGN-M (2508.15071)",
            [
                S(
                    "NGN, -M, -D, -MDv1", "Methods/Optimizers/NGNRule.swift",
                    [
                        "optimizers:NGN ngn", "optimizers:NGN m$", "optimizers:NGN d", "optimizers:NGN mdv1",
                        "stochastic:NGN",
                    ],
                    test: "NGN survives a scale a thousand times too large; its step stays in its interval",
                    .code),
                S(
                    "NGN-MDv2", "Methods/Optimizers/NGNRule.swift", ["optimizers:NGN mdv2"], test: descends,
                    .memory),
            ]),
        CatalogPaper(
            16, "Clip21-SGD2M (2502.11682)",
            [
                S(
                    "Clip21-SGD2M", "Methods/Clipping/DoubleMomentumClipping.swift",
                    ["private_byzantine:Clip21-SGD2M"],
                    test: "Clip21-SGD2M without noise is exact, also in its per-example form up to clipping",
                    .code),
                S(
                    "Clip-SGD", "Methods/Clipping/ClippedGradientMethod.swift", ["private_byzantine:Clip-GD"],
                    .code),
            ]),
        CatalogPaper(
            17, "Clip21 (2305.18929)",
            [
                S(
                    "Clip21-GD, DP-Clip21-GD, Clip21-Avg", "Methods/Clipping/ClippedErrorFeedback.swift",
                    ["private_byzantine:Clip21-GD", "private_byzantine:DP-Clip21-GD"],
                    test: "Clip21 stops clipping and becomes gradient descent; Clip-GD stalls", .memory)
            ]),
        CatalogPaper(
            18, "Partially personalised federated learning (2305.18285)",
            [
                S(
                    "FFGG, local steps, asynchronous, robust",
                    "Methods/FirstOrder/PersonalizedTraining.swift", ["distributed:FFGG"],
                    test:
                        "partially personalised training with a common shared part converges linearly to zero loss",
                    .memory)
            ]),
        CatalogPaper(
            19, "Basis Learn (2111.01847)",
            [
                S(
                    "BL1", "Methods/SecondOrder/BidirectionalNewton.swift", ["secondorder:BL1"],
                    test: "learned Hessians reach the solution in a few rounds", .code),
                S(
                    "BL2", "Methods/SecondOrder/PartialNewton.swift", ["secondorder:BL2"],
                    test: "learned Hessians reach the solution in a few rounds", .code),
                S(
                    "BL3", "Methods/SecondOrder/PositiveBasisNewton.swift", ["secondorder:BL3"],
                    test: "estimates of BL3 dominate", .memory),
                S(
                    "data basis", "Methods/SecondOrder/HessianBasis.swift", ["secondorder:BL1 data basis"],
                    test: "a data basis of fewer rows than columns makes messages smaller", .code),
            ]),
        CatalogPaper(
            20, "FedNL (2106.02969)",
            [
                S(
                    "FedNL, -LS", learned,
                    [
                        "secondorder:FedNL option", "secondorder:FedNL RandK", "secondorder:FedNL Top5",
                        "secondorder:FedNL-LS",
                    ], test: "learned Hessians reach the solution in a few rounds", .code),
                S(
                    "FedNL-CR", learned, ["secondorder:FedNL-CR"],
                    test: "cubic steps converge from far away, where Newton's own does not stay", .properties),
                S("FedNL-PP", "Methods/SecondOrder/PartialNewton.swift", ["secondorder:FedNL-PP"], .code),
                S(
                    "FedNL-BC", "Methods/SecondOrder/BidirectionalNewton.swift", ["secondorder:FedNL-BC"],
                    .code),
                S(
                    "Newton-Zero, Newton", "Methods/SecondOrder/ExactNewton.swift",
                    ["secondorder:Newton-Zero", "secondorder:Newton$"], .code),
                S(
                    "cubic step", "Methods/Algebra/CubicStep.swift", ["matrix:cubic_step"],
                    test: "cubic steps converge from far away, where Newton's own does not stay", .properties),
                S("projection", "Methods/Algebra/SymmetricEigen.swift", ["matrix:proj_psd"], .code),
            ]),
        CatalogPaper(
            21, "NEWTON-LEARN (2102.07158)",
            [
                S(
                    "NEWTON-STAR", "Methods/SecondOrder/ExactNewton.swift", ["secondorder:NEWTON-STAR"],
                    test: "NEWTON-STAR squares the distance within its bound", .code),
                S("NL1", "Methods/SecondOrder/NewtonLearn.swift", ["secondorder:NL1"], .code),
                S(
                    "NL2, CNL", "Methods/SecondOrder/NewtonLearn.swift",
                    ["secondorder:NL2", "secondorder:CNL"],
                    test: "learned Hessians reach the solution in a few rounds", .memory),
            ]),
        CatalogPaper(
            22, "Certified robustness in federated learning",
            [
                S(
                    "FedAvg, personalised models", "Methods/FirstOrder/FederatedAveraging.swift",
                    ["distributed:FedAvg"], .properties),
                S(
                    "certified radius", "Methods/Outside/CertifiedRadius.swift", ["misc:certified radius"],
                    test:
                        "certified radius: abstains at a half, does not underflow at many votes, counts accuracy",
                    .memory),
            ]),
        CatalogPaper(
            23, "Independent subnetwork training (2306.16484)",
            [
                S(
                    "IST, scaled and masked", "Methods/FirstOrder/SubnetworkTraining.swift",
                    ["distributed:IST"], test: "subnetworks and sketches have other limits than the problem",
                    .memory)
            ]),
        CatalogPaper(
            24, "Shifted compression (2206.10452)",
            [
                S(
                    "DIANA", shifted, ["distributed:DIANA"],
                    test: "plain compression stalls where learned shifts are exact", .code),
                S(
                    "DCGD-SHIFT, DCGD-STAR, Rand-DIANA", shifted,
                    ["distributed:DCGD-SHIFT", "distributed:DCGD-STAR", "distributed:Rand-DIANA"],
                    test: "plain compression stalls where learned shifts are exact", .memory),
                S(
                    "GDCI, VR-GDCI", "Methods/FirstOrder/CompressedIterates.swift",
                    ["distributed:GDCI", "distributed:VR-GDCI"],
                    test: "with the identity every shift rule is gradient descent, GDCI with step eta gamma",
                    .memory),
            ]),
    ]

    private static let third: [CatalogPaper] = [
        CatalogPaper(
            25, "MAST (2311.16086)",
            [
                S(
                    "sketched SGD, single and distributed", "Methods/FirstOrder/SketchedTraining.swift",
                    ["distributed:MAST"], test: "subnetworks and sketches have other limits than the problem",
                    .third),
                S(
                    "variance-reduced forms, L-SVRDSG and S-PAGE",
                    "Methods/FirstOrder/SketchedVarianceReduction.swift",
                    test:
                        "sketches without noise end at the minimiser of the sketched problem; plain ones hover around it",
                    .memory),
            ]),
        CatalogPaper(
            26, "Fed-alpha-NormEC (2512.21521)",
            [
                S(
                    "Fed-alpha-NormEC and its private form", "Methods/Clipping/NormalizedErrorFeedback.swift",
                    ["private_byzantine:Fed-alpha-NormEC", "private_byzantine:DP-Fed-alpha-NormEC"],
                    test: "alpha-NormEC: estimates stay within the first radius, steps have length gamma",
                    .memory)
            ]),
        CatalogPaper(
            27, "Hyperparameter scaling laws",
            [
                S("the law itself", "ScalingLaws/Bounds/LMOBound.swift", [], .properties),
                S(
                    "normalised descent", "Methods/Optimizers/GradientDescentRules.swift",
                    ["optimizers:NormalizedSGD"],
                    test: "sign, Lion, Muon, Scion and normalised steps do not see the scale of gradients",
                    .third),
            ]),
        CatalogPaper(
            28, "Gluon (2505.13416)",
            [
                S(
                    "Gluon, three modes", "Methods/Optimizers/LMORules.swift", ["optimizers:Gluon"],
                    test:
                        "the secant probe sees the smoothness of least squares, and Gluon with it descends as promised",
                    .third),
                S("Scion", "Methods/Optimizers/LMORules.swift", ["optimizers:Scion"], test: descends, .code),
                S("(L0, L1) fit", "Methods/Probes/NonNegativeLine.swift", ["misc:fit_nonneg_line"], .third),
            ]),
        CatalogPaper(
            29, "DP-SGD with adaptive clipping",
            [
                S(
                    "QC-SGD, DP-QC-SGD, clipped SGD", "Methods/Transforms/ClippingTransforms.swift",
                    [
                        "stochastic:QC-SGD", "stochastic:DP-QC-SGD", "stochastic:clipped SGD",
                        "stochastic:quantile_lower",
                    ],
                    test:
                        "private gradients: contributions at most C, noise of the stated size, plain without either",
                    .memory),
                S(
                    "tracked threshold", "ScalingLaws/Clipping/GeometricTracker.swift",
                    ["stochastic:adaptive clip"], .third),
            ]),
        CatalogPaper(
            30, "Inexact Muon (2510.19933)",
            [
                S(
                    "Muon, exact and in k steps", "Methods/Optimizers/LMORules.swift", ["optimizers:Muon"],
                    test: descends, .code),
                S(
                    "inexactness", "Methods/Algebra/Orthogonalization.swift",
                    ["matrix:newton_schulz", "matrix:oracle inexactness"], .code),
                S("polar factor", "Methods/Algebra/SingularValues.swift", ["matrix:polar"], .code),
            ]),
        CatalogPaper(
            31, "alpha-NormEC (2502.13482)",
            [
                S(
                    "alpha-NormEC and its private form", "Methods/Clipping/NormalizedErrorFeedback.swift",
                    ["private_byzantine:alpha-NormEC", "private_byzantine:DP-alpha-NormEC"],
                    test: "alpha-NormEC: estimates stay within the first radius, steps have length gamma",
                    .third)
            ]),
        CatalogPaper(
            32, "ADOM (2102.09234)",
            [
                S(
                    "ADOM over changing graphs", "Methods/Outside/ADOM.swift", ["misc:ADOM"],
                    test: "ADOM contracts at least as fast as its bound, and duals stay balanced", .memory)
            ]),
        CatalogPaper(
            33, "Kashin compression (2002.08958)",
            [
                S(
                    "Kashin compression", "Methods/Compressors/KashinCompressor.swift",
                    ["compressors:Kashin", "compressors:hadamard"],
                    test: "Kashin: coefficients decode exactly, and flatten what ternary quantisation cannot",
                    .third),
                S(
                    "uncertainty principle", "Methods/Core/Cost.swift",
                    test: "every compressor keeps its promises", .memory),
            ]),
        CatalogPaper(
            34, "Stochastic extragradient (1905.11373)",
            [
                S(
                    "same-sample and independent extragradient", "Methods/Outside/Extragradient.swift",
                    ["misc:extragradient"],
                    test:
                        "extragradient converges when samples share the saddle point and are replayed; independent ones diverge",
                    .memory)
            ]),
        CatalogPaper(
            35, "SGD: general analysis (1901.09401)",
            [
                S(
                    "arbitrary sampling", "Methods/FirstOrder/SampledGradient.swift", ["stochastic:SGD"],
                    test: "the promised constant bounds what a draw adds to the gradient", .memory),
                S(
                    "optimal minibatch", "ScalingLaws/Sampling/OptimalBatch.swift", ["misc:tau-nice SGD"],
                    .properties),
                S(
                    "step switching", "ScalingLaws/Sampling/SwitchingSchedule.swift",
                    ["stochastic:stepsize switch"], .memory),
                S(
                    "SGD, heavy ball", "Methods/Optimizers/GradientDescentRules.swift",
                    ["optimizers:SGD", "optimizers:HeavyBall"],
                    test: "heavy ball is SGD with momentum; Adam without memory is signSGD", .third),
                S("gradient noise scale", "Methods/Probes/GradientNoiseScale.swift", ["misc:gns"], .memory),
            ]),
    ]
}
