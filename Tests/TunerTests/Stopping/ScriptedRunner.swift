import Foundation
import Synchronization

@testable import Tuner

/// Runs trials without processes: reports at eighths of the budget, does what the answers say, and goes on from where a
/// paused or interrupted trial was.
final class ScriptedRunner: TrialRunner {
    private struct State {
        /// Eighths a trial has done, by `sweep/trial`.
        var checkpoint: [String: Int] = [:]
        var log: [String] = []
        var tokens = 0
    }
    private let state = Mutex(State())
    private let curve: @Sendable (_ spec: AttemptSpec, _ fraction: Double) -> Double
    private let fault: @Sendable (_ spec: AttemptSpec, _ eighth: Int) -> AttemptResult?

    init(
        curve: @escaping @Sendable (AttemptSpec, Double) -> Double = { ScriptedRunner.loss($0, $1) },
        fault: @escaping @Sendable (AttemptSpec, Int) -> AttemptResult? = { _, _ in nil }
    ) {
        self.curve = curve
        self.fault = fault
    }

    /// Best at a learning rate of 0.03; falls with the trained fraction.
    static func loss(_ spec: AttemptSpec, _ fraction: Double) -> Double {
        let x = Foundation.log((spec.hyperparameters["learning_rate"]?.number ?? 1) / 0.03)
        return 2 + x * x + 1 / (fraction + 0.1)
    }

    /// `trial.attempt@eighth what`, in order.
    var log: [String] { state.withLock { $0.log } }
    /// Tokens that were trained.
    var tokens: Int { state.withLock { $0.tokens } }

    func run(
        _ spec: AttemptSpec, timeout: Double?,
        answer: @escaping @Sendable (Observation) async -> TrialDirective
    ) async -> AttemptResult {
        let key = "\(spec.sweep)/\(spec.trial)"
        let first = (state.withLock { $0.checkpoint[key] } ?? 0) + 1
        func note(_ eighth: Int, _ text: String) {
            state.withLock { $0.log.append("\(spec.trial).\(spec.attempt)@\(eighth) \(text)") }
        }
        for (index, eighth) in (first...8).enumerated() {
            await Task.yield()
            if Task.isCancelled {
                state.withLock { $0.checkpoint[key] = eighth - 1 }
                return .interrupted
            }
            if let result = fault(spec, eighth) { return result }
            state.withLock { $0.tokens += spec.tokenBudget / 8 }
            let value = curve(spec, Double(eighth) / 8)
            let directive = await answer(
                Observation(
                    sequence: index + 1, step: eighth, tokens: eighth * spec.tokenBudget / 8,
                    metrics: ["validation_loss": value], elapsedSeconds: 0))
            guard eighth < 8 else { break }
            switch directive {
            case .proceed: continue
            case .stop:
                note(eighth, "stopped")
                return .stopped
            case .pause:
                note(eighth, "paused")
                state.withLock { $0.checkpoint[key] = eighth }
                return .paused
            }
        }
        note(8, "completed")
        return .completed(metrics: ["validation_loss": curve(spec, 1)])
    }

    func shutDown() async {}
}
