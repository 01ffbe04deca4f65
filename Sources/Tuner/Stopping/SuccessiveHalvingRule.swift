/// Asynchronous successive halving (Li, Jamieson, Rostamizadeh, Gonina, Hardt, Recht, Talwalkar 2020,
/// arXiv:1810.05934): at each rung one trial in `eta` goes on, and nobody waits for a rung to fill.
///
/// A trial is at a rung from its first report at or beyond the rung's tokens. With `mode: stop` a trial that is not
/// kept (`Rung`) is ended. With `mode: promote` it is held at a checkpoint, also while there are fewer than `eta` trials
/// at the rung, and goes on as soon as it is kept; when nothing else is left to run, the best of each rung goes on
/// however few they are. A trial is judged once at a rung: what went on stays in, whatever comes later.
///
/// A diverged trial counts as the last one of the rung it did not reach, so that it neither blocks the others nor
/// makes their share smaller.
///
/// With `brackets` it is Hyperband: trials are compared within their bracket.
struct SuccessiveHalvingRule: StoppingRule {
    let choice: EarlyTermination
    let objectiveCount: Int
    let brackets: HyperbandBrackets?

    /// What is compared with each other.
    private struct Race: Hashable {
        var cell: StoppingCell
        var bracket: Int
    }

    /// What is known of a trial that has not ended.
    private struct Standing: Sendable {
        /// Its values at the rungs it has reached.
        var values: [[Double]] = []
        /// Rungs it has been let through.
        var passed = 0
    }

    private var levels: [Race: [HalvingLevel]] = [:]
    private var standings: [Int: Standing] = [:]

    init(choice: EarlyTermination, objectiveCount: Int, brackets: HyperbandBrackets? = nil) {
        self.choice = choice
        self.objectiveCount = objectiveCount
        self.brackets = brackets
    }

    mutating func record(_ report: ProgressReport) {
        let (race, rungs) = place(of: report.trial)
        let reached = rungs.prefix { $0 <= report.tokens }.count
        var standing = standings[report.trial.number] ?? Standing()
        while standing.values.count < reached {
            levels[race]?[standing.values.count].insert(report.trial.number, report.values)
            standing.values.append(report.values)
        }
        standings[report.trial.number] = standing
    }

    mutating func decide(_ report: ProgressReport) -> TrialDirective {
        let (race, _) = place(of: report.trial)
        guard var standing = standings[report.trial.number] else { return .proceed }
        defer { standings[report.trial.number] = standing }
        while standing.passed < standing.values.count, let level = levels[race]?[standing.passed] {
            let isKept = level.rung.keeps(standing.values[standing.passed])
            switch choice.mode {
            case .stop: guard isKept else { return .stop }
            case .promote: guard isKept, level.isFilled else { return .pause }
            }
            standing.passed += 1
        }
        return .proceed
    }

    mutating func passed(_ report: ProgressReport) {
        let reached = standings[report.trial.number]?.values.count ?? 0
        standings[report.trial.number]?.passed = reached
    }

    mutating func conclude(_ trial: JudgedTrial, _ end: JudgedEnd) {
        let (race, rungs) = place(of: trial)
        let standing = standings.removeValue(forKey: trial.number) ?? Standing()
        if standing.passed < rungs.count { levels[race]?[standing.passed].release(trial.number) }
        if end == .diverged, standing.values.count < rungs.count {
            let worst = [Double](repeating: .infinity, count: objectiveCount)
            levels[race]?[standing.values.count].insert(trial.number, worst)
        }
    }

    mutating func hold(_ trial: JudgedTrial) {
        let (race, _) = place(of: trial)
        guard let standing = standings[trial.number], standing.passed < standing.values.count else { return }
        levels[race]?[standing.passed].hold(
            .init(number: trial.number, values: standing.values[standing.passed]))
    }

    mutating func promotion(closing: Bool) -> Int? {
        let deepest = levels.values.map(\.count).max() ?? 0
        for index in (0..<deepest).reversed() {
            // Losses of different cells do not compare: the first planned goes first.
            var next: (number: Int, race: Race)?
            for race in levels.keys where index < levels[race]?.count ?? 0 {
                guard let held = levels[race]?[index].candidate(closing: closing) else { continue }
                if held.number < next?.number ?? .max { next = (held.number, race) }
            }
            if let next {
                levels[next.race]?[index].release(next.number)
                standings[next.number]?.passed = index + 1
                return next.number
            }
        }
        return nil
    }

    /// The race and the rungs of a trial; makes the levels when they are new.
    private mutating func place(of trial: JudgedTrial) -> (Race, [Int]) {
        var rungs = RungLadder(choice: choice).rungs(tokenBudget: trial.tokenBudget)
        var bracket = 0
        if let brackets {
            bracket = brackets.bracket(of: trial.number, rungs: rungs.count)
            rungs.removeFirst(bracket)
        }
        let race = Race(cell: trial.cell, bracket: bracket)
        if levels[race] == nil {
            levels[race] = rungs.map { _ in HalvingLevel(eta: choice.eta, objectiveCount: objectiveCount) }
        }
        return (race, rungs)
    }
}
