import ArgumentParser
import Foundation
import Tuner

/// Hidden: measures ask and tell through the library, store and all, for scripts/bench-store.py.
struct BenchStoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-store", abstract: "Measure ask and tell on a new store.",
        discussion: """
            Prints a JSON object a line at 1,000, 10,000 and 100,000 trials and at the end: rates and times are those of \
            the last tenth before, at least 500 trials.
            """,
        shouldDisplay: false)

    @Option(help: "Trials.") var trials = 1000
    @Option(help: "Method of the sweep.") var sampler = "random"
    @Option(help: "Trials of an ask, and of a tell.") var batch = 1
    @Option(help: "Loops at once.") var loops = 1
    @Option(help: "Database; must not exist. A scratch folder by default.") var store: String?

    func validate() throws {
        guard trials > 0, (1...1000).contains(batch), (1...256).contains(loops) else {
            throw ValidationError("--trials, --batch and --loops must be positive, a batch at most 1000.")
        }
    }

    func run() async throws {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "bench-store-\(getpid())")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let path = store ?? scratch.appending(path: "store.sqlite").path
        guard !FileManager.default.fileExists(atPath: path) else {
            throw TunerError(.conflict, "'\(path)' exists already", help: "name a new file")
        }
        let service = try await Assembly.factory.start(
            ServiceOptions(store: path, slots: 1, drainSeconds: 1))
        do {
            try await measure(service.operations)
        } catch {
            await service.drain()
            throw error
        }
        await service.drain()
    }

    private func measure(_ operations: any SweepOperations) async throws {
        let sweep = """
            name: bench
            ask_tell: true
            method: \(sampler)
            parameters:
              x0: {min: 1e-4, max: 1.0}
              x1: {min: 0.0, max: 1.0}
              x2: {min: 0.0, max: 1.0}
              x3: {min: 0.0, max: 1.0}
              x4: {min: 0.0, max: 1.0}
            token_budgets: [1M]
            run_cap: \(trials)
            """
        _ = try await operations.submit(
            SweepSource(text: sweep, file: "bench.yaml", directory: URL(filePath: "/")))
        let meter = StoreMeter(trials: trials)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<loops {
                group.addTask { [batch] in
                    try await Self.loop(operations, batch: batch, meter: meter)
                }
            }
            try await group.waitForAll()
        }
    }

    private static func loop(_ operations: any SweepOperations, batch: Int, meter: StoreMeter) async throws {
        while true {
            let began = ContinuousClock.now
            let trials = try await operations.ask("bench", count: batch).trials
            let asked = ContinuousClock.now
            if trials.isEmpty { return }
            let tells = trials.map { trial in
                let loss = trial.hyperparameters.values.reduce(1.0) { sum, value in
                    sum + pow((value.number ?? 0) - 0.3, 2)
                }
                return TrialTell(
                    trial: trial.number, token: trial.token,
                    finished: .completed(metrics: ["validation_loss": loss]))
            }
            for result in try await operations.tell("bench", tells) { _ = try result.get() }
            try await meter.add(trials.count, ask: asked - began, tell: ContinuousClock.now - asked)
        }
    }
}

/// Counts finished trials and prints where the marks are.
private actor StoreMeter {
    /// One mark, and what was measured over the window before it.
    private struct Reading: Encodable {
        var n: Int
        var trialsPerSecond: Double
        var cpuMilliseconds: Double
        var askMilliseconds: Double
        var tellMilliseconds: Double
        var residentMiB: Double

        enum CodingKeys: String, CodingKey {
            case n
            case trialsPerSecond = "trials_per_second"
            case cpuMilliseconds = "cpu_ms"
            case askMilliseconds = "ask_ms_median"
            case tellMilliseconds = "tell_ms_median"
            case residentMiB = "rss_mib"
        }
    }

    private let marks: Set<Int>
    private var count = 0
    private var windowStart = (count: 0, at: ContinuousClock.now, cpu: clock())
    private var asks: [Double] = []
    private var tells: [Double] = []

    init(trials: Int) { marks = Set([1000, 10_000, 100_000].filter { $0 < trials } + [trials]) }

    /// Notes a call of each kind; times are shared among its trials.
    func add(_ trials: Int, ask: Duration, tell: Duration) throws {
        for _ in 0..<trials {
            count += 1
            asks.append(ask / .milliseconds(trials))
            tells.append(tell / .milliseconds(trials))
            if let mark = marks.filter({ $0 >= count }).min(), count == mark - max(500, mark / 10) {
                begin()
            }
            if marks.contains(count) {
                try report()
                begin()
            }
        }
    }

    private func begin() {
        windowStart = (count, .now, clock())
        asks = []
        tells = []
    }

    private func report() throws {
        let trials = Double(count - windowStart.count)
        let reading = Reading(
            n: count, trialsPerSecond: trials / ((ContinuousClock.now - windowStart.at) / .seconds(1)),
            cpuMilliseconds: Double(clock() - windowStart.cpu) / Double(CLOCKS_PER_SEC) * 1000 / trials,
            askMilliseconds: asks.sorted()[asks.count / 2], tellMilliseconds: tells.sorted()[tells.count / 2],
            residentMiB: Self.resident())
        try Output.write(try APICoding.encoder().encode(reading) + Data("\n".utf8))
    }

    private static func resident() -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }
}
