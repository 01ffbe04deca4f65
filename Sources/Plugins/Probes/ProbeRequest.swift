public import Engine

/// What to probe: a workload, an optimizer and a batch size, before any sweep.
public struct ProbeRequest: Sendable, Hashable, Codable {
    /// Built-in problem.
    public var workload: String
    /// Its options; absent ones take the descriptor's default.
    public var workloadOptions: [String: HyperparameterValue]
    /// Optimizer.
    public var optimizer: String
    /// Its hyperparameters but for the learning rate, which is what is asked.
    public var hyperparameters: [String: HyperparameterValue]
    /// B of the path, tokens per step.
    public var batchSizeTokens: Int
    /// Seed of weights and data.
    public var seed: UInt64
    /// The loss the run could reach at best, where the workload does not know it.
    public var lossFloor: Double?
    /// Shape of the learning rate of the runs that are predicted.
    public var schedule: LearningRateSchedule
    /// Steps of the path along which everything is measured.
    public var steps: Int
    /// Steps of the short runs that place the learning rate.
    public var pilotSteps: Int

    /// The default path: long enough for ten points after the momentum has settled (0.95 takes 20 steps).
    public static let standardSteps = 60
    /// Five memories of momentum 0.95.
    public static let standardPilotSteps = 100

    /// A request.
    public init(
        workload: String, workloadOptions: [String: HyperparameterValue] = [:], optimizer: String,
        hyperparameters: [String: HyperparameterValue] = [:], batchSizeTokens: Int, seed: UInt64 = 0,
        lossFloor: Double? = nil, schedule: LearningRateSchedule = .init(), steps: Int = Self.standardSteps,
        pilotSteps: Int = Self.standardPilotSteps
    ) {
        self.workload = workload
        self.workloadOptions = workloadOptions
        self.optimizer = optimizer
        self.hyperparameters = hyperparameters
        self.batchSizeTokens = batchSizeTokens
        self.seed = seed
        self.lossFloor = lossFloor
        self.schedule = schedule
        self.steps = steps
        self.pilotSteps = pilotSteps
    }

    enum CodingKeys: String, CodingKey {
        case workload
        case workloadOptions = "workload_options"
        case optimizer, hyperparameters
        case batchSizeTokens = "batch_size_tokens"
        case seed
        case lossFloor = "loss_floor"
        case schedule, steps
        case pilotSteps = "pilot_steps"
    }
}
