import Foundation
import Tuner

/// Follows a sweep to its end and shows how far it is.
struct RunFollower: Sendable {
    var api: SweepAPI
    var sweep: String
    var quiet: Bool

    /// Returns the summary once the sweep is completed, cancelled or failed.
    func follow() async throws -> SweepSummary {
        var display = ProgressDisplay(quiet: quiet)
        while true {
            let summary = try await api.sweep(sweep).summary
            display.update(summary)
            if summary.state.isFinal {
                display.finish(summary)
                return summary
            }
            do {
                try await Task.sleep(for: .milliseconds(250))
            } catch {
                display.clear()
                throw error
            }
        }
    }
}
