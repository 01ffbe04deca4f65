public import Foundation
public import ScalingLaws

extension SweepService {
    /// Everything the service uses and does not make itself; tests give small fakes.
    public struct Dependencies: Sendable {
        /// Reads and checks a sweep file.
        public var readSweep: @Sendable (SweepSource) throws -> SweepDefinition
        /// Makes the planner of a sweep.
        public var makePlanner: @Sendable (SweepDefinition) throws -> any Planner
        /// Makes the planner of a sweep whose trials are asked for one by one; `nil`: its rounds are handed out.
        public var makeLivePlanner: @Sendable (SweepDefinition) throws -> (any LivePlanner)?
        /// Replaces the macros of a command; the spec is complete but for its `command`.
        public var expandCommand: @Sendable ([String], AttemptSpec, SweepDefinition) throws -> [String]
        /// Fits a law to the finished trials; `notEnoughData` says what is missing.
        public var fitLaw: @Sendable (SweepDefinition, [Trial]) throws -> Law
        /// Asks a law: definition, law, finished trials, question.
        public var recommend:
            @Sendable (SweepDefinition, FittedLaw, [Trial], BudgetQuestion) throws -> Recommendation
        /// The front of some trials. The front of one trial alone holds it when it has all objectives.
        public var paretoFront: @Sendable ([SweepDefinition.Objective], [Trial]) -> ParetoFront
        /// Probes a sweep before its first trial; its task is cancelled when the sweep or the service ends.
        public var probe: @Sendable (SweepDefinition) async throws -> ProbeRecord
        /// Runs attempts; shut down by `drain`.
        public var runner: any TrialRunner
        /// Trials at once over all sweeps.
        public var slots: Int
        /// Where attempt directories are made.
        public var attemptsDirectory: URL
        /// Version of the program.
        public var version: String
        /// The wall clock, for the times that are stored.
        public var now: @Sendable () -> Date

        /// The macros of sweep files; see `MacroExpander`.
        public static let expandMacros:
            @Sendable ([String], AttemptSpec, SweepDefinition) throws -> [String] = {
                try AttemptPlan.expandMacros($0, $1, $2)
            }

        /// All of them.
        public init(
            readSweep: @escaping @Sendable (SweepSource) throws -> SweepDefinition,
            makePlanner: @escaping @Sendable (SweepDefinition) throws -> any Planner,
            makeLivePlanner:
                @escaping @Sendable (SweepDefinition) throws -> (any LivePlanner)? = {
                    try PlannerFactory.livePlanner(for: $0)
                },
            expandCommand:
                @escaping @Sendable ([String], AttemptSpec, SweepDefinition) throws -> [String] = Self
                .expandMacros,
            fitLaw: @escaping @Sendable (SweepDefinition, [Trial]) throws -> Law,
            recommend:
                @escaping @Sendable (SweepDefinition, FittedLaw, [Trial], BudgetQuestion) throws ->
                Recommendation,
            paretoFront: @escaping @Sendable ([SweepDefinition.Objective], [Trial]) -> ParetoFront,
            probe: @escaping @Sendable (SweepDefinition) async throws -> ProbeRecord = { definition in
                throw TunerError(.failed, "sweep '\(definition.name)' cannot be probed here")
            },
            runner: any TrialRunner, slots: Int, attemptsDirectory: URL, version: String,
            now: @escaping @Sendable () -> Date = { Date() }
        ) {
            self.readSweep = readSweep
            self.makePlanner = makePlanner
            self.makeLivePlanner = makeLivePlanner
            self.expandCommand = expandCommand
            self.fitLaw = fitLaw
            self.recommend = recommend
            self.paretoFront = paretoFront
            self.probe = probe
            self.runner = runner
            self.slots = max(1, slots)
            self.attemptsDirectory = attemptsDirectory
            self.version = version
            self.now = now
        }
    }
}
