@testable import Tuner

/// Successive halving with one thing wrong with it.
struct BrokenRule: StoppingRule {
    enum Fault: String, CaseIterable, Sendable {
        case endsBeforeMinTokens = "ends-before-min-tokens"
        case endsTheBest = "ends-what-nothing-dominates"
        case neverEnds = "never-ends-anything"
        case listensToOtherCells = "listens-to-other-cells"
        case countsTwice = "counts-a-report-twice"
        case dependsOnOrder = "depends-on-the-order"
        case hiddenState = "has-hidden-state"
        case blockedByDiverged = "blocked-by-diverged"
    }

    let fault: Fault
    private var inner: any StoppingRule = SuccessiveHalvingRule(
        choice: EarlyTermination(rule: .successiveHalving, minTokens: 250), objectiveCount: 1)
    private var reports = 0
    private var decisions = 0
    private var lastRecorded = 0
    private var hasDiverged = false

    init(_ fault: Fault) { self.fault = fault }

    private func seen(_ report: ProgressReport) -> ProgressReport {
        guard fault == .listensToOtherCells else { return report }
        var report = report
        report.trial.cell = StoppingCell(tokenBudget: report.trial.tokenBudget)
        if report.values[0] < 0 { report.trial.number += 1000 }
        return report
    }

    mutating func record(_ report: ProgressReport) {
        reports += 1
        lastRecorded = report.trial.number
        inner.record(seen(report))
    }

    mutating func decide(_ report: ProgressReport) -> TrialDirective {
        decisions += 1
        switch fault {
        case .endsBeforeMinTokens: if report.tokens < 250, report.values[0] > 5 { return .stop }
        case .endsTheBest: if report.tokens >= 250, report.values[0] < 3 { return .stop }
        case .neverEnds: return .proceed
        case .countsTwice: if report.tokens >= 500, reports % 7 == 0 { return .stop }
        case .hiddenState: if report.tokens >= 500, decisions % 11 == 0 { return .stop }
        case .dependsOnOrder: if report.tokens >= 500, firstLast % 2 == 0 { return .stop }
        case .blockedByDiverged: if hasDiverged { return .stop }
        case .listensToOtherCells: break
        }
        return inner.decide(seen(report))
    }

    /// The trial that was recorded last before the first decision.
    private var firstLast: Int { decisions > 1 ? remembered : lastRecorded }
    private var remembered = 1

    mutating func passed(_ report: ProgressReport) { inner.passed(seen(report)) }

    mutating func conclude(_ trial: JudgedTrial, _ end: JudgedEnd) {
        if end == .diverged { hasDiverged = true }
        if decisions == 0 { remembered = trial.number }
        inner.conclude(trial, end)
    }
}
