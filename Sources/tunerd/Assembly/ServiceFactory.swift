import Foundation
import ScalingLaws
import Tuner

/// What the verbs need of the rest of the program; `Assembly.factory` is the real one.
protocol ServiceFactory: Sendable {
    /// Opens a store for writing, takes its lock, and runs the trials of its sweeps.
    ///
    /// - Throws: `conflict` when another program holds the store.
    func start(_ options: ServiceOptions) async throws -> any RunningService

    /// Opens a store to read, beside a daemon that may be writing. Calls that change something throw `conflict`.
    func open(store: String) async throws -> any SweepOperations

    /// Takes runs made elsewhere into a sweep of a store, which it opens for writing and closes again.
    ///
    /// - Throws: as `SweepService.importTrials`, and `conflict` when another program holds the store.
    func importTrials(_ table: RunTable, columns: [String], source: SweepSource, store: String)
        async throws -> ImportAnswer

    /// Reads and checks a sweep file.
    ///
    /// - Throws: `invalidSweep` with all diagnostics.
    func read(_ source: SweepSource) throws -> SweepDefinition

    /// Whether a sweep file makes its submitter's programs run: a command, or a library it names by path. Runs none of
    /// them to find out. A file that cannot be read runs nothing, and is refused later.
    func runsPrograms(_ source: SweepSource) -> Bool

    /// What a library from outside says about itself.
    ///
    /// - Throws: `failed` with what is wrong with it.
    func describe(library: String) throws -> PluginListing

    /// The planner of a sweep.
    func planner(of definition: SweepDefinition) throws -> any Planner

    /// What theory alone says about a sweep's law.
    func theory(of definition: SweepDefinition) throws -> TheoryRecord

    /// What theory says without any sweep.
    func theory(_ question: TheoryQuestion) throws -> TheoryRecord

    /// What sweep files can name.
    func plugins() throws -> PluginListing

    /// The worker process: trials on standard input until it is closed, or one probe.
    func work(probe: Bool) async throws

    /// Probes the workload of a sweep in a process of its own.
    ///
    /// - Throws: `failed` with the reason when no prediction is possible.
    func probe(_ definition: SweepDefinition) async throws -> ProbeRecord
}

/// A service that runs trials.
protocol RunningService: Sendable {
    /// What can be asked of it.
    var operations: any SweepOperations { get }

    /// Starts no more trials, asks running ones for a checkpoint, ends those that take longer than the service's drain
    /// time, closes.
    func drain() async
}

/// How a service is started.
struct ServiceOptions: Sendable {
    /// Path of the database; its folder is made when it is missing.
    var store: String
    /// Trials at once; `nil`: one per core.
    var slots: Int?
    /// Seconds between asking a trial to end and killing it.
    var drainSeconds: Double
}

/// A question to theory alone: known good values at one budget, moved to another.
struct TheoryQuestion: Sendable {
    /// Theory.
    var prior: SweepDefinition.LawChoice.Prior
    /// Optimizer, for its geometry; `nil`: normalised steps.
    var optimizer: String?
    /// Good values at `anchorBudget`.
    var anchor: [LawAxis: Double]
    /// Tokens of the runs the anchor is from.
    var anchorBudget: Int
    /// Asked budgets.
    var tokenBudgets: [Int]
}

/// What theory alone says.
struct TheoryRecord: Codable, Sendable {
    /// Theory.
    var prior: String
    /// Exponents in the token budget.
    var axes: [LawAxis: Exponent]
    /// Tokens of the runs the anchor is from.
    var anchorBudget: Int?
    /// Values at the asked budgets; empty without an anchor.
    var predictions: [Prediction]

    /// A prior of an exponent.
    struct Exponent: Codable, Sendable {
        var mean: Double
        /// 80 % interval.
        var interval: [Double]
    }

    /// Values at one budget.
    struct Prediction: Codable, Sendable {
        var tokenBudget: Int
        var values: [LawAxis: PredictedMetric]

        enum CodingKeys: String, CodingKey {
            case tokenBudget = "token_budget"
            case values
        }
    }

    enum CodingKeys: String, CodingKey {
        case prior, axes
        case anchorBudget = "anchor_token_budget"
        case predictions
    }
}
