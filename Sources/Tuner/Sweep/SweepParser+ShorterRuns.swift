import Engine

extension SweepParser {
    /// `shorter_runs: auto`, `on` or `off`.
    mutating func readShorterRuns(
        _ subject: LocatedSubject?, optimizer: SweepDefinition.OptimizerChoice?
    ) -> SweepDefinition.ShorterRuns {
        guard let pair = top["shorter_runs"], let text = text(pair.value, "shorter_runs"), text != "auto"
        else {
            return .automatic
        }
        let wanted = number(
            pair.value, "shorter_runs", .flag,
            read: { text throws(ScalarProblem) in try Scalars.flag(text) })
        guard let isOn = wanted else { return .automatic }
        if isOn { checkShorterRuns(subject, optimizer, at: pair.keyPlace) }
        return isOn ? .on : .off
    }

    /// They are parts of runs of the engine's own loop, under schedules that contain them.
    private mutating func checkShorterRuns(
        _ subject: LocatedSubject?, _ optimizer: SweepDefinition.OptimizerChoice?, at place: SourcePlace
    ) {
        if let subject, !subject.isBuiltIn {
            let runner = subject.isCommand ? "a program" : "a loop of yours"
            problems.add(
                .shorterRunsNotPossible(
                    why: "\(runner) reports them by itself, with its observations, whatever this key says"),
                at: place)
        } else if optimizer?.external != nil {
            problems.add(
                .shorterRunsNotPossible(why: "an optimizer from outside is told the length of its run"),
                at: place)
        } else if let shape = optimizer?.schedule.shape, shape != .constant, shape != .wsd {
            problems.add(
                .shorterRunsNotPossible(
                    why:
                        "under schedule '\(shape.rawValue)' a longer run is at another rate from its first steps on"
                ),
                at: place)
        }
    }
}
