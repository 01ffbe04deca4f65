/// What a trial is told in answer to an observation.
public enum TrialDirective: String, Sendable, Hashable, Codable {
    /// Go on.
    case proceed = "continue"
    /// End; what was reached is the trial's result.
    case stop
    /// Write a checkpoint and end; the trial may go on from it later.
    case pause
}

/// A trial as a rule sees it.
struct JudgedTrial: Sendable, Hashable {
    /// Number within the sweep.
    var number: Int
    /// Which trials it is compared with.
    var cell: StoppingCell
    /// Tokens of the whole run.
    var tokenBudget: Int
}

/// One observation as a rule sees it.
struct ProgressReport: Sendable, Hashable {
    /// Whose.
    var trial: JudgedTrial
    /// Tokens seen; below the budget.
    var tokens: Int
    /// The objectives, all to be minimised and finite.
    var values: [Double]
}

/// How a trial ended, for a rule.
enum JudgedEnd: Sendable, Hashable {
    /// The whole budget was spent: final objectives, all to be minimised.
    case completed([Double])
    /// It left the finite, which is worse than anything.
    case diverged
    /// Stopped, failed or cancelled: what it reported stays, and it will not go on.
    case ended
}

/// Decides which trials are not worth their budget.
///
/// A rule is a value made of what was recorded, and nothing else: recording the same reports in any order gives a rule
/// that decides the same, so after a restart it is made again from the stored observations. What every rule keeps to
/// is `StoppingConformance` in the tests:
///
/// - trials of other cells do not matter;
/// - a report that is recorded twice, by a second attempt for instance, counts once, and the first one counts;
/// - nothing is decided before `min_tokens`;
/// - a trial is only stopped when another one of its cell is nowhere worse and somewhere better (dominates it), so the
///   best trial of a cell is never stopped; one that is held may be the best, and then goes on;
/// - a diverged trial never keeps others waiting.
protocol StoppingRule: Sendable {
    /// Takes note of a report, without deciding.
    mutating func record(_ report: ProgressReport)

    /// What a trial that has just made a report, already recorded, is to do.
    mutating func decide(_ report: ProgressReport) -> TrialDirective

    /// Takes note that a trial went on after a report: it is not judged at that rung again.
    mutating func passed(_ report: ProgressReport)

    /// Takes note of an end.
    mutating func conclude(_ trial: JudgedTrial, _ end: JudgedEnd)

    /// Takes note that a trial is held at its checkpoint.
    mutating func hold(_ trial: JudgedTrial)

    /// Takes a held trial that is to go on now, the most advanced first; it is held no longer.
    ///
    /// - Parameter closing: nothing else is running or waiting, so that every rung has all the trials it will get:
    ///   the best of each goes on however few they are.
    /// - Returns: the number of the trial; `nil` when none is to go on.
    mutating func promotion(closing: Bool) -> Int?
}

extension StoppingRule {
    mutating func passed(_ report: ProgressReport) {}
    mutating func hold(_ trial: JudgedTrial) {}
    mutating func promotion(closing: Bool) -> Int? { nil }
}
