import Engine

extension SweepParser {
    /// `probe: true`, `probe: false` or `probe: {loss_floor: 1.2}`.
    mutating func readProbe(_ subject: LocatedSubject?) -> SweepDefinition.ProbeChoice? {
        guard let pair = top["probe"] else { return nil }
        var choice = SweepDefinition.ProbeChoice()
        if case .mapping = pair.value.content {
            guard let fields = fields(of: pair.value, in: "'probe'", keys: ["loss_floor"]) else { return nil }
            if let entry = fields["loss_floor"] {
                choice.lossFloor = real(
                    entry.value, "probe.loss_floor", in: -Double.greatestFiniteMagnitude...1e12)
            }
        } else {
            let wanted = number(
                pair.value, "probe", .flag,
                read: { text throws(ScalarProblem) in try Scalars.flag(text) })
            guard let wanted else { return nil }
            if !wanted { return nil }
        }
        checkProbe(subject, at: pair.keyPlace)
        return choice
    }

    /// A probe needs gradients, and an optimizer whose steps theory knows.
    private mutating func checkProbe(_ subject: LocatedSubject?, at place: SourcePlace) {
        if let subject, !subject.isBuiltIn {
            let runner = subject.isCommand ? "a program" : "a loop of yours"
            problems.add(.probeNotPossible(why: "\(runner) gives no gradients to measure"), at: place)
        } else if let workload, workload.supportedOptimizers != nil {
            problems.add(
                .probeNotPossible(why: "workload '\(workload.name)' is not trained by gradients"), at: place)
        } else if let optimizer, !catalog.probedOptimizers.contains(optimizer.name) {
            problems.add(
                .probeNotPossible(
                    why: "the norm in which steps of optimizer '\(optimizer.name)' are short is not known"),
                at: place)
        }
    }
}
