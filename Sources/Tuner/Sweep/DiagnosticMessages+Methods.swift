/// What can be wrong with the law, the method and the metrics; see `DiagnosticMessages.swift` for the form.
extension DiagnosticMessage {
    static func regimeNotSearched(_ name: String) -> Self {
        Self(
            "regime-not-searched", "'\(name)' cannot be in 'law.regime'",
            why: "what moves with the budget must be searched, and '\(name)' has no range or list of values",
            help: "search it under 'parameters', or remove it here")
    }

    static func priorDoesNotApply(_ prior: String, optimizer: String?) -> Self {
        Self(
            "prior-not-applicable", "'\(prior)' cannot be the prior",
            why: optimizer.map { "optimizer '\($0)' has no 'clipping_quantile'" }
                ?? "no parameter is named 'clipping_quantile'", help: "remove 'prior' to take the fitting one"
        )
    }

    static func klNeedsNormalizedSteps(_ optimizer: String) -> Self {
        Self(
            "prior-not-applicable", "'kl' cannot be the prior of optimizer '\(optimizer)'",
            why:
                "its bound is for steps whose length is the learning rate, and these are as long as the gradient",
            help: "write 'prior: lmo', which is wider for such steps, or remove 'prior'")
    }

    static func probeNotPossible(why: String) -> Self {
        Self(
            "probe-not-possible", "'probe' cannot predict a learning rate here", why: why,
            help: "remove 'probe': the sweep then searches its whole range")
    }

    static func stackNotPossible(why: String) -> Self {
        Self(
            "stack-not-possible", "'stack' cannot let several trials take turns here", why: why,
            help: "remove 'stack', or write 'stack: off'")
    }

    static func shorterRunsNotPossible(why: String) -> Self {
        Self(
            "shorter-runs-not-possible", "'shorter_runs' cannot be had here", why: why,
            help: "remove 'shorter_runs', or write 'schedule: constant' or 'schedule: wsd' for a workload")
    }

    static func nothingToSearch(_ method: String) -> Self {
        Self(
            "nothing-to-search", "method '\(method)' finds nothing to search",
            why: "every parameter has one value",
            help: "give a range or a list of values, or write 'method: grid' to train the budgets only")
    }

    static func needsRunCap(_ method: String) -> Self {
        Self(
            "missing-run-cap", "method '\(method)' needs 'run_cap'", why: "it has no end of its own",
            help: "add 'run_cap: 100'")
    }

    static func gridWithoutStep(_ name: String) -> Self {
        Self(
            "grid-without-step", "'\(name)' has a range without a step",
            why: "'method: grid' tries every value",
            help: "add 'step: x2', or list the values")
    }

    static func gridTooLarge(_ trials: Double, cap: Int, isWritten: Bool) -> Self {
        let count = trials < 1e15 ? String(Int(trials)) : "\(trials)"
        return Self(
            "grid-too-large", "the grid has '\(count)' trials",
            why: isWritten ? "'run_cap' is \(cap), and half a grid is no grid" : "\(cap) is the limit",
            help: isWritten ? "raise 'run_cap' or take fewer values" : "take fewer values")
    }

    static func unknownMetric(_ name: String, workload: String, known: [String]) -> Self {
        Self(
            "unknown-metric", "unknown metric \(quoted(name))",
            why: "workload '\(workload)' reports \(list(known))",
            help: didYouMean(name, known))
    }

    static func metricNeedsOption(_ name: String, option: String, workload: String) -> Self {
        Self(
            "metric-needs-option", "metric '\(name)' is not measured",
            why: "workload '\(workload)' reports it only when '\(option)' is above zero",
            help: "write 'workload: {name: \(workload), \(option): 0.25}'")
    }
}
