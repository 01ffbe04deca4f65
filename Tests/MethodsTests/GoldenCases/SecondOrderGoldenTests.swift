import Methods
import Testing

@Suite("Golden: second-order methods")
struct SecondOrderGoldenTests {
    static let problem = LogisticRegression()

    static let methods: [(String, any RoundMethod)] = {
        let lipschitz = problem.constants.hessianLipschitz
        let (top, rank) = (MatrixTopK(5), RankR(1))
        let projected = NewtonStep.projected(above: 0.1)
        let cubic = NewtonStep.cubic(lipschitz: lipschitz)
        func threePoint(_ mechanism: any Mechanism, _ step: NewtonStep = projected) -> any RoundMethod {
            LearnedNewtonMethod(mechanism, step: step)
        }
        let model = ErrorFeedbackMechanism(TopK(3))
        let hessians = ErrorFeedbackMechanism(top)
        func bidirectional(_ basis: HessianBasis, _ learning: LearnedNewtonMethod.Learning = .afterStep)
            -> any RoundMethod
        {
            BidirectionalNewtonMethod(
                hessians, model: model, probability: 0.5, strongConvexity: 0.1, basis: basis,
                learning: learning)
        }
        let partial = PartialNewtonMethod(hessians, model: model, probability: 0.5, participants: 2)
        return [
            ("Newton", NewtonMethod()), ("Newton-Zero", NewtonMethod(hessianAt: .start)),
            ("NEWTON-STAR", NewtonMethod(hessianAt: .solution)),
            ("NL1 Rand-1", NewtonLearnMethod(.nonnegative, kept: 1)),
            ("NL2 Rand-1", NewtonLearnMethod(.dominating, kept: 1)),
            ("NL1 Rand-2 zero init", NewtonLearnMethod(.nonnegative, kept: 2, startsAtZero: true)),
            ("CNL Rand-1", NewtonLearnMethod(.cubic(lipschitz: lipschitz), kept: 1)),
            ("FedNL option1 Top5", LearnedNewtonMethod.fedNL(top, step: projected)),
            ("FedNL option2 Rank1", LearnedNewtonMethod.fedNL(rank, step: .shifted)),
            (
                "FedNL option1 Rank1 zero init",
                LearnedNewtonMethod.fedNL(rank, step: projected, startsAtZero: true)
            ),
            (
                "FedNL RandK unbiased",
                LearnedNewtonMethod.fedNL(MatrixRandK(5), step: projected, rate: .unbiased)
            ),
            (
                "FedNL Top5 contractive lr",
                LearnedNewtonMethod.fedNL(top, step: projected, rate: .contractive)
            ),
            ("FedNL-CR", LearnedNewtonMethod.fedNL(rank, step: cubic)),
            (
                "FedNL-LS",
                LearnedNewtonMethod.fedNL(
                    rank, step: .searched(above: 0.1, slope: 0.5, shrink: 0.5), startsAtZero: true)
            ),
            ("FedNL-PP tau=2", PartialNewtonMethod.fedNL(rank, participants: 2)),
            ("FedNL-BC", bidirectional(.standard, .beforeStep)),
            ("Newton-3PC EF21 Top5", threePoint(hessians)),
            ("Newton-3PC CBAG Top5 p=0.5", threePoint(BernoulliMechanism(top, probability: 0.5))),
            ("Newton-3PC CLAG Top5", threePoint(LazyMechanism(top, trigger: 1))),
            ("Newton-3PC LAG", threePoint(LazyMechanism(trigger: 1))),
            ("Newton-3PC v1 Top5", threePoint(CompressedDifferenceMechanism(top))),
            ("Newton-3PC v2", threePoint(UnbiasedFirstMechanism(unbiased: MatrixRandK(5), top))),
            (
                "Newton-3PC v4",
                threePoint(DoubleFeedbackMechanism(first: MatrixTopK(3), second: MatrixTopK(3)))
            ),
            ("Newton-3PC v5 p=0.3", threePoint(OccasionalFullMechanism(top, probability: 0.3))),
            ("Newton-3PC EF21 option2", threePoint(hessians, .shifted)),
            ("Newton-3PC-CR", threePoint(hessians, cubic)),
            ("Newton-3PC-BC", bidirectional(.standard)), ("Newton-3PC-BC-PP", partial),
            ("BL1 data basis", bidirectional(.data)), ("BL1 standard basis", bidirectional(.standard)),
            ("BL2 standard basis", partial),
            (
                "BL3",
                PositiveBasisNewtonMethod(top, model: TopK(3), probability: 0.5, participants: 2)
            ),
        ]
    }()

    @Test("trajectories and costs")
    func trajectories() throws {
        #expect(try goldenCases("secondorder.json").count == Self.methods.count)
        for (name, method) in Self.methods {
            let golden = try goldenCase("secondorder.json", "method", name)
            let pool = Self.problem.pool(seed: UInt64(golden["seed"].number))
            // Coefficients in a data basis are free up to signs: values agree, the last digits of points need not.
            let run = try GoldenRun(
                method, golden, pool: pool, start: Self.problem.start, comparesPoint: name != "BL1 data basis"
            )
            #expect(run.complaints == [], "\(name)")
            for key in ["beta"] where !golden["extra"][key].isNull {
                #expect(
                    deviation(run.diagnostic(key), golden["extra"][key].numbers) < 1e-10, "\(name) \(key)")
            }
        }
    }
}
