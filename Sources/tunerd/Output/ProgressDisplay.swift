import Foundation
import Tuner

/// How far a sweep is, on standard error: a bar that is redrawn on a terminal, else a line now and then.
struct ProgressDisplay {
    private let quiet: Bool
    private let onTerminal: Bool
    private let style = TextStyle.standardError
    private var start: (time: ContinuousClock.Instant, tokens: Int, finished: Int)?
    private var lastLine: ContinuousClock.Instant?
    private var lastFinished = -1

    init(quiet: Bool) {
        self.quiet = quiet
        onTerminal = isatty(STDERR_FILENO) == 1
    }

    /// Shows a state.
    mutating func update(_ summary: SweepSummary) {
        if quiet { return }
        let now = ContinuousClock.now
        if start == nil { start = (now, summary.tokensSpent, summary.finishedTrials) }
        if onTerminal {
            draw("\r\u{1B}[K" + line(summary, now: now, bar: true))
        } else {
            // A log wants few lines: one every five seconds while something changes.
            let due = lastLine.map { now - $0 > .seconds(5) } ?? true
            guard due, summary.finishedTrials != lastFinished else { return }
            lastLine = now
            draw(line(summary, now: now, bar: false) + "\n")
        }
        lastFinished = summary.finishedTrials
    }

    /// Leaves the last state on a line of its own.
    mutating func finish(_ summary: SweepSummary) {
        if quiet { return }
        let text = line(summary, now: .now, bar: false)
        draw(onTerminal ? "\r\u{1B}[K" + text + "\n" : text + "\n")
    }

    /// Takes the bar away.
    func clear() {
        if !quiet, onTerminal { draw("\r\u{1B}[K") }
    }

    /// `first  [######----]  24/40 trials, 61M tokens, 1.2M tokens/s, 3m 10s left, best 1.93`
    private func line(_ summary: SweepSummary, now: ContinuousClock.Instant, bar: Bool) -> String {
        let finished = summary.finishedTrials
        let expected = max(summary.expectedTrials, finished)
        var parts = ["\(finished)/\(expected) trials", "\(NumberText.count(summary.tokensSpent)) tokens"]
        if let start {
            let elapsed = start.time.duration(to: now).seconds
            let done = finished - start.finished
            if elapsed > 0.5, done > 0 {
                parts.append(
                    "\(NumberText.count(Double(summary.tokensSpent - start.tokens) / elapsed)) tokens/s")
                if !summary.state.isFinal, expected > finished {
                    parts.append(
                        "about \(NumberText.duration(elapsed / Double(done) * Double(expected - finished))) left"
                    )
                }
            }
        }
        if let best = summary.best { parts.append("best \(NumberText.short(best.value))") }
        if summary.state != .running { parts.append(summary.state.rawValue) }
        guard bar else { return "\(summary.name): " + parts.joined(separator: ", ") }
        let width = 24
        let filled = expected == 0 ? 0 : width * finished / expected
        let meter = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        return "\(style.paint(summary.name, .bold)) [\(meter)] " + parts.joined(separator: ", ")
    }

    private func draw(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
