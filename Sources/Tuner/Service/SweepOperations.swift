public import Foundation
public import ScalingLaws

/// Where a sweep stands.
public enum SweepState: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Trials are planned and run.
    case running
    /// Held by the user; running trials finish, none starts.
    case paused
    /// The planner is done and every trial is finished.
    case completed
    /// Ended by the user.
    case cancelled
    /// Cannot go on; the message says why.
    case failed
}

/// One line of `tunerd list`.
public struct SweepSummary: Sendable, Hashable, Codable {
    /// Name.
    public var name: String
    /// Where it stands.
    public var state: SweepState
    /// Why, for a failed sweep.
    public var message: String?
    /// Trials by state; states without trials are absent.
    public var trials: [TrialState: Int]
    /// Upper estimate of all trials, finished ones included.
    public var expectedTrials: Int
    /// Tokens of finished trials.
    public var tokensSpent: Int
    /// Lowest (or highest) metric so far with its trial.
    public var best: Best?
    /// Submission.
    public var createdAt: Date
    /// Last change of state of the sweep or of a trial.
    public var updatedAt: Date

    /// The best trial so far.
    public struct Best: Sendable, Hashable, Codable {
        /// Trial number.
        public var trial: Int
        /// Metric name.
        public var metric: String
        /// Its value.
        public var value: Double

        /// A best trial.
        public init(trial: Int, metric: String, value: Double) {
            self.trial = trial
            self.metric = metric
            self.value = value
        }
    }

