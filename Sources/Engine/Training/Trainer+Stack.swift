/// An observation of one run of a stack.
public struct StackedObservation: Sendable, Hashable {
    /// Which run: its place among the jobs.
    public var index: Int
    /// What it reports.
    public var observation: TrainingObservation

    /// An observation of a run.
    public init(index: Int, observation: TrainingObservation) {
        self.index = index
        self.observation = observation
    }
}

/// How one run of a stack ended.
public struct StackedOutcome: Sendable {
    /// Which run: its place among the jobs.
    public var index: Int
    /// Its outcome, or what it failed with.
    public var outcome: Result<TrainingOutcome, any Error>

    /// The end of a run.
    public init(index: Int, outcome: Result<TrainingOutcome, any Error>) {
        self.index = index
        self.outcome = outcome
    }
}

extension Trainer {
    /// Steps a run of the risk recursion takes before it is the next one's turn: there is nothing to share, and 64 steps
    /// take a few microseconds.
    private static let recursionStride = 64

    /// Runs several jobs of one workload in turns on the calling thread, each with the same bits as alone.
    ///
    /// The runs go step by step together. They share the workload, its validation set and its scratch memory, and those
    /// of one seed each minibatch: its examples are drawn once for all. Parameters, optimizer, monitor, checkpoint and
    /// observations belong to each run, and a run that ends, however it does, leaves the others as they are. Nothing is
    /// summed over runs, so no number depends on who else is in the stack.
    ///
    /// Runs that were taken up from checkpoints at different steps go on from the earliest: the others wait for it.
    ///
    /// - Parameters:
    ///   - jobs: of the same workload with the same options.
    ///   - optimizer: makes the update rules, each from its own job's hyperparameters.
    ///   - shelf: keeps the workload for the next job that wants the same; `nil`: it is made anew.
    ///   - evaluator: measures each finished model once more, where the workload has noise to measure with.
    ///   - observe: called with the observations of runs that come at the same time, in the order of the jobs; answers
    ///     for each of them. What it throws ends all runs, without checkpoints.
    ///   - ended: called with runs that have ended at the same time, in the order of the jobs; each comes once.
    ///   - shouldStop: asked between steps, about 20 times a second; true interrupts all runs.
    public static func run(
        stack jobs: [TrainingJob], optimizer: any OptimizerFactory, shelf: WorkloadShelf? = nil,
        evaluator: (any EndOfTrialEvaluator)? = nil,
        observe: ([StackedObservation]) throws -> [TrainingDirective],
        ended: ([StackedOutcome]) -> Void, shouldStop: () -> Bool = { false }
    ) {
        guard let first = jobs.first else { return }
        let isOneProblem = jobs.allSatisfy {
            $0.workload == first.workload && $0.workloadOptions == first.workloadOptions
        }
        do {
            guard isOneProblem else {
                throw EngineError.badOption("a stack of different workloads", why: "its runs share the data")
            }
            guard first.workload != StreamLeastSquares.descriptor.name else {
                var stack = TrainingStack(jobs, stride: recursionStride) { try RecursionSession($0) }
                return stack.run(observe, ended, shouldStop)
            }
            try (shelf ?? WorkloadShelf()).with(first.workload, options: first.workloadOptions) { workload in
                var stack = TrainingStack(jobs, stride: 1) {
                    try GradientSession($0, workload: workload, factory: optimizer, evaluator: evaluator)
                }
                stack.run(observe, ended, shouldStop)
            }
        } catch {
            ended(jobs.indices.map { StackedOutcome(index: $0, outcome: .failure(error)) })
        }
    }
}

/// The runs of a stack that have not ended yet, and their turns.
private struct TrainingStack<Session: TrainingSession> {
    typealias Observe = ([StackedObservation]) throws -> [TrainingDirective]
    typealias Ended = ([StackedOutcome]) -> Void
    /// Where a run that ends stands in `runs`, and how it ends.
    private typealias End = (place: Int, outcome: Result<TrainingOutcome, any Error>)

    private var runs: [(index: Int, run: TrainingRun<Session>)] = []
    /// Jobs that no run could be made of.
    private var unmade: [StackedOutcome] = []
    private let stride: Int

    init(_ jobs: [TrainingJob], stride: Int, _ makeSession: (TrainingJob) throws -> Session) {
        self.stride = stride
        for (index, job) in jobs.enumerated() {
            do {
                try Trainer.check(job)
                runs.append((index, TrainingRun(job, try makeSession(job))))
            } catch {
                unmade.append(StackedOutcome(index: index, outcome: .failure(error)))
            }
        }
    }

    /// Drives the runs until all have ended.
    mutating func run(_ observe: Observe, _ ended: Ended, _ shouldStop: () -> Bool) {
        if !unmade.isEmpty { ended(unmade) }
        let clock = ContinuousClock()
        var lastPoll = clock.now
        while !runs.isEmpty {
            let ends: [End]
            do { ends = try takeTurns(observe) } catch {
                return finish(runs.indices.map { ($0, .failure(error)) }, ended)
            }
            finish(ends, ended)
            let now = clock.now
            if now - lastPoll >= Trainer.pollInterval {
                lastPoll = now
                if shouldStop() { finish(runs.indices.map { ($0, interruption(of: $0)) }, ended) }
            }
        }
    }

    /// Lets each of the runs that are furthest behind take its steps.
    ///
    /// - Returns: the runs that end with them.
    private mutating func takeTurns(_ observe: Observe) throws -> [End] {
        let step = runs.reduce(Int.max) { min($0, $1.run.step) }
        let due = runs.indices.filter { runs[$0].run.step == step }
        if due.count > 1 { runs[due[0]].run.session.share(step: step) }
        var observations: [(place: Int, observation: TrainingObservation, isLast: Bool)] = []
        var ends: [End] = []
        for place in due {
            do {
                turns: for _ in 0..<stride {
                    switch try runs[place].run.advance() {
                    case .step: continue turns
                    case .observation(let observation): observations.append((place, observation, false))
                    case .last(let observation): observations.append((place, observation, true))
                    case .diverged(let outcome): ends.append((place, .success(outcome)))
                    }
                    break turns
                }
            } catch {
                ends.append((place, .failure(error)))
            }
        }
        guard !observations.isEmpty else { return ends }
        let directives = try observe(
            observations.map { .init(index: runs[$0.place].index, observation: $0.observation) })
        for (item, directive) in zip(observations, directives) {
            if item.isLast {
                ends.append((item.place, .success(runs[item.place].run.conclude())))
            } else if directive == .stop {
                ends.append((item.place, interruption(of: item.place)))
            }
        }
        return ends.sorted { $0.place < $1.place }
    }

    private func interruption(of place: Int) -> Result<TrainingOutcome, any Error> {
        Result { try runs[place].run.interrupt() }
    }

    /// Takes runs out, given in their order, and tells how they ended.
    private mutating func finish(_ ends: [End], _ ended: Ended) {
        guard !ends.isEmpty else { return }
        let told = ends.map { StackedOutcome(index: runs[$0.place].index, outcome: $0.outcome) }
        for end in ends.reversed() { runs.remove(at: end.place) }
        ended(told)
    }
}
