import Foundation
import ScalingLaws

@testable import Tuner

/// A service with one sweep, `first`, over the fixtures of `ExportFixture`; remembers what it was told.
actor FakeService: SweepOperations {
    private(set) var calls: [String] = []
    var eventLog: [SweepEvent] = [
        SweepEvent(
            id: 3, at: Date(timeIntervalSince1970: 1_780_000_000), sweep: "first", trial: nil,
            kind: "sweep-submitted", text: "sweep 'first' submitted"),
        SweepEvent(
            id: 5, at: Date(timeIntervalSince1970: 1_780_000_001.25), sweep: "first", trial: 1,
            kind: "trial-started", text: "trial 1 started"),
    ]
    private let hasLaw: Bool

    init(hasLaw: Bool = true) { self.hasLaw = hasLaw }

    private func known(_ sweep: String) throws {
        guard sweep == "first" else { throw TunerError(.notFound, "no sweep '\(sweep)'") }
    }

    private var summary: SweepSummary {
        SweepSummary(
            name: "first", state: .running, trials: [.completed: 35, .diverged: 1], expectedTrials: 40,
            tokensSpent: 135_000_000, best: .init(trial: 33, metric: "validation_loss", value: 1.93),
            createdAt: Date(timeIntervalSince1970: 1_780_000_000),
            updatedAt: Date(timeIntervalSince1970: 1_780_000_100))
    }

    func append(_ event: SweepEvent) { eventLog.append(event) }

    func submit(_ source: SweepSource) throws -> SweepSummary {
        calls.append("submit \(source.file) \(source.directory.path) \(source.text.count)")
        if source.text.contains("lerning_rate") {
            throw TunerError(
                .invalidSweep, "1 problem in '\(source.file)'",
                diagnostics: [
                    SweepDiagnostic(
                        file: source.file, line: 5, column: 3, length: 12,
                        message: "unknown parameter 'lerning_rate'", code: "unknown-parameter",
                        why: "optimizer 'muon' has learning_rate", help: "did you mean 'learning_rate'?",
                        sourceLine: "  lerning_rate: {min: 1e-4, max: 1e-1}")
                ])
        }
        return summary
    }
    func sweeps() -> [SweepSummary] { [summary] }
    func summary(of sweep: String) throws -> SweepSummary {
        try known(sweep)
        return summary
    }
    func definition(of sweep: String) throws -> (definition: SweepDefinition, source: SweepSource) {
        try known(sweep)
        return (
            ExportFixture.definition,
            SweepSource(text: "name: first\n", file: "first.yaml", directory: URL(fileURLWithPath: "/tmp"))
        )
    }
    func trials(of sweep: String, after: Int, limit: Int) throws -> [Trial] {
        try known(sweep)
        return Array(ExportFixture.trials.filter { $0.number > after }.prefix(limit))
    }
    func ask(_ sweep: String, count: Int) throws -> AskAnswer {
        try known(sweep)
        calls.append("ask \(sweep) \(count)")
        return AskAnswer(sweep: sweep, state: .completed)
    }
    func tell(_ sweep: String, _ tells: [TrialTell]) throws -> [Result<TellAnswer, TunerError>] {
        try known(sweep)
        return tells.map { tell in
            calls.append("tell \(tell.trial) \(tell.token)")
            return tell.token == "stale"
                ? .failure(TunerError(.conflict, "the token is not of an attempt of trial \(tell.trial)"))
                : .success(TellAnswer(trial: tell.trial, state: .completed, decision: .stop))
        }
    }
    func observations(of sweep: String, trial: Int) throws -> [Observation] {
        [
            Observation(
                sequence: 1, step: 10, tokens: 81_920, metrics: ["validation_loss": 3.1], elapsedSeconds: 0.5)
        ]
    }
    func log(of sweep: String, trial: Int) throws -> String { "step 10 loss 3.1\n" }
    func paretoFront(of sweep: String, objectives: [SweepDefinition.Objective]?) throws -> ParetoFront {
        try known(sweep)
        calls.append(
            "pareto \((objectives ?? []).map { "\($0.name):\($0.goal.rawValue)" }.joined(separator: ","))")
        return ExportFixture.pareto
    }
    func law(of sweep: String) throws -> FittedLaw {
        try known(sweep)
        guard hasLaw else {
            throw TunerError(
                .notEnoughData, "one budget has finished trials", help: "let a second budget finish")
        }
        return ExportFixture.fitted
    }
    func recommendation(of sweep: String, _ question: BudgetQuestion) throws -> Recommendation {
        _ = try law(of: sweep)
        let held = question.held.map { "\($0.key.rawValue)=\($0.value)" }.sorted()
        let size = question.modelSize.map { " of \($0)" } ?? ""
        calls.append("recommend \(question.tokenBudget)\(size) \(held)")
        return ExportFixture.recommendation(tokenBudget: question.tokenBudget)
    }
    func pause(_ sweep: String) throws -> SweepSummary {
        try known(sweep)
        calls.append("pause")
        return summary
    }
    func resume(_ sweep: String) throws -> SweepSummary {
        try known(sweep)
        throw TunerError(.conflict, "sweep 'first' is not paused")
    }
    func cancel(_ sweep: String) throws -> SweepSummary {
        try known(sweep)
        calls.append("cancel")
        return summary
    }
    func remove(_ sweep: String) throws {
        try known(sweep)
        calls.append("remove")
    }
    func events(after id: Int64, limit: Int) -> [SweepEvent] {
        Array(eventLog.filter { $0.id > id }.prefix(limit))
    }
    func status() -> ServiceStatus {
        ServiceStatus(
            version: "0.1.0", processID: 42, uptimeSeconds: 12.5, store: "/tmp/t.sqlite", slots: 2,
            running: ["first/36"], sweeps: [.running: 1], health: [])
    }
}