    enum CodingKeys: String, CodingKey {
        case name, state, message, trials
        case expectedTrials = "expected_trials"
        case tokensSpent = "tokens_spent"
        case best
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    /// A summary.
    public init(
        name: String, state: SweepState, message: String? = nil, trials: [TrialState: Int],
        expectedTrials: Int,
        tokensSpent: Int, best: Best?, createdAt: Date, updatedAt: Date
    ) {
        self.name = name
        self.state = state
        self.message = message
        self.trials = trials
        self.expectedTrials = expectedTrials
        self.tokensSpent = tokensSpent
        self.best = best
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// Something that happened, numbered so that a reader can resume after the last one it saw.
public struct SweepEvent: Sendable, Hashable, Codable {
    /// Grows by one or more; never reused.
    public var id: Int64
    /// When.
    public var at: Date
    /// Sweep.
    public var sweep: String
    /// Trial, if it concerns one.
    public var trial: Int?
    /// `sweep-submitted`, `sweep-completed`, `trial-started`, `trial-completed`, ...
    public var kind: String
    /// One line for a person.
    public var text: String

    /// An event.
    public init(id: Int64, at: Date, sweep: String, trial: Int?, kind: String, text: String) {
        self.id = id
        self.at = at
        self.sweep = sweep
        self.trial = trial
        self.kind = kind
        self.text = text
    }
}

/// A fitted law with its place in the history of the sweep's fits.
public struct FittedLaw: Sendable {
    /// Counts the fits of the sweep, from 1.
    public var version: Int
    /// The law.
    public var law: Law
    /// When it was fitted.
    public var fittedAt: Date

    /// A fitted law.
    public init(version: Int, law: Law, fittedAt: Date) {
        self.version = version
        self.law = law
        self.fittedAt = fittedAt
    }
}

/// Health and load of a daemon.
public struct ServiceStatus: Sendable, Hashable, Codable {
    /// Program version.
    public var version: String
    /// Process id.
    public var processID: Int32
    /// Seconds since start.
    public var uptimeSeconds: Double
    /// Path of the database.
    public var store: String
    /// Slots for trials.
    public var slots: Int
    /// Running trials, as `sweep/number`.
    public var running: [String]
    /// Sweeps by state.
    public var sweeps: [SweepState: Int]
    /// Things the user should know, each with a code.
    public var health: [HealthItem]

    /// One thing to know.
    public struct HealthItem: Sendable, Hashable, Codable {
        /// Stable kebab-case code.
        public var code: String
        /// One sentence.
        public var text: String

        /// A thing to know.
        public init(code: String, text: String) {
            self.code = code
            self.text = text
        }
    }

    enum CodingKeys: String, CodingKey {
        case version
        case processID = "pid"
        case uptimeSeconds = "uptime_seconds"
        case store, slots, running, sweeps, health
    }

    /// A status.
    public init(
        version: String, processID: Int32, uptimeSeconds: Double, store: String, slots: Int,
        running: [String],
        sweeps: [SweepState: Int], health: [HealthItem]
    ) {
        self.version = version
        self.processID = processID
        self.uptimeSeconds = uptimeSeconds
        self.store = store
        self.slots = slots
        self.running = running
        self.sweeps = sweeps
        self.health = health
    }
}

/// Everything the socket and the program can ask of the service. `SweepService` is the real one.
///
/// Every call throws `TunerError`; `notFound` for a name that does not exist.
public protocol SweepOperations: Sendable {
    /// Reads, checks and stores a sweep, and starts it. The same source under the same name is answered with the
    /// sweep that is there; another source under a taken name is a `conflict`.
    func submit(_ source: SweepSource) async throws -> SweepSummary
    /// All sweeps, oldest first.
    func sweeps() async throws -> [SweepSummary]
    /// One sweep.
    func summary(of sweep: String) async throws -> SweepSummary
    /// Its definition and source.
    func definition(of sweep: String) async throws -> (definition: SweepDefinition, source: SweepSource)
    /// What the probe of a sweep predicted beside what its trials found; `nil` when it has none.
    func probe(of sweep: String) async throws -> ProbeAnswer?
    /// What it has cost beside the runs it is for; `nil` when it has no target or another planner than `law_guided`.
    func cost(of sweep: String) async throws -> SweepCost?

    /// Its trials by number, from `after` (exclusive), at most `limit`.
    func trials(of sweep: String, after: Int, limit: Int) async throws -> [Trial]
    /// Hands up to `count` trials of an `ask_tell` sweep to an outside loop.
    func ask(_ sweep: String, count: Int) async throws -> AskAnswer
    /// Takes what an outside loop tells of its trials, each for itself.
    func tell(_ sweep: String, _ tells: [TrialTell]) async throws -> [Result<TellAnswer, TunerError>]
    /// Observations of a trial's current attempt, in order.
    func observations(of sweep: String, trial: Int) async throws -> [Observation]
    /// The log of a trial's current attempt, at most the last 64 KiB.
    func log(of sweep: String, trial: Int) async throws -> String
    /// The front over the given objectives; `nil`: the sweep's own.
    func paretoFront(of sweep: String, objectives: [SweepDefinition.Objective]?) async throws -> ParetoFront
    /// The law over all finished trials; fits again when trials finished since the last fit. `notEnoughData` says
    /// what is missing.
    func law(of sweep: String) async throws -> FittedLaw
    /// The answer for a budget.
    func recommendation(of sweep: String, _ question: BudgetQuestion) async throws -> Recommendation
    /// No further trial starts.
    func pause(_ sweep: String) async throws -> SweepSummary
    /// Goes on after a pause.
    func resume(_ sweep: String) async throws -> SweepSummary
    /// Ends running trials and the sweep; results stay.
    func cancel(_ sweep: String) async throws -> SweepSummary
    /// Deletes a sweep that is not running, with its trials.
    func remove(_ sweep: String) async throws
    /// Events after an id, oldest first, at most `limit`.
    func events(after id: Int64, limit: Int) async throws -> [SweepEvent]
    /// Health and load.
    func status() async throws -> ServiceStatus
}

extension SweepOperations {
    /// No probe: what fakes and sources without a store answer.
    public func probe(of sweep: String) async throws -> ProbeAnswer? { nil }
    /// None, for operations that know of none.
    public func cost(of sweep: String) async throws -> SweepCost? { nil }
}
