import Engine
import Methods
import Testing

@Suite("Golden: single calls of compressors, matrix functions, aggregators, attacks")
struct SingleCallGoldenTests {
    static let compressors: [(String, any Compressor)] = [
        ("TopK", TopK(3)), ("RandK", RandK(3)), ("RandK unscaled", RandK(3, scaled: false)),
        ("Bernoulli p=0.5", BernoulliCompressor(probability: 0.5)), ("Natural", NaturalCompressor()),
        ("Dithering s=4 q=2", DitheringCompressor(levels: 4)),
        ("Dithering s=1 q=inf (ternary)", DitheringCompressor(levels: 1, norm: .maximum)),
        ("NaturalDithering s=3 q=2", NaturalDitheringCompressor(levels: 3)),
        ("ScaledSign", ScaledSignCompressor()), ("Sign", SignCompressor()),
        ("AdaptiveThreshold 0.5", ThresholdCompressor(fraction: 0.5)),
        ("BiasedRounding b=2", PowerRoundingCompressor(base: 2)),
        ("Kashin(ternary inf)", KashinCompressor(inner: DitheringCompressor(levels: 1, norm: .maximum))),
        ("MatTopK 4", MatrixTopK(4)), ("MatRankR 2 symmetric", RankR(2)),
        ("MatRankR 1 rectangular", RankR(1, rows: 4)), ("MatRandK 4", MatrixRandK(4)),
        ("MatThreshold 0.5", MatrixThreshold(fraction: 0.5)),
    ]

