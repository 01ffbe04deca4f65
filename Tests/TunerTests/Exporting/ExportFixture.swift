import Engine
import Foundation

@testable import ScalingLaws
@testable import Tuner

/// A made-up sweep whose trials lie exactly on a known law: learning rate falls as T^-0.3 and saturates, batch size
/// grows as T^0.4, four budgets.
enum ExportFixture {
    static let budgets = [1_000_000, 2_000_000, 4_000_000, 8_000_000]
    static let batches = [4096, 8192, 16384]
    static let rates = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2]

    static let definition = SweepDefinition(
        name: "first", summary: "A first sweep",
        subject: .workload(name: "char-gpt", options: ["layers": .integer(2)]),
        optimizer: .init(name: "muon", options: [:], schedule: .init()),
        metric: .init(name: "validation_loss"),
        objectives: [.init(name: "validation_loss"), .init(name: "tokens")],
        parameters: [
            .init(
                name: "learning_rate",
                domain: .range(min: 3e-4, max: 3e-2, scale: .log, step: nil, integer: false)),
            .init(name: "batch_size_tokens", domain: .values(batches.map { .integer($0) })),
            .init(name: "momentum", domain: .value(.real(0.95))),
        ],
        tokenBudgets: budgets, targetTokenBudgets: [1_000_000_000],
        law: .init(prior: .lmo, regime: [.learningRate, .batchSize]), method: .lawGuided, runCap: nil,
        replicates: 1,
        seed: 7, parallel: nil, retries: 1, trialTimeout: nil, memoryLimit: nil, sequenceLength: nil,
        batchSizeGranularity: 1,
        observations: .protocolLines, workingDirectory: URL(fileURLWithPath: "/tmp"), environment: [:])

    static let reference: [LawVariable: Double] = [.tokenBudget: 2_828_427.12474619, .batchSize: 8192]

    static let law = Law(
        axes: [
            AxisLaw(
                axis: .learningRate, coefficient: 4.2e-3,
                exponents: [
                    .tokenBudget: estimate(-0.31, -0.36, -0.25), .batchSize: estimate(0.5, 0.41, 0.6),
                ],
                ceiling: StabilityCeiling(limit: 0.05, halfBatch: 2048), sharpness: 4, curvature: 0.08,
                triedRange: [3e-4, 3e-2]),
            AxisLaw(
                axis: .batchSize, coefficient: 7900, exponents: [.tokenBudget: estimate(0.4, 0.28, 0.51)],
                ceiling: nil, sharpness: 4, curvature: 0.02, triedRange: [4096, 16384]),
        ],
        reference: reference, cells: cells, lossLaw: lossLaw, residual: 0.004, runs: 60,
        warnings: [LawWarning(code: .priorDecides, text: "the batch size exponent rests on its prior")],
        draws: draws)

    /// Draws around the law: a fixed pattern in place of a posterior.
    private static let draws: [[Double]] = (0..<64).map { index in
        func wave(_ phase: Double) -> Double { sin(Double(index) * 2.399 + phase) }
        // In small steps: one long literal takes the type checker too long.
        let rate: [Double] = [log(4.2e-3) + 0.06 * wave(0), -0.31 + 0.04 * wave(1), 0.5 + 0.07 * wave(2)]
        let batch: [Double] = [log(7900) + 0.1 * wave(3), 0.4 + 0.08 * wave(4)]
        let loss: [Double] = [1.6 + 0.03 * wave(6), 0.75 - 0.02 * wave(6), 0.42 + 0.02 * wave(6.5)]
        // No model term, and no bend.
        let straight = [Double](repeating: 0, count: LossLawDraw.length - loss.count)
        let limit: Double = log(0.05) + 0.2 * wave(5)
        return LawDraw(
            form: .batchCeiling, axes: [rate, batch], logLimit: limit, halfBatch: 2048, loss: loss + straight,
            bend: 0.01 * wave(8), stiffening: [0.1 * wave(9), 0.1 * wave(10)]
        ).encoded
    }

    static let lossLaw = LossLaw(floor: 1.6, amplitude: 0.75, exponent: 0.42, reference: 2_828_427.12474619)

    private static func estimate(_ value: Double, _ low: Double, _ high: Double) -> ExponentEstimate {
        ExponentEstimate(
            value: value, interval: [low, high], priorMean: value + 0.02, priorDeviation: 0.1,
            identified: true)
    }

    /// Best values by hand: batch first, then the learning rate given it.
    static func optimum(tokenBudget: Double) -> (learningRate: Double, batchSize: Double) {
        let time = tokenBudget / 2_828_427.12474619
        let batch = 7900 * pow(time, 0.4)
        let power = 4.2e-3 * pow(time, -0.31) * pow(batch / 8192, 0.5)
        let ceiling = 0.05 * batch / (batch + 2048)
        return (pow(pow(power, -4) + pow(ceiling, -4), -0.25), batch)
    }

    static func loss(rate: Double, batch: Double, tokenBudget: Double) -> Double {
        let best = optimum(tokenBudget: tokenBudget)
        let floor =
            lossLaw.floor + lossLaw.amplitude * pow(tokenBudget / lossLaw.reference, -lossLaw.exponent)
        let atBatch = best.learningRate * pow(batch / best.batchSize, 0.5)
        let rise: Double = 0.5 * 0.08 * pow(log(rate / atBatch), 2)
        let widening: Double = 0.5 * 0.02 * pow(log(batch / best.batchSize), 2)
        return floor * exp(rise + widening)
    }

    static let trials: [Trial] = {
        var trials: [Trial] = []
        for (round, budget) in budgets.enumerated() {
            for batch in batches {
                for rate in rates {
                    let diverged = rate == 3e-2 && batch == 4096
                    let number = trials.count + 1
                    let loss = loss(rate: rate, batch: Double(batch), tokenBudget: Double(budget))
                    trials.append(
                        Trial(
                            number: number,
                            proposal: TrialProposal(
                                hyperparameters: [
                                    "learning_rate": .real(rate), "batch_size_tokens": .integer(batch),
                                    "momentum": .real(0.95),
                                ], tokenBudget: budget, replicate: 0, round: round),
                            state: diverged ? .diverged : .completed, attempt: 1, seed: UInt64(number) * 1000,
                            metrics: diverged
                                ? ["validation_loss": .infinity, "tokens": 40960]
                                : [
                                    "validation_loss": (loss * 1e5).rounded() / 1e5, "tokens": Double(budget),
                                ],
                            startedAt: Date(timeIntervalSince1970: 1_780_000_000 + Double(number)),
                            finishedAt: Date(timeIntervalSince1970: 1_780_000_010 + Double(number))))
                }
            }
        }
        return trials
    }()

    private static let cells: [LawCell] = budgets.map { budget in
        let best = optimum(tokenBudget: Double(budget))
        let floor =
            lossLaw.floor + lossLaw.amplitude * pow(Double(budget) / lossLaw.reference, -lossLaw.exponent)
        return LawCell(
            tokenBudget: Double(budget), modelSize: nil, runs: 15, diverged: 1, bestLoss: floor + 0.002,
            best: [.learningRate: best.learningRate, .batchSize: best.batchSize], fittedLoss: floor)
    }

    static let fitted = FittedLaw(version: 7, law: law, fittedAt: Date(timeIntervalSince1970: 1_780_000_100))

    static func recommendation(tokenBudget: Int) -> Recommendation {
        let answer = law.recommend(RecommendationQuery(tokenBudget: Double(tokenBudget)))
        var hyperparameters: [String: Recommendation.Value] = [
            "momentum": .init(value: .real(0.95), source: .fixed)
        ]
        for (axis, value) in answer.values {
            hyperparameters[axis.rawValue] = .init(
                value: axis == .batchSize ? .integer(Int(value.value.rounded())) : .real(value.value),
                interval: value.interval, interval95: value.interval95, exponent: value.exponent,
                source: value.source)
        }
        let batch = hyperparameters["batch_size_tokens"]?.value.number ?? 1
        return Recommendation(
            sweep: "first", tokenBudget: tokenBudget, extrapolationFactor: answer.extrapolationFactor,
            steps: Int((Double(tokenBudget) / batch).rounded(.up)), hyperparameters: hyperparameters,
            predicted: answer.loss.map { ["validation_loss": $0] } ?? [:], lawVersion: 7,
            warnings: answer.warnings, expectedRegret: answer.expectedRegret, carryOver: answer.carryOver)
    }

    static let pareto: ParetoFront = {
        var points: [ParetoFront.Point] = []
        for budget in budgets {
            let best = trials.filter { $0.proposal.tokenBudget == budget && $0.state == .completed }
                .min { ($0.metrics["validation_loss"] ?? 9) < ($1.metrics["validation_loss"] ?? 9) }
            if let best {
                points.append(
                    .init(trial: best.number, values: [best.metrics["validation_loss"] ?? 0, Double(budget)]))
            }
        }
        return ParetoFront(
            objectives: definition.objectives, points: points.sorted { $0.values[0] < $1.values[0] },
            hypervolume: 5.5e6, reference: [3.0, 8_000_000])
    }()

    static let input = ExportInput(
        definition: definition, law: fitted, recommendations: [recommendation(tokenBudget: 1_000_000_000)],
        trials: trials, pareto: pareto)
}
