import Engine

extension SweepParser {
    /// `stack: auto`, `stack: off` or `stack: 8`.
    mutating func readStack(
        _ subject: LocatedSubject?, optimizer: SweepDefinition.OptimizerChoice?, limits: SweepLimits
    ) -> SweepDefinition.Stacking {
        guard let pair = top["stack"], let text = text(pair.value, "stack") else { return .automatic }
        if text == "auto" { return .automatic }
        if (try? Scalars.flag(text)) == false { return .off }
        guard let most = count(pair.value, "stack", in: 1...TrialProtocol.largestStack) else {
            return .automatic
        }
        guard most > 1 else { return .off }
        checkStack(subject, isExternal: optimizer?.external != nil, limits: limits, at: pair.keyPlace)
        return .upTo(most)
    }

    /// Trials in turns are the engine's own, and what is counted of a trial alone is not asked of them.
    private mutating func checkStack(
        _ subject: LocatedSubject?, isExternal: Bool, limits: SweepLimits, at place: SourcePlace
    ) {
        if let subject, !subject.isBuiltIn {
            let runner = subject.isCommand ? "a program" : "a loop of yours"
            problems.add(.stackNotPossible(why: "\(runner) runs one trial at a time"), at: place)
        } else if let workload, (try? WorkloadRegistry.builtIn.descriptor(named: workload.name)) == nil {
            problems.add(
                .stackNotPossible(why: "a round of workload '\(workload.name)' is many workers' already"),
                at: place)
        } else if isExternal {
            problems.add(
                .stackNotPossible(why: "a fault of a library from outside would end the other trials"),
                at: place)
        } else if limits.trialTimeout != nil {
            problems.add(
                .stackNotPossible(why: "'trial_timeout' is the time of a trial that runs alone"), at: place)
        } else if limits.costUnit == .seconds {
            problems.add(
                .stackNotPossible(why: "the seconds of a trial cannot be told when several take turns"),
                at: place)
        }
    }
}