    @Test("every compressor's value, cost and constants")
    func compressorCalls() throws {
        #expect(try goldenCases("compressors.json").count == Self.compressors.count + 1)
        for (name, compressor) in Self.compressors {
            let golden = try goldenCase("compressors.json", "compressor", name)
            var generator = SplitMix64(5)
            let message = compressor.compress(golden["x"].vector, using: &generator)
            #expect(deviation(message.value.values, golden["y"].numbers) < 1e-12, "\(name)")
            #expect(Double(message.cost.floats) == golden["floats"].number, "\(name)")
            #expect(Double(message.cost.bits()) == golden["bits"].number, "\(name)")
            if !golden["alpha"].isNull {
                #expect(
                    deviation([compressor.contraction(8) ?? -1], golden["alpha"].numbers) < 1e-15, "\(name)")
            }
            if !golden["omega"].isNull {
                #expect(deviation([compressor.variance(8) ?? -1], golden["omega"].numbers) < 1e-15, "\(name)")
            }
        }
        let golden = try goldenCase("compressors.json", "compressor", "hadamard")
        #expect(deviation(KashinCompressor.hadamard(golden["x"].vector).values, golden["y"].numbers) < 1e-14)
    }

    @Test("matrix functions and LMO directions")
    func matrices() throws {
        let cases = try goldenCases("matrix.json")
        #expect(cases.count == 17)
        for golden in cases {
            let (what, x) = (golden["what"].text, golden["x"])
            let expected = golden["y"].numbers
            func steps(_ k: Int, _ c: Orthogonalization.Coefficients) -> Matrix {
                Orthogonalization.newtonSchulz(steps: k, coefficients: c)(x.matrix)
            }
            switch what {
            case "polar (U V^T)":
                #expect(deviation(Orthogonalization.exact(x.matrix).values, expected) < 1e-12)
            case let w where w.hasPrefix("newton_schulz muon coef steps="):
                let k = Int(w.split(separator: "=")[1]) ?? 0
                #expect(deviation(steps(k, .muon).values, expected) < 1e-12, "\(what)")
            case "newton_schulz cubic steps=12":
                #expect(deviation(steps(12, .cubic).values, expected) < 1e-12)
            case "proj_psd mu=0.1":
                #expect(deviation(x.matrix.projected(above: 0.1).values, expected) < 1e-12)
            case "cubic_step M=0.7":
                let s = CubicStep.step(gradient: golden["g"].vector, hessian: x.matrix, lipschitz: 0.7)
                #expect(deviation(s.values, expected) < 1e-12)
            case let w where w.hasPrefix("lmo_dir "):
                let ball = try #require(UnitBall(rawValue: String(w.dropFirst(8))))
                let u = ball == .biasRMS ? Matrix(column: x.vector) : x.matrix
                #expect(deviation(ball.direction(u).values, expected) < 1e-12, "\(what)")
                #expect(deviation([ball.dualNorm(u)], golden["dual_norm"].numbers) < 1e-12, "\(what)")
                #expect(deviation([ball.norm(u)], golden["primal_norm"].numbers) < 1e-12, "\(what)")
            default:
                let kinds: [(String, Orthogonalization.Coefficients)] = [
                    ("muon_coef", .muon), ("cubic", .cubic), ("taylor5", .taylor),
                ]
                for (key, coefficients) in kinds {
                    let delta = (0...12).map {
                        Orthogonalization.newtonSchulz(steps: $0, coefficients: coefficients)
                            .inexactness(on: x.matrix)
                    }
                    #expect(deviation(delta, golden[key].numbers) < 1e-10, "\(key)")
                }
            }
        }
    }

    @Test("aggregators and attacks")
    func robust() throws {
        let cases = try goldenCases("aggregators.json")
        #expect(cases.count == 20)
        let rules: [String: any Aggregator] = [
            "mean": MeanAggregator(), "cwmed": MedianAggregator(), "cwtm": TrimmedMeanAggregator(),
            "krum": KrumAggregator(), "rfa": GeometricMedianAggregator(),
            "cclip": CenteredClippingAggregator(), "nnm+cwmed": NeighbourMixing(MedianAggregator()),
            "nnm+cwtm": NeighbourMixing(TrimmedMeanAggregator()),
            "nnm+krum": NeighbourMixing(KrumAggregator()),
            "nnm+rfa": NeighbourMixing(GeometricMedianAggregator()),
            "krum n-f-1 neighbours (self excluded, Allouah variant)": KrumAggregator(countsOneMore: true),
            "multi-krum m=3": KrumAggregator(selected: 3),
        ]
        let attacks: [String: any Attack] = [
            "sign_flip": SignFlipAttack(), "ipm": InnerProductAttack(), "foe": FallOfEmpiresAttack(),
            "alie": LittleIsEnoughAttack(), "mimic": MimicAttack(),
        ]
        var seen = 0
        for golden in cases {
            let messages = golden["V"].list.map(\.vector)
            let expected = golden["y"].numbers
            let name = golden["aggregator"].text
            if var rule = rules[name] {
                seen += 1
                #expect(deviation(rule.aggregate(messages, byzantine: 2).values, expected) < 1e-12, "\(name)")
            } else if name == "nnm matrix" {
                seen += 1
                let mixed = NeighbourMixing.mix(messages, byzantine: 2)
                #expect(deviation(mixed.flatMap(\.values), expected) < 1e-12)
            } else if name.hasPrefix("bucketing") {
                seen += 1
                var generator = SplitMix64(5)
                let groups = Bucketing.group(messages, size: 2, using: &generator)
                #expect(deviation(groups.flatMap(\.values), expected) < 1e-12)
            } else if let attack = attacks[golden["attack"].text] {
                seen += 1
                let honest = golden["honest"].list.map(\.vector)
                let crafted = attack.craft(honest: honest, total: 7, byzantine: 2)
                #expect(deviation(crafted.values, expected) < 1e-12, "\(attack.name)")
            } else {
                seen += 1
                for (n, f) in [(7, 2), (10, 3), (25, 5), (50, 12)] {
                    let z = golden["alie_z"]["n=\(n),f=\(f)"].numbers
                    #expect(deviation([LittleIsEnoughAttack.deviations(workers: n, byzantine: f)], z) < 1e-12)
                }
            }
        }
        #expect(seen == 20)
    }
}
