import Engine
import Foundation
public import ScalingLaws

/// A sweep played against a made-up loss, to show before the first trial which cells it will take and what it will know.
///
///     log loss = -0.1 log T + 1/2 0.1 (log learning rate - x)^2 + 1/2 0.03 (log batch - y)^2 + 1/2 0.05 (log(1 - momentum) - z)^2
///
/// Optima lie in the middle of their ranges at the smallest budget and move as the sweep's own theory expects; each
/// report has 0.5 % of noise. The curvatures are those of small language models. A sweep whose loss is flatter, noisier
/// or moves otherwise takes more trials and ends with a wider interval than the rehearsal.
public struct PlanRehearsal: Sendable {
    /// What would be run, in order.
    public let proposals: [TrialProposal]
    /// The law at the end; `nil` when none could be fitted.
    public let law: Law?

    private static let lossExponent = 0.1
    private static let noise = 0.005
    private static let curvatures: [LawAxis: Double] = [
        .learningRate: 0.1, .batchSize: 0.03, .momentum: 0.05,
    ]
    /// Trials after which a rehearsal ends, however long the sweep.
    private static let longest = 400

    /// Plays a sweep.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - planner: its planner.
    /// - Throws: what the planner throws.
    public init(definition: SweepDefinition, planner: any Planner) throws {
        let truth = Truth(definition)
        var history: [Trial] = []
        while history.count < Self.longest {
            let round = try planner.nextRound(history: history)
            if round.isEmpty { break }
            for proposal in round {
                let seed = UInt64(history.count) &+ definition.seed
                // A shorter run has noise of its own.
                func metrics(_ tokenBudget: Int) -> [String: Double] {
                    var shorter = proposal
                    shorter.tokenBudget = tokenBudget
                    return [
                        definition.metric.name: truth.loss(
                            shorter, seed: seed ^ UInt64(proposal.tokenBudget - tokenBudget) << 20)
                    ]
                }
                let batch = AttemptPlan.batchSizeTokens(proposal.hyperparameters) ?? 1
                history.append(
                    Trial(
                        number: history.count + 1, proposal: proposal, state: .completed, seed: 0,
                        metrics: metrics(proposal.tokenBudget),
                        shorterRuns: definition.shorterBudgets(of: proposal, batchSizeTokens: batch).map {
                            ShorterRun(tokenBudget: $0, metrics: metrics($0))
                        }))
            }
        }
        proposals = history.map(\.proposal)
        law = try? SweepAnalyst().law(definition: definition, trials: history)
    }

    /// The made-up loss.
    private struct Truth {
        let sign: Double
        let smallest: Double
        let optima: [LawAxis: (middle: Double, exponent: Double)]

        init(_ definition: SweepDefinition) {
            sign = definition.metric.goal == .minimize ? 1 : -1
            smallest = Double(definition.tokenBudgets.first ?? 1)
            let prior = SweepAnalyst().prior(for: definition, axes: definition.searchedLawAxes)
            let space = SearchSpace(definition)
            var optima: [LawAxis: (middle: Double, exponent: Double)] = [:]
            for axis in space.axes {
                guard let lawAxis = LawAxis(rawValue: axis.name),
                    let middle = space.value(of: axis, at: 0.5).number
                else { continue }
                optima[lawAxis] = (lawAxis.coordinate(of: middle), prior[lawAxis, .tokenBudget].mean)
            }
            self.optima = optima
        }

        func loss(_ proposal: TrialProposal, seed: UInt64) -> Double {
            let longer: Double = log(Double(proposal.tokenBudget) / smallest)
            var logLoss: Double = -PlanRehearsal.lossExponent * longer
            for (axis, value) in proposal.hyperparameters.lawValues {
                guard let optimum = optima[axis] else { continue }
                let x: Double =
                    axis.coordinate(of: value) - optimum.middle - optimum.exponent * longer
                logLoss += 0.5 * (PlanRehearsal.curvatures[axis] ?? 0) * x * x
            }
            var generator = SplitMix64.stream(seed, proposal.replicate)
            return sign * exp(logLoss + PlanRehearsal.noise * generator.normal())
        }
    }
}
