import Methods
import Testing

@Suite("Golden: single-node rules")
struct OptimizerGoldenTests {
    /// The rule of a case, from its name and parameters.
    static func rule(_ golden: JSONValue) -> (any TensorRule)? {
        let (name, p) = (golden["method"].text, golden["params"])
        func value(_ key: String, _ fallback: Double) -> Double { p[key].isNull ? fallback : p[key].number }
        let rate = value("lr", 0)
        let decay = value("weight_decay", 0)
        let oracle: Orthogonalization = p["oracle"].text == "svd" ? .exact : .muon
        let balls = p["norms"].list.compactMap { UnitBall(rawValue: $0.text) }
        switch name.split(separator: " ")[0] {
        case "SGD":
            return SGDRule(
                learningRate: rate, momentum: value("momentum", 0), dampening: value("dampening", 0),
                weightDecay: decay, nesterov: p["nesterov"].isTrue)
        case "HeavyBall": return HeavyBallRule(learningRate: rate, momentum: value("beta", 0))
        case "NormalizedSGD":
            return NormalizedSGDRule(
                learningRate: rate, momentum: value("beta", 0.9), startsAtGradient: p["init"].text == "grad")
        case "signSGD", "Signum":
            return SignRule(learningRate: rate, momentum: value("beta", 0), weightDecay: decay)
        case "Adam", "AdamW":
            let betas = p["betas"].isNull ? [0.9, 0.999] : p["betas"].numbers
            return AdamRule(
                learningRate: rate, momentum: betas[0], squareMomentum: betas[1], weightDecay: decay,
                decoupled: p["decoupled"].isTrue)
        case "RMSprop", "RMSpropW":
            return RMSpropRule(
                learningRate: rate, squareMomentum: value("alpha", 0.99), momentum: value("momentum", 0),
                weightDecay: decay, decoupled: p["decoupled"].isTrue)
        case "NGN":
            let variants: [String: NGNRule.Variant] = [
                "ngn": .scalar, "m": .scalar, "d": .diagonal, "mdv1": .preconditioned,
                "mdv2": .preconditionedDiagonal,
            ]
            guard let variant = variants[p["variant"].text] else { return nil }
            return NGNRule(
                scale: value("c", 0), variant: variant, momentum: value("beta1", 0),
                squareMomentum: value("beta2", 0.999))
        case "WarmupGD":
            return WarmUpRule(base: value("H0", 0), slope: value("H1", 0), lowestLoss: value("fstar", 0))
        case "Muon":
            let scale = p["scale"].isNull ? MuonRule.Scale.max1 : MuonRule.Scale(rawValue: p["scale"].text)
            let steps = Int(value("ns_steps", 5))
            return MuonRule(
                learningRate: rate, momentum: value("beta", 0.95),
                nesterov: p["nesterov"].isNull || p["nesterov"].isTrue,
                oracle: oracle == .exact ? .exact : .newtonSchulz(steps: steps, coefficients: .muon),
                scale: scale ?? .none, weightDecay: decay)
        case "Scion", "SCG":
            return ScionRule(
                learningRate: rate, freshWeight: value("alpha", 0.1), balls: balls,
                radii: p["radii"].numbers, constrained: !p["unconstrained"].isTrue,
                startsAtGradient: p["init"].text == "grad",
                oracle: p["oracle"].text == "ns" ? .muon : .exact)
        case "Gluon":
            return GluonRule(
                balls: balls,
                mode: p["mode"].text == "adaptive"
                    ? .adaptive(constant: p["L0"].numbers, proportional: p["L1"].numbers)
                    : .decaying(p["t"].numbers))
        case "NonEuclideanGD":
            guard let ball = UnitBall(rawValue: p["norm"].text) else { return nil }
            return SteepestDescentRule(learningRate: rate, ball: ball)
        default: return nil
        }
    }

    @Test("five steps of every rule on least squares and on the network")
    func trajectories() throws {
        let cases = try goldenCases("optimizers.json")
        #expect(cases.count == 55)
        let (leastSquares, network) = (LeastSquares(), TanhNetwork())
        let joined = leastSquares.joined
        for golden in cases {
            let label = "\(golden["method"].text) on \(golden["problem"].text)"
            var rule = try #require(Self.rule(golden), "\(label)")
            let isNetwork = golden["problem"].text == "MLP-3-4-2"
            var p = isNetwork ? network.start : [Matrix(column: leastSquares.start)]
            func loss(_ p: [Matrix]) -> Double {
                isNetwork ? network.loss(at: p) : joined.loss(at: p[0].flat)
            }
            var losses = [loss(p)]
            for _ in 0..<5 {
                let gradient =
                    isNetwork ? network.gradient(at: p) : [Matrix(column: joined.gradient(at: p[0].flat))]
                rule.step(&p, gradient: gradient, loss: loss(p))
                losses.append(loss(p))
            }
            #expect(deviation(losses, golden["f"].numbers) < 1e-12, "\(label)")
            #expect(deviation(p.flatMap(\.values), golden["p_last"].numbers) < 1e-10, "\(label)")
        }
    }
}
