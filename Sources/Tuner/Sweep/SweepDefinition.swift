public import Engine
public import Foundation
public import Plugins
public import ScalingLaws

/// A sweep, read and checked: what to train, what to vary, what the user will finally pay for.
///
/// A value of this type is consistent: `SweepReader` makes it only from a file without errors.
public struct SweepDefinition: Sendable, Hashable {
    /// Names the sweep everywhere: `[a-z0-9-]`, 1 to 64 characters.
    public var name: String
    /// Free text.
    public var summary: String?
    /// What a trial runs.
    public var subject: TrialSubject
    /// The optimizer of a built-in workload; `nil` for commands.
    public var optimizer: OptimizerChoice?
    /// What is minimised or maximised.
    public var metric: Objective
    /// Axes of the Pareto front; default the metric and `tokens`.
    public var objectives: [Objective]
    /// What is varied, in the order of the file.
    public var parameters: [SearchParameter]
    /// Budgets that are trained, ascending, without repetition.
    public var tokenBudgets: [Int]
    /// The budgets the user cares about and will not sweep; ascending. Usually one, may be empty.
    public var targetTokenBudgets: [Int]
    /// The theory to start from and which hyperparameters may move with the budget.
    public var law: LawChoice
    /// How trials are chosen.
    public var method: SearchMethod
    /// When trials are ended before their budget is spent; `nil`: never.
    public var earlyTermination: EarlyTermination?
    /// Most trials ever run, replicates included; `nil`: the method's own end.
    public var runCap: Int?
    /// Most that all trials together may cost, in `costUnit`; `nil`: no cap. A trial that does not fit any more is not made.
    public var costCap: Double?
    /// What cost is counted in.
    public var costUnit: CostUnit = .tokens
    /// Model sizes that are trained, in parameters, ascending; empty: one size. They are also the values of the
    /// searched parameter `model_size`, which is how trials get them.
    public var modelSizes: [Int] = []
    /// The only pairs of model size and token budget that are trained; empty: every pair.
    public var cells: [SizeAndBudget] = []
    /// The model size the user cares about; `nil`: the largest of `modelSizes`.
    public var targetModelSize: Int?
    /// Pairs the user cares about, where they are more than one size; empty: each target budget at `targetModelSize`.
    public var targetCells: [SizeAndBudget] = []
    /// Runs of each point; all trials of one replicate share a seed.
    public var replicates: Int
    /// Seed of every random choice.
    public var seed: UInt64
    /// Trials at once; `nil`: one per core, and any number for an outside loop.
    public var parallel: Int?
    /// How many trials of one shape a worker may run in turns.
    public var stacking: Stacking = .automatic
    /// Whether trials also tell what the shorter runs inside them end with.
    public var shorterRuns: ShorterRuns = .automatic
    /// Further attempts after a failed one.
    public var retries: Int
    /// Wall-clock limit of one attempt, in seconds.
    public var trialTimeout: TimeInterval?
    /// Memory limit of one attempt, in bytes.
    public var memoryLimit: Int?
    /// Tokens per sequence; commands only (a workload has its own option).
    public var sequenceLength: Int?
    /// Every batch size is a multiple of this many tokens: the sequence length, or 1 without sequences. A planner
    /// that draws from a range of batch sizes rounds to it.
    public var batchSizeGranularity: Int
    /// How a command's output is read.
    public var observations: ObservationSource
    /// Where commands run; absolute. Default: the folder of the sweep file.
    public var workingDirectory: URL
    /// Added to the environment of commands.
    public var environment: [String: String]
    /// Whether the workload is probed before the first trial, and how.
    public var probe: ProbeChoice?
    /// What the probe predicted, once there is one: planners begin their search there. Not read from the file.
    public var probeCentre: ProbeCentre?

    /// The `stack` key: whether trials of one shape share a worker.
    public enum Stacking: Sendable, Hashable {
        /// Where it was measured to be faster: very small models on generated data.
        case automatic
        /// Every trial alone.
        case off
        /// Up to so many, whatever the model.
        case upTo(Int)
    }

    /// A model size with a token budget.
    public struct SizeAndBudget: Sendable, Hashable, Codable {
        /// Parameters.
        public var modelSize: Int
        /// Tokens.
        public var tokenBudget: Int

        enum CodingKeys: String, CodingKey {
            case modelSize = "model_size"
            case tokenBudget = "token_budget"
        }

        /// A pair.
        public init(modelSize: Int, tokenBudget: Int) {
            self.modelSize = modelSize
            self.tokenBudget = tokenBudget
        }
    }

