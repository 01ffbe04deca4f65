public import Engine
public import Plugins

/// Everything a worker needs to run one attempt: the `in` line of the trial protocol, version 1.
public struct AttemptSpec: Sendable, Hashable, Codable {
    /// Version of the protocol.
    public var protocolVersion = 1
    /// Sweep name.
    public var sweep: String
    /// Trial number.
    public var trial: Int
    /// Attempt of the trial, from 1.
    public var attempt: Int
    /// `td-<8 hex of the store>-<trial>-<attempt>`; see runners.
    public var name: String
    /// Unguessable; an observation from an attempt that is not the current one is refused.
    public var token: String
    /// Values by name.
    public var hyperparameters: [String: HyperparameterValue]
    /// Tokens of the run.
    public var tokenBudget: Int
    /// Tokens per optimizer step.
    public var batchSizeTokens: Int
    /// `ceil(token_budget / batch_size_tokens)`; fewer when the batch grows.
    public var steps: Int
    /// Seed.
    public var seed: UInt64
    /// Attempt directory; made only when something is written to it.
    public var directory: String
    /// Where the trial's checkpoint is, the same for all its attempts: attempt n + 1 goes on where n was interrupted.
    /// Sharing it is safe because a run is determined by its spec. `nil`: no checkpoints.
    public var checkpointDirectory: String?
    /// Built-in problem, for engine trials.
    public var workload: NamedOptions?
    /// Optimizer plugin, for engine trials.
    public var optimizer: NamedOptions?
    /// Shape of the learning rate, for engine trials.
    public var schedule: LearningRateSchedule?
    /// How the batch grows, for engine trials; `nil`: it does not.
    public var batchGrowth: BatchGrowth?
    /// Budgets of shorter runs the attempt is to report the ends of as well, for engine trials; `nil`: none.
    public var shorterBudgets: [Int]?
    /// Program and arguments with macros already replaced, for command trials.
    public var command: CommandSpec?
    /// Whether the attempt waits for the answer to each observation before it goes on; `nil`: no.
    public var awaitsAnswers: Bool?

    /// A name with options.
    public struct NamedOptions: Sendable, Hashable, Codable {
        /// Name.
        public var name: String
        /// Options.
        public var options: [String: HyperparameterValue]
        /// Where its code is, for an optimizer from outside.
        public var origin: OptimizerLibrary?

        enum CodingKeys: String, CodingKey {
            case name, options
            case origin = "library"
        }

        /// A name with options.
        public init(
            name: String, options: [String: HyperparameterValue], origin: OptimizerLibrary? = nil
        ) {
            self.name = name
            self.options = options
            self.origin = origin
        }
    }

    /// How a command trial is started and read.
    public struct CommandSpec: Sendable, Hashable, Codable {
        /// Program and arguments.
        public var arguments: [String]
        /// Where it runs.
        public var workingDirectory: String
        /// Added to the worker's scrubbed environment.
        public var environment: [String: String]
        /// Regular expression of observation lines; `nil`: protocol lines.
        public var pattern: String?
        /// The file its observations are written to; `nil`: they are on standard output.
        public var observationFile: ObservationFile?
        /// Metric whose last value decides.
        public var metric: String
        /// Bytes; `nil`: no limit.
        public var memoryLimit: Int?

        enum CodingKeys: String, CodingKey {
            case arguments
            case workingDirectory = "working_directory"
            case environment, pattern, metric
            case observationFile = "observation_file"
            case memoryLimit = "memory_limit"
        }

        /// A command.
        public init(
            arguments: [String], workingDirectory: String, environment: [String: String] = [:],
            pattern: String? = nil, observationFile: ObservationFile? = nil,
            metric: String = "validation_loss", memoryLimit: Int? = nil
        ) {
            self.arguments = arguments
            self.workingDirectory = workingDirectory
            self.environment = environment
            self.pattern = pattern
            self.observationFile = observationFile
            self.metric = metric
            self.memoryLimit = memoryLimit
        }
    }

