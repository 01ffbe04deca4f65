import Foundation
import Tuner

/// How fast trials of one workload and optimizer were.
struct TrialRate {
    /// Finished trials it is from.
    var trials: Int
    /// Tokens over the seconds that a slot was taken, both summed: short trials count little.
    var tokensPerSecond: Double

    /// The seconds that slots were taken by trials: of more trials at a time than there are slots, several took turns.
    static func slotSeconds(of spans: [Range<Date>], slots: Int) -> Double {
        let edges = spans.flatMap { [($0.lowerBound, 1), ($0.upperBound, -1)] }.sorted { $0.0 < $1.0 }
        var seconds = 0.0
        var running = 0
        for (edge, next) in zip(edges, edges.dropFirst()) {
            running += edge.1
            seconds += Double(min(running, slots)) * next.0.timeIntervalSince(edge.0)
        }
        return seconds
    }

    /// The rate of completed first attempts that trained the same with the same optimizer; `nil` when there are none.
    static func measured(
        for definition: SweepDefinition, in operations: any SweepOperations, slots: Int
    ) async throws -> TrialRate? {
        var spans: [Range<Date>] = []
        var tokens = 0.0
        for sweep in try await operations.sweeps() {
            let other = try await operations.definition(of: sweep.name).definition
            guard other.subject == definition.subject, other.optimizer?.name == definition.optimizer?.name
            else { continue }
            for trial in try await operations.trials(of: sweep.name, after: 0, limit: 1000)
            where trial.state == .completed && trial.attempt == 1 {
                guard let start = trial.startedAt, let end = trial.finishedAt, end > start else { continue }
                spans.append(start..<end)
                tokens += other.trainedTokens(of: trial.proposal.tokenBudget)
            }
        }
        let seconds = slotSeconds(of: spans, slots: slots)
        return seconds > 0 ? TrialRate(trials: spans.count, tokensPerSecond: tokens / seconds) : nil
    }
}
