import Engine
import Foundation

/// A handful of very short runs of the real training loop: where one learning rate is as much too small as another is too
/// large, over a horizon so short that it costs nearly nothing.
///
/// Bounds know one constant about a rate at fixed momentum, `D/(L c)`. Their L is a worst case and their c a bound on the
/// lag of momentum, so they are safe and far too small on networks. A tuned run of K0 steps measures the same constant
/// where it acts:
///
///     D / (L c) = eta0^2 K0,      eta(K) = eta0 sqrt(K0 / K)
///
/// Search: rates a factor 4 apart from the start until the best has neighbours on both sides, then factor 2 around it, then
/// the vertex of a parabola in log rate: 5 to 8 runs on the same seed. A rate that diverges counts as infinitely bad.
///
/// When not to believe it: short horizons favour larger or smaller rates than the law of the root says. On nine cells the
/// exponent between 64 and 512 (256) steps was -0.75 to -0.24, mean -0.45; short runs of less than five memories of the
/// momentum measure the warm-up of the momentum.
///
/// Source: the anchor of one tuned run for the bounds of Kovalev 2025, arXiv 2503.12645; the search is ours. The bias of
/// short horizons: Y. Wu, M. Ren, R. Liao, R. Grosse 2018, arXiv 1803.02021.
struct PilotRuns {
    /// Final validation loss by learning rate.
    private(set) var losses: [Double: Double] = [:]
    /// Tokens trained.
    private(set) var tokens = 0
    /// The best rate; `nil` when no rate ended below another.
    private(set) var learningRate: Double?

    private static let mostRuns = 14

    /// Searches the best rate.
    ///
    /// - Parameters:
    ///   - request: what to train.
    ///   - plugin: the optimizer.
    ///   - start: rate to begin with.
    ///   - shouldStop: true ends the search without a result.
    /// - Throws: what the training loop throws.
    init(
        _ request: ProbeRequest, plugin: any OptimizerPlugin, start: Double, shouldStop: () -> Bool
    ) throws {
        var best = start
        for factor in [4.0, 2.0] {
            for rate in [best, best / factor, best * factor] {
                try run(request, plugin, rate, shouldStop)
            }
            while losses.count < Self.mostRuns, !shouldStop() {
                best = losses.min { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? best
                let missing = [best * factor, best / factor].filter { losses[Self.readable($0)] == nil }
                guard !missing.isEmpty else { break }
                for rate in missing { try run(request, plugin, rate, shouldStop) }
            }
        }
        guard !shouldStop() else { return }
        learningRate = vertex(around: best)
    }

    private mutating func run(
        _ request: ProbeRequest, _ plugin: any OptimizerPlugin, _ wanted: Double, _ shouldStop: () -> Bool
    ) throws {
        let rate = Self.readable(wanted)
        guard losses[rate] == nil, !shouldStop() else { return }
        let job = TrainingJob(
            workload: request.workload, workloadOptions: request.workloadOptions,
            hyperparameters: request.hyperparameters.merging(["learning_rate": .real(rate)]) { $1 },
            schedule: request.schedule, batchSizeTokens: request.batchSizeTokens,
            tokenBudget: request.pilotSteps * request.batchSizeTokens, seed: request.seed)
        let outcome = try Trainer.run(
            job, optimizer: plugin, observe: { _ in .proceed }, shouldStop: shouldStop)
        tokens += job.tokenBudget
        switch outcome {
        case .completed(let metrics): losses[rate] = metrics["validation_loss"] ?? .infinity
        case .diverged: losses[rate] = .infinity
        case .interrupted: break
        }
    }

    /// The vertex of the parabola through the best rate and its neighbours at a factor 2.
    private func vertex(around best: Double) -> Double? {
        guard let middle = losses[Self.readable(best)], middle.isFinite,
            let left = losses[Self.readable(best / 2)], let right = losses[Self.readable(best * 2)]
        else { return nil }
        let bend = left - 2 * middle + right
        // A side that diverged has no parabola: the best rate itself is the answer.
        guard bend.isFinite else { return best }
        guard bend > 0 else { return nil }
        return best * pow(2, 0.5 * (left - right) / bend)
    }

    /// Six digits, so that a rate reached twice is one rate.
    private static func readable(_ rate: Double) -> Double { Double(String(format: "%.6g", rate)) ?? rate }
}