    /// A file with the observations of a command.
    public struct ObservationFile: Sendable, Hashable, Codable {
        /// Absolute path, macros replaced.
        public var path: String
        /// How its lines are read.
        public var format: Format

        /// How lines are read.
        public enum Format: String, Sendable, Hashable, Codable {
            /// JSON objects.
            case jsonLines = "jsonl"
            /// Fields below names of columns.
            case csv
            /// What the command's pattern matches.
            case pattern
        }

        /// A file.
        public init(path: String, format: Format) {
            self.path = path
            self.format = format
        }
    }

    enum CodingKeys: String, CodingKey {
        case protocolVersion = "protocol"
        case sweep, trial, attempt, name, token, hyperparameters
        case tokenBudget = "token_budget"
        case batchSizeTokens = "batch_size_tokens"
        case steps, seed, directory
        case checkpointDirectory = "checkpoint_directory"
        case workload, optimizer, schedule, command
        case batchGrowth = "batch_growth"
        case shorterBudgets = "shorter_budgets"
        case awaitsAnswers = "awaits_answers"
    }

    /// An attempt.
    public init(
        sweep: String, trial: Int, attempt: Int, name: String, token: String,
        hyperparameters: [String: HyperparameterValue], tokenBudget: Int, batchSizeTokens: Int, steps: Int,
        seed: UInt64, directory: String, checkpointDirectory: String? = nil, workload: NamedOptions? = nil,
        optimizer: NamedOptions? = nil, schedule: LearningRateSchedule? = nil, command: CommandSpec? = nil,
        awaitsAnswers: Bool? = nil
    ) {
        self.sweep = sweep
        self.trial = trial
        self.attempt = attempt
        self.name = name
        self.token = token
        self.hyperparameters = hyperparameters
        self.tokenBudget = tokenBudget
        self.batchSizeTokens = batchSizeTokens
        self.steps = steps
        self.seed = seed
        self.directory = directory
        self.checkpointDirectory = checkpointDirectory
        self.workload = workload
        self.optimizer = optimizer
        self.schedule = schedule
        self.command = command
        self.awaitsAnswers = awaitsAnswers
    }
}

/// One measurement on the way: the `observation` line of the trial protocol.
public struct Observation: Sendable, Hashable, Codable {
    /// Grows by one within an attempt, from 1, so that a line read twice is stored once.
    public var sequence: Int
    /// Optimizer steps done.
    public var step: Int
    /// Tokens seen.
    public var tokens: Int
    /// Metric name to value.
    public var metrics: [String: Double]
    /// Seconds since the attempt started.
    public var elapsedSeconds: Double
    /// What shorter runs end with that this attempt contains, found since the last observation; `nil`: none.
    public var shorterRuns: [ShorterRun]?

    enum CodingKeys: String, CodingKey {
        case sequence, step, tokens, metrics
        case elapsedSeconds = "elapsed_seconds"
        case shorterRuns = "shorter_runs"
    }

    /// A measurement.
    public init(
        sequence: Int, step: Int, tokens: Int, metrics: [String: Double], elapsedSeconds: Double,
        shorterRuns: [ShorterRun]? = nil
    ) {
        self.sequence = sequence
        self.step = step
        self.tokens = tokens
        self.metrics = metrics
        self.elapsedSeconds = elapsedSeconds
        self.shorterRuns = shorterRuns
    }
}

/// How an attempt ended: the `finished` line, or what the daemon saw of the process.
public enum AttemptResult: Sendable, Hashable {
    /// The whole budget was spent.
    case completed(metrics: [String: Double])
    /// The loss left the finite.
    case diverged(step: Int?, metrics: [String: Double])
    /// The program failed; the trial is retried while attempts remain, unless `permanent`.
    case failed(reason: String, permanent: Bool)
    /// Told to stop in answer to an observation.
    case stopped
    /// Told to pause in answer to an observation; its checkpoint is there.
    case paused
    /// Asked to end from outside; a checkpoint may be there.
    case interrupted
}