    /// What the cost of a trial is counted in.
    public enum CostUnit: String, Sendable, Hashable, CaseIterable {
        /// Tokens trained.
        case tokens
        /// `6 * model_size * tokens`.
        case flops
        /// Wall-clock seconds, learnt from the trials.
        case seconds
    }

    /// A built-in problem, a program, or a loop of the user's.
    public enum TrialSubject: Sendable, Hashable {
        /// Built-in problem with its options; paths are absolute.
        case workload(name: String, options: [String: HyperparameterValue])
        /// Program and arguments, each still with its macros.
        case command([String])
        /// Trials are handed to an outside loop, which asks and tells; a trial nothing is heard of for `lease` seconds
        /// is handed out again.
        case askTell(lease: TimeInterval)
    }

    /// Whether an outside loop runs the trials.
    public var isAskTell: Bool {
        if case .askTell = subject { return true }
        return false
    }

    /// Seconds an outside loop may be silent about a trial before it is handed out again.
    var lease: TimeInterval {
        if case .askTell(let lease) = subject { return lease }
        return Self.usualLease
    }

    /// Lease of an `ask_tell` sweep that names none, in seconds: longer than most gaps between two tells, and short
    /// enough that a trial whose loop has died is not lost for the day.
    public static let usualLease: TimeInterval = 3600

    /// Optimizer plugin with options that are not searched.
    public struct OptimizerChoice: Sendable, Hashable {
        /// Plugin name.
        public var name: String
        /// Fixed options.
        public var options: [String: HyperparameterValue]
        /// Shape of the learning rate.
        public var schedule: LearningRateSchedule
        /// How the batch grows during a trial; `nil`: it does not.
        public var batchGrowth: BatchGrowth? = nil
        /// Where it comes from; `nil` for one of this program.
        public var external: ExternalOptimizer?
    }

    /// A metric with its direction.
    public struct Objective: Sendable, Hashable, Codable {
        /// Metric name.
        public var name: String
        /// Direction.
        public var goal: Goal

        /// Direction of an objective.
        public enum Goal: String, Sendable, Hashable, Codable, CaseIterable {
            /// Smaller is better.
            case minimize
            /// Larger is better.
            case maximize
        }

        /// An objective.
        public init(name: String, goal: Goal = .minimize) {
            self.name = name
            self.goal = goal
        }
    }

    /// One hyperparameter and the values it may take.
    public struct SearchParameter: Sendable, Hashable {
        /// Name.
        public var name: String
        /// Values.
        public var domain: Domain

        /// The values a parameter may take.
        public enum Domain: Sendable, Hashable {
            /// Not searched.
            case value(HyperparameterValue)
            /// A list, ascending when numeric.
            case values([HyperparameterValue])
            /// A range on a scale; `step` is the factor (log) or difference (linear) of a grid, if given.
            case range(
                min: Double, max: Double, scale: HyperparameterDescriptor.Scale, step: Double?, integer: Bool)
        }
    }

    /// The `probe` key.
    public struct ProbeChoice: Sendable, Hashable {
        /// The loss a run could reach at best, where the workload does not know it.
        public var lossFloor: Double?
    }

    /// The `law` key.
    public struct LawChoice: Sendable, Hashable {
        /// Theory to start from.
        public var prior: Prior
        /// Axes that may move with the budget. Default: every searched one of the three.
        public var regime: [LawAxis]

        /// Theory to start from.
        public enum Prior: String, Sendable, Hashable, CaseIterable {
            /// Bounds of linear-minimization-oracle methods.
            case lmo
            /// Quantile clipping.
            case quantileClipping = "quantile_clipping"
            /// mu-KL bounds.
            case kl
            /// Wide and centred on "does not move".
            case none
        }
    }

    /// How trials are chosen.
    public enum SearchMethod: String, Sendable, Hashable, CaseIterable {
        /// The runs that teach most about the optimum at the target for their cost.
        case lawGuided = "law_guided"
        /// Every combination.
        case grid
        /// Independent draws.
        case random
        /// Scrambled Sobol points.
        case sobol
        /// Shifted Halton points.
        case halton
        /// Tree-structured Parzen estimator.
        case tpe
        /// Gaussian process.
        case gp
        /// Covariance matrix adaptation.
        case cmaes
        /// Non-dominated sorting genetic algorithm.
        case nsga2
    }

    /// Where a command's observations are found.
    public enum ObservationSource: Sendable, Hashable {
        /// JSON lines of the trial protocol on standard output.
        case protocolLines
        /// Lines of standard output matched by a regular expression with named groups (`step`, `tokens`, and metric
        /// names).
        case pattern(String)
        /// Lines of a file; the path still has its macros, and a relative one is taken from the attempt's folder.
        case file(path: String, format: AttemptSpec.ObservationFile.Format, pattern: String?)
    }
}
