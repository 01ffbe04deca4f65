import Testing

@testable import Tuner

/// What every stopping rule keeps to, whatever it decides by.
///
/// Each check answers the breaches it found, so that a test can demand that a broken rule is found out.
struct StoppingConformance {
    /// A rule without trials.
    var make: @Sendable () -> any StoppingRule
    var objectiveCount = 1
    /// Tokens from which it may decide.
    var minTokens = 125
    static let budget = 1000
    static let trialCount = 40

    /// Loss curves with a constant end each; trial `n` of a random order of quality.
    struct Curves {
        var quality: [Double]

        init(seed: UInt64, count: Int = StoppingConformance.trialCount) {
            var random = TestRandom(state: seed)
            quality = (0..<count).map { _ in Double.random(in: 0...1, using: &random) }
        }

        /// Values of a trial (from 1) after an eighth (1...8).
        func values(_ trial: Int, _ eighth: Int, objectives: Int) -> [Double] {
            let x = Double(eighth) / 8
            let loss = 1 + quality[trial - 1] + (0.5 + quality[trial - 1]) / (x + 0.1)
            // The second objective agrees with the first but for a few, so that domination is common.
            return (0..<objectives).map { axis in axis == 0 ? loss : loss * (trial % 5 == 0 ? 0.3 : 2) }
        }
    }

    static func trial(_ number: Int, cell: Int = 0) -> JudgedTrial {
        JudgedTrial(
            number: number,
            cell: StoppingCell(tokenBudget: budget, condition: ["batch_size_tokens": .integer(cell + 1)]),
            tokenBudget: budget)
    }

    static func report(_ number: Int, _ eighth: Int, _ values: [Double], cell: Int = 0) -> ProgressReport {
        ProgressReport(trial: trial(number, cell: cell), tokens: eighth * budget / 8, values: values)
    }

    /// Trains trials one after another, each until it is told to end; answers the eighth each ended at.
    static func train(
        _ rule: inout any StoppingRule, _ curves: Curves, objectives: Int, trials: [Int], cell: Int = 0,
        breach: (_ report: ProgressReport, _ directive: TrialDirective) -> Void = { _, _ in }
    ) -> [Int: Int] {
        var ends: [Int: Int] = [:]
        for number in trials {
            var eighth = 1
            while eighth < 8 {
                let report = report(
                    number, eighth, curves.values(number, eighth, objectives: objectives), cell: cell)
                rule.record(report)
                let directive = rule.decide(report)
                breach(report, directive)
                if directive != .proceed { break }
                eighth += 1
            }
            ends[number] = eighth
            let end = curves.values(number, 8, objectives: objectives)
            if eighth == 8 { rule.conclude(trial(number, cell: cell), .completed(end)) }
            if eighth < 8 { rule.conclude(trial(number, cell: cell), .ended) }
        }
        return ends
    }

    func breaches(seed: UInt64) -> [String] {
        let curves = Curves(seed: seed)
        let trials = Array(1...Self.trialCount)
        var found: [String] = []
        var rule = make()
        var seen: [Int: [[Double]]] = [:]
        let ends = Self.train(&rule, curves, objectives: objectiveCount, trials: trials) {
            report, directive in
            let eighth = report.tokens * 8 / Self.budget
            seen[eighth, default: []].append(report.values)
            guard directive != .proceed else { return }
            if report.tokens < minTokens { found.append("ends-before-min-tokens") }
            // A trial that is held may be the best: it goes on when the rung has filled.
            guard directive == .stop else { return }
            if seen[eighth]?.contains(where: { ParetoRanking.dominates($0, report.values) }) != true {
                found.append("ends-what-nothing-dominates")
            }
        }
        if ends.values.allSatisfy({ $0 == 8 }) { found.append("never-ends-anything") }

        // Trials of another cell do not matter, whatever they report.
        var mixed = make()
        let strangers = Curves(seed: seed &+ 1)
        var mixedEnds: [Int: Int] = [:]
        for number in trials {
            mixedEnds.merge(
                Self.train(&mixed, curves, objectives: objectiveCount, trials: [number])
            ) { $1 }
            var better = strangers
            better.quality = better.quality.map { $0 - 5 }
            _ = Self.train(&mixed, better, objectives: objectiveCount, trials: [number], cell: 1)
        }
        // Numbers decide the bracket, so the strangers use the same ones; the ends must not move.
        if mixedEnds != ends { found.append("listens-to-other-cells") }

        // A report that comes twice counts once.
        var doubled = make()
        var doubledEnds: [Int: Int] = [:]
        for number in trials {
            for _ in 0..<3 {
                let first = Self.report(
                    number, 1, curves.values(number, 1, objectives: objectiveCount))
                doubled.record(first)
            }
            doubledEnds.merge(
                Self.train(&doubled, curves, objectives: objectiveCount, trials: [number])
            ) { $1 }
        }
        if doubledEnds != ends { found.append("counts-a-report-twice") }

        // Made again from the same reports in another order, it decides the same about the next trials.
        var straight = make(), shuffled = make()
        var random = TestRandom(state: seed &+ 2)
        for (which, order) in [trials, trials.shuffled(using: &random)].enumerated() {
            for number in order {
                let last = ends[number] ?? 8
                for eighth in 1..<8 where eighth <= last {
                    let report = Self.report(
                        number, eighth, curves.values(number, eighth, objectives: objectiveCount))
                    if which == 0 { straight.record(report) } else { shuffled.record(report) }
                    let wentOn = eighth < last
                    if wentOn { if which == 0 { straight.passed(report) } else { shuffled.passed(report) } }
                }
                let values = curves.values(number, 8, objectives: objectiveCount)
                let end: JudgedEnd = last == 8 ? .completed(values) : .ended
                if which == 0 {
                    straight.conclude(Self.trial(number), end)
                } else {
                    shuffled.conclude(Self.trial(number), end)
                }
            }
        }
        let next = Curves(seed: seed &+ 3, count: 60)
        let later = Array((Self.trialCount + 1)...60)
        let afterLive = Self.train(&rule, next, objectives: objectiveCount, trials: later)
        if Self.train(&straight, next, objectives: objectiveCount, trials: later) != afterLive {
            found.append("has-hidden-state")
        }
        if Self.train(&shuffled, next, objectives: objectiveCount, trials: later) != afterLive {
            found.append("depends-on-the-order")
        }

        // Diverged trials block nobody: a good trial after many of them goes to its end, or is let go on.
        var lost = make()
        for number in 1...9 { lost.conclude(Self.trial(number), .diverged) }
        let best = [Double](repeating: 0.1, count: objectiveCount)
        var isHeld = false
        for eighth in 1..<8 where !isHeld {
            let report = Self.report(10, eighth, best)
            lost.record(report)
            switch lost.decide(report) {
            case .proceed: break
            case .stop: found.append("blocked-by-diverged")
            case .pause:
                lost.hold(report.trial)
                isHeld = lost.promotion(closing: false) != 10 && lost.promotion(closing: true) != 10
            }
        }
        if isHeld { found.append("blocked-by-diverged") }
        return Array(Set(found)).sorted()
    }
}
