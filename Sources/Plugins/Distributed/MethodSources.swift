/// Authors, titles and years of the sources that methods name by arXiv id alone.
enum MethodSources {
    /// A source: a known arXiv id, or authors and a year.
    static func reference(_ text: String) -> LiteratureReference {
        titles[text].map { LiteratureReference($0, locator: "arXiv:" + text) } ?? LiteratureReference(text)
    }

    /// By arXiv id.
    static let titles: [String: String] = [
        "1602.05629": "B. McMahan et al., Communication-efficient learning of deep networks, 2016",
        "1610.02132": "D. Alistarh et al., QSGD, 2017",
        "1703.02757": "P. Blanchard et al., Machine learning with adversaries, 2017",
        "1802.04434": "J. Bernstein, Y. Wang, K. Azizzadenesheli, A. Anandkumar, signSGD, 2018",
        "1803.01498":
            "D. Yin, Y. Chen, K. Ramchandran, P. Bartlett, Byzantine-robust distributed learning: towards "
            + "optimal statistical rates, 2018",
        "1805.09965": "T. Chen et al., LAG, 2018",
        "1806.06573": "S. Khirirat et al., Distributed learning with compressed gradients, 2018",
        "1809.07599": "S. Stich, J.-B. Cordonnier, M. Jaggi, Sparsified SGD with memory, 2018",
        "1901.08689":
            "D. Kovalev, S. Horvath, P. Richtarik, Don't jump through hoops and remove those loops, 2019",
        "1901.09269": "K. Mishchenko et al., DIANA, 2019",
        "1901.09401": "R. Gower et al., SGD: general analysis and improved rates, 2019",
        "1901.09847":
            "S. P. Karimireddy, Q. Rebjock, S. Stich, M. Jaggi, Error feedback fixes SignSGD and other gradient "
            + "compression schemes, 2019",
        "1902.06156": "G. Baruch, M. Baruch, Y. Goldberg, A little is enough, 2019",
        "1903.03936": "C. Xie, O. Koyejo, I. Gupta, Fall of empires, 2019",
        "1905.10988": "S. Horvath et al., Natural compression, 2019",
        "1905.11373":
            "K. Mishchenko, D. Kovalev, E. Shulgin, P. Richtarik, Y. Malitsky, Revisiting "
            + "stochastic extragradient, 2019",
        "1909.04716": "A. Khaled, P. Richtarik, Gradient descent with compressed iterates, 2019",
        "1912.13445":
            "K. Pillutla, S. Kakade, Z. Harchaoui, Robust aggregation for federated "
            + "learning, 2019",
        "2002.08958":
            "M. Safaryan, E. Shulgin, P. Richtarik, Uncertainty principle for "
            + "communication compression, 2020",
        "2006.09365":
            "S. P. Karimireddy, L. He, M. Jaggi, Byzantine-robust learning on "
            + "heterogeneous datasets via bucketing, 2020",
        "2008.10898":
            "Z. Li, H. Bao, X. Zhang, P. Richtarik, PAGE: a simple and optimal probabilistic gradient estimator, "
            + "2020",
        "2012.10333": "S. P. Karimireddy, L. He, M. Jaggi, Learning from history, 2020",
        "2102.07158":
            "R. Islamov, X. Qian, P. Richtarik, Distributed second order methods with fast "
            + "rates and compressed communication, 2021",
        "2102.09234": "D. Kovalev, E. Shulgin, P. Richtarik, A. Rogozin, A. Gasnikov, ADOM, 2021",
        "2106.02969": "M. Safaryan, R. Islamov, X. Qian, P. Richtarik, FedNL, 2021",
        "2106.05203": "P. Richtarik, I. Sokolov, I. Fatkhullin, EF21, 2021",
        "2111.01847": "X. Qian et al., Basis Learn, 2021",
        "2202.00998": "P. Richtarik et al., 3PC: three point compressors, 2022",
        "2206.03588": "R. Islamov et al., Newton-3PC, 2022",
        "2206.10452": "E. Shulgin, P. Richtarik, Shifted compression framework, 2022",
        "2211.00188":
            "M. Makarenko, E. Gasanov, R. Islamov, A. Sadiev, P. Richtarik, Adaptive "
            + "compression for communication-efficient distributed training, 2022",
        "2302.01772": "Y. Allouah et al., Fixing by mixing, 2023",
        "2302.04787": "Y. Allouah et al., On the privacy-robustness-utility trilemma, 2023",
        "2305.15155":
            "I. Fatkhullin, A. Tyurin, P. Richtarik, Momentum provably improves error "
            + "feedback, 2023",
        "2305.18285":
            "K. Mishchenko, R. Islamov, E. Gorbunov, S. Horvath, Partially personalized "
            + "federated learning, 2023",
        "2305.18929": "S. Khirirat et al., Clip21, 2023",
        "2306.16484": "E. Shulgin, P. Richtarik, Independent subnetwork training, 2023",
        "2310.20452": "R. Islamov, M. Safaryan, D. Alistarh, AsGrad, 2023",
        "2311.05645": "Y. Gao, R. Islamov, S. Stich, EControl, 2023",
        "2311.16086": "Y. Demidovich et al., MAST, 2023",
        "2502.11682": "R. Islamov et al., Double momentum and error feedback for clipping, 2025",
        "2502.13482":
            "E. Shulgin, S. Khirirat, P. Richtarik, Smoothed normalization for efficient "
            + "distributed private optimization, 2025",
        "2505.06053": "R. Islamov, Y. As, I. Fatkhullin, Safe-EF, 2025",
        "2512.21521": "E. Shulgin et al., Fed-alpha-NormEC, 2025",
        "2603.23472": "Byz-Clip21-SGD2M, 2026",
    ]
}
