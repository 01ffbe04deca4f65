/// Attempts that one worker runs in turns, in one slot: of one sweep, of the same workload, batch size, budget and seed.
public struct AttemptStack: Sendable {
    /// The attempts, in the order of their trials.
    public var specs: [AttemptSpec]
    /// Called with the observations that attempts made at the same time, in their order; what each is to do. Called again
    /// only when it has answered.
    public var answer: @Sendable ([Reported<Observation>]) async -> [TrialDirective]
    /// Called with attempts that have ended; each comes once.
    public var ended: @Sendable ([Reported<AttemptResult>]) async -> Void

    /// Something one of the attempts says.
    public struct Reported<Content: Sendable>: Sendable {
        /// Its place among the specs.
        public var index: Int
        /// What it says.
        public var content: Content

        /// Something the attempt at `index` says.
        public init(index: Int, content: Content) {
            self.index = index
            self.content = content
        }
    }

    /// A stack.
    public init(
        specs: [AttemptSpec], answer: @escaping @Sendable ([Reported<Observation>]) async -> [TrialDirective],
        ended: @escaping @Sendable ([Reported<AttemptResult>]) async -> Void
    ) {
        self.specs = specs
        self.answer = answer
        self.ended = ended
    }
}
