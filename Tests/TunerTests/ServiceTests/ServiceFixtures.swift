import Engine
import Foundation
import ScalingLaws
import Synchronization

@testable import Tuner

/// Runs attempts without processes: answers what a closure says, after a delay (never, for the `endless` ones), and
/// keeps a log of what it ran.
final class FakeRunner: TrialRunner {
    typealias Answer = @Sendable (AttemptSpec) -> AttemptResult

    private struct State {
        var log: [String] = []
        var running = 0
        var mostRunning = 0
        var mostBySweep: [String: Int] = [:]
        var bySweep: [String: Int] = [:]
        var isClosed = false
    }
    private let state = Mutex(State())
    private let delay: Double
    private let endless: Set<String>
    private let answer: Answer

    init(
        delay: Double = 0.002, endless: Set<String> = [],
        answer: @escaping Answer = { .completed(metrics: ["validation_loss": loss(of: $0)]) }
    ) {
        self.delay = delay
        self.endless = endless
        self.answer = answer
    }

    /// `sweep/trial.attempt`, in the order of their start.
    var log: [String] { state.withLock { $0.log } }
    var mostRunning: Int { state.withLock { $0.mostRunning } }
    func mostRunning(of sweep: String) -> Int { state.withLock { $0.mostBySweep[sweep] ?? 0 } }

    func run(
        _ spec: AttemptSpec, timeout: Double?,
        answer tell: @escaping @Sendable (Observation) async -> TrialDirective
    ) async -> AttemptResult {
        let name = "\(spec.sweep)/\(spec.trial).\(spec.attempt)"
        let isClosed = state.withLock { state in
            guard !state.isClosed else { return true }
            state.log.append(name)
            state.running += 1
            state.bySweep[spec.sweep, default: 0] += 1
            state.mostRunning = max(state.mostRunning, state.running)
            state.mostBySweep[spec.sweep] = max(
                state.mostBySweep[spec.sweep] ?? 0, state.bySweep[spec.sweep] ?? 0)
            return false
        }
        if isClosed { return .interrupted }
        defer {
            state.withLock { state in
                state.running -= 1
                state.bySweep[spec.sweep, default: 0] -= 1
            }
        }
        _ = await tell(
            Observation(sequence: 1, step: 1, tokens: 1, metrics: ["validation_loss": 9], elapsedSeconds: 0))
        do { try await Task.sleep(for: .seconds(endless.contains(name) ? 600 : delay)) } catch {
            return .interrupted
        }
        return answer(spec)
    }

    func shutDown() async { state.withLock { $0.isClosed = true } }
}

/// A smooth loss with its best learning rate at 0.03.
@Sendable func loss(of spec: AttemptSpec) -> Double {
    let x = log((spec.hyperparameters["learning_rate"]?.number ?? 1) / 0.03)
    return 2 + x * x + 1000 / Double(spec.tokenBudget)
}

/// Three rounds; each later one is centred on the best trial of the rounds before.
struct FakePlanner: Planner {
    var rounds = 3
    var width = 4
    var fault: (@Sendable ([Trial]) throws -> Void)?

    func nextRound(history: [Trial]) throws -> [TrialProposal] {
        try fault?(history)
        let round = (history.last?.proposal.round ?? -1) + 1
        guard round < rounds else { return [] }
        let best = history.min {
            ($0.metrics["validation_loss"] ?? .infinity) < ($1.metrics["validation_loss"] ?? .infinity)
        }
        let centre = best?.proposal.hyperparameters["learning_rate"]?.number ?? 0.1
        return (0..<width).map { index in
            .sample(centre * pow(2, Double(index - width / 2)), budget: 1000 << round, round: round)
        }
    }

    func expectedTrialCount(history: [Trial]) -> Int { max(0, rounds * width - history.count) }
}

/// A service with small fakes for everything but the store.
struct ServiceFixture: Sendable {
    var folder: ScratchFolder
    var runner: any TrialRunner = FakeRunner()
    var planner = FakePlanner()
    var slots = 3
    var adjust: @Sendable (inout SweepDefinition) -> Void = { _ in }
    var fits: @Sendable ([Trial]) throws -> Law = { trials in
        Law(
            axes: [], reference: [:], cells: [], lossLaw: nil, residual: 0, lossScale: .logarithm,
            runs: trials.count, draws: [])
    }

    func open() throws -> (SweepService, Store) {
        let store = try Store(at: folder.database)
        return (SweepService(store: store, dependencies: dependencies()), store)
    }

    func dependencies() -> SweepService.Dependencies {
        SweepService.Dependencies(
            readSweep: { [adjust] source in
                guard source.text.hasPrefix("name: ") else { throw TunerError(.invalidSweep, "no name") }
                let name = source.text.dropFirst(6).prefix { $0 != "\n" }
                var definition = SweepDefinition.sample(String(name))
                // A runner is asked for one attempt after the other, unless a test is about stacks.
                definition.stacking = .off
                adjust(&definition)
                return definition
            },
            makePlanner: { [planner] _ in planner }, expandCommand: { arguments, _, _ in arguments },
            fitLaw: { [fits] in try fits($1) },
            recommend: { definition, law, _, question in
                Recommendation(
                    sweep: definition.name, tokenBudget: question.tokenBudget, extrapolationFactor: 1,
                    steps: nil,
                    hyperparameters: ["batch_size_tokens": .init(value: .integer(16), source: .fixed)],
                    predicted: [:], lawVersion: law.version, warnings: [])
            },
            paretoFront: simpleFront, runner: runner, slots: slots,
            attemptsDirectory: folder.url.appending(path: "attempts"), version: "test")
    }

    static func source(_ name: String, more: String = "") -> SweepSource {
        SweepSource(text: "name: \(name)\n\(more)", file: "\(name).yaml", directory: URL(filePath: "/"))
    }
}

/// Waits until a condition holds; answers whether it did within the time.
func eventually(within seconds: Double = 300, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return try await condition()
}

/// A small repeatable generator.
struct TestRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
