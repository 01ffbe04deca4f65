/// Where a system of the catalog can be tried: what a sweep file calls it, and the sweep that shows its claim.
struct CatalogLink {
    /// Names with a page in `docs/plugins`; empty with a reason in `note`.
    let plugins: [String]
    /// Sweep in `sweeps/` with its outcome in `sweeps/results/`, or `nil`.
    let claim: String?
    /// What stands instead of a plugin.
    let note: String

    init(_ plugins: [String], _ claim: String? = nil, note: String = "") {
        self.plugins = plugins
        self.claim = claim
        self.note = note
    }

    /// A part of others: reached through them, or by its own verb.
    static func part(_ note: String, _ claim: String? = nil) -> CatalogLink {
        CatalogLink([], claim, note: note)
    }
}

extension PaperCatalog {
    /// By `paper number/system`; a test asks for an entry for every system.
    static let links: [String: CatalogLink] = [
        "1/AdaCGD": .init(["adacgd"], "claim-lazy"),
        "1/EF21": .init(["ef21"], "claim-ef21"),
        "1/EF21-SGDM": .init(["ef21-sgdm"]),
        "1/bidirectional 3PC": .init(["bidirectional-3pc"]),
        "1/3PCv1, v2, v4, v5": .init(["3pc-v1", "3pc-v2", "3pc-v4", "3pc-v5"]),
        "1/3PCv3": .init(["3pc-v3"]),
        "1/LAG, CLAG": .init(["lag", "clag"], "claim-lazy"),
        "2/pure, random, shuffled asynchrony, with waiting": .init(
            ["asgrad-pure", "asgrad-random", "asgrad-shuffled"], "claim-asgrad-pure"),
        "2/SGD with reshuffling": .part("the order of examples in every engine workload"),
        "3/SCG": .init(["scion"], "claim-batch-growth"),
        "3/mu-KL probe": .part("`kl_slope` of `tunerd probe`"),
        "3/batch growth": .part("`batch_growth` of every update rule", "claim-batch-growth"),
        "4/DP-SGD, DP-SignSGD, DP-Adam": .init(["dp-sgd", "dp-sign-sgd", "dp-adam"], "claim-dp-sgd-noise"),
        "5/Newton-3PC, -LS": .init(
            ["newton-3pc", "newton-3pc-ls", "newton-cbag", "newton-clag"], "claim-newton-3pc"),
        "5/Newton-3PC-CR": .init(["newton-3pc-cr"]),
        "5/Newton-3PC-BC": .init(["newton-3pc-bc"]),
        "5/Newton-3PC-BC-PP": .init(["newton-3pc-bc-pp"]),
        "5/CBAG": .init(["cbag", "newton-cbag"]),
        "5/adaptive thresholding": .part("reference only"),
        "5/matrix thresholding, Top-K, rank": .part("inside the Newton-type methods"),
        "5/adaptive Top-K": .init(["adaptive-top-k"]),
        "5/rotation": .init(["newton-rotation"]),
        "6/Byz-Clip21-SGD2M, +": .init(["byz-clip21-sgd2m"], "claim-byzantine"),
        "6/Byz-Clip-SGD, Safe-DSHB": .init(["byz-clip-sgd", "safe-dshb"], "claim-byzantine"),
        "6/robust rules": .init(
            [
                "aggregator-median", "aggregator-trimmed-mean", "aggregator-krum",
                "aggregator-geometric-median",
                "aggregator-centered-clipping",
            ], "claim-byzantine"),
        "6/mixing, bucketing": .init(
            ["aggregator-nnm-median", "aggregator-nnm-trimmed-mean"], "claim-byzantine"),
        "6/attacks, flipped labels": .init(
            ["attack-sign-flip", "attack-ipm", "attack-foe", "attack-alie", "attack-mimic"], "claim-byzantine"
        ),
        "7/EControl": .init(["econtrol"], "claim-econtrol"),
        "8/signSGD, Signum, Lion": .init(["sign-sgd", "lion"], "claim-sign-tails"),
        "8/Adam(W), RMSprop(W)": .init(["adamw", "rmsprop"], "claim-adam-batch"),
        "9/SPS_max": .init(["polyak"], "claim-polyak-range"),
        "9/alpha-beta probe": .part(
            "`alpha_beta` of `tunerd probe`: a condition on runs, not a step"),
        "10/DCSGD": .init(["dcgd", "dcgd-natural"], "claim-dcgd"),
        "10/DSignSGD": .init(["dsignsgd", "dsignsgd-majority"]),
        "10/quantizers": .init(
            ["compressor-natural", "compressor-dithering", "compressor-scaled-sign"], "claim-dcgd"),
        "10/sparsifiers": .init(["compressor-top-k", "compressor-rand-k"], "claim-ef21"),
        "11/steepest descent in a norm": .init(["steepest-descent"], "claim-edge-of-stability"),
        "11/norm balls": .part("norms of `steepest-descent`, `scion` and `gluon`"),
        "11/generalised sharpness": .part("`sharpness` of `tunerd probe`"),
        "12/damped step of DSGD, DCSGD": .init(["dgd", "dcgd", "dcgd-natural"], "claim-damping"),
        "13/Safe-EF": .init(["safe-ef"], "claim-safe-ef"),
        "13/EF14": .init(["ef14"], "claim-ef14"),
        "13/primal-dual baseline": .init(["primal-dual"]),
        "14/warm-up GD": .init(["loss-warm-up"], "claim-loss-warm-up"),
        "14/(H0, H1) probe": .part("`slope` of `loss-warm-up` is swept instead; reference only"),
        "15/NGN, -M, -D, -MDv1": .init(["ngn"], "claim-ngn-range"),
        "15/NGN-MDv2": .init(["ngn"]),
        "16/Clip21-SGD2M": .init(["clip21-sgd2m"], "claim-clip21-sgd2m"),
        "16/Clip-SGD": .init(["clip-gd", "clipped-sgd"], "claim-clip-gd"),
        "17/Clip21-GD, DP-Clip21-GD, Clip21-Avg": .init(["clip21"], "claim-clip21"),
        "18/FFGG, local steps, asynchronous, robust": .init(["ffgg"], "claim-ffgg"),
        "19/BL1": .init(["bl1"], "claim-basis-learn"),
        "19/BL2": .init(["bl2"]),
        "19/BL3": .init(["bl3"]),
        "19/data basis": .init(["bl1", "bl2"], "claim-basis-learn"),
        "20/FedNL, -LS": .init(["fednl", "fednl-ls", "fednl-shifted"], "claim-fednl"),
        "20/FedNL-CR": .init(["fednl-cr"]),
        "20/FedNL-PP": .init(["fednl-pp"]),
        "20/FedNL-BC": .init(["fednl-bc"]),
        "20/Newton-Zero, Newton": .init(["newton-zero", "newton"]),
        "20/cubic step": .part("inside `fednl-cr`, `newton-3pc-cr`, `cubic-newton-learn`"),
        "20/projection": .part("inside the Newton-type methods"),
        "21/NEWTON-STAR": .init(["newton-star"]),
        "21/NL1": .init(["nl1"], "claim-newton-learn"),
        "21/NL2, CNL": .init(["nl2", "cubic-newton-learn"]),
        "22/FedAvg, personalised models": .init(["fedavg"]),
        "22/certified radius": .part(
            "metric `certified_radius` of `mlp`, `cnn`, `logistic-regression` with `smoothing_noise`",
            "claim-certified-small"),
        "23/IST, scaled and masked": .init(["ist", "ist-masks"], "claim-ist"),
        "24/DIANA": .init(["diana"], "claim-diana"),
        "24/DCGD-SHIFT, DCGD-STAR, Rand-DIANA": .init(["dcgd-shift", "dcgd-star", "rand-diana"]),
        "24/GDCI, VR-GDCI": .init(["gdci", "vr-gdci"]),
        "25/sketched SGD, single and distributed": .init(["mast"], "claim-mast"),
        "25/variance-reduced forms, L-SVRDSG and S-PAGE": .init(
            ["mast-svrg", "mast-page"], "claim-mast-svrg"),
        "26/Fed-alpha-NormEC and its private form": .init(["fed-alpha-normec"], "claim-fed-alpha-normec"),
        "27/the law itself": .init(
            ["muon", "scion", "normalized-sgd", "sign-sgd"], "claim-muon-momentum-batch"),
        "27/normalised descent": .init(["normalized-sgd"]),
        "28/Gluon, three modes": .init(["gluon"], "claim-gluon"),
        "28/Scion": .init(["scion"]),
        "28/(L0, L1) fit": .part("`layers` of `tunerd probe`"),
        "29/QC-SGD, DP-QC-SGD, clipped SGD": .init(
            ["qc-sgd", "dp-qc-sgd", "clipped-sgd"], "claim-quantile-floor"),
        "29/tracked threshold": .init(["dp-qc-sgd"]),
        "30/Muon, exact and in k steps": .init(["muon"], "claim-inexact-muon"),
        "30/inexactness": .part("`newton_schulz_steps` and `oracle` of `muon`"),
        "30/polar factor": .part("`oracle: exact` of `muon`"),
        "31/alpha-NormEC and its private form": .init(["alpha-normec"], "claim-alpha-normec"),
        "32/ADOM over changing graphs": .init(["adom"], "claim-adom"),
        "33/Kashin compression": .init(["compressor-kashin"], "claim-dcgd"),
        "33/uncertainty principle": .part("a bound, tested"),
        "34/same-sample and independent extragradient": .init(["extragradient"], "claim-extragradient"),
        "35/arbitrary sampling": .init(["sampled-sgd"], "claim-sampling"),
        "35/optimal minibatch": .part("`tunerd law batch`"),
        "35/step switching": .part("`SwitchingSchedule` of the laws"),
        "35/SGD, heavy ball": .init(["sgd", "dgd"], "claim-sgd-range"),
        "35/gradient noise scale": .part("`noise_scale_tokens` of `tunerd probe`"),
    ]
}
