public import Engine
import Foundation
public import Plugins
public import ScalingLaws

/// One sweep with what it asks: the summary, the definition in short and the source.
public struct SweepDetail: Sendable, Hashable, Codable {
    /// Where it stands; its fields are those of the object itself.
    public var summary: SweepSummary
    /// Free text of the sweep file.
    public var note: String?
    /// Built-in problem; `nil` for commands.
    public var workload: String?
    /// Program and arguments; `nil` for built-in problems.
    public var command: [String]?
    /// Seconds after which a trial of an `ask_tell` sweep is handed out again when nothing is heard of it.
    public var leaseSeconds: Double?
    /// Optimizer plugin; `nil` for commands.
    public var optimizer: String?
    /// Library of an optimizer from outside; `nil` for one of the program.
    public var optimizerLibrary: OptimizerLibrary?
    /// What is minimised or maximised.
    public var metric: SweepDefinition.Objective
    /// Axes of the Pareto front.
    public var objectives: [SweepDefinition.Objective]
    /// Parameters of the sweep, in the order of the file.
    public var parameters: [Parameter]
    /// Budgets that are trained.
    public var tokenBudgets: [Int]
    /// Budgets that are asked for.
    public var targetTokenBudgets: [Int]
    /// The runs that are asked for, where they are of several model sizes.
    public var targetCells: [SweepDefinition.SizeAndBudget]?
    /// How trials are chosen.
    public var method: String
    /// Theory the law starts from.
    public var prior: String
    /// Axes that may move with the budget.
    public var regime: [LawAxis]
    /// What its probe predicted; `nil` without one.
    public var probe: ProbeAnswer?
    /// What it has cost beside the runs it is for; `nil` without a target, and for planners other than `law_guided`.
    public var cost: SweepCost?
    /// The sweep file.
    public var source: SweepSource

    /// One parameter with the values it may take: exactly one of `value`, `values`, `range`.
    public struct Parameter: Sendable, Hashable, Codable {
        /// Name.
        public var name: String
        /// Not searched.
        public var value: HyperparameterValue?
        /// A list.
        public var values: [HyperparameterValue]?
        /// `[min, max]`.
        public var range: [Double]?
        /// Scale of a range.
        public var scale: String?

        init(_ parameter: SweepDefinition.SearchParameter) {
            name = parameter.name
            switch parameter.domain {
            case .value(let fixed): value = fixed
            case .values(let list): values = list
            case .range(let min, let max, let scale, _, _):
                range = [min, max]
                self.scale = scale.rawValue
            }
        }
    }

    enum CodingKeys: String, CodingKey {
        case note = "description"
        case workload, command
        case leaseSeconds = "lease_seconds"
        case optimizer, metric, objectives, parameters
        case optimizerLibrary = "optimizer_library"
        case tokenBudgets = "token_budgets"
        case targetTokenBudgets = "target_token_budgets"
        case targetCells = "target_cells"
        case method, prior, regime, probe, cost, source
    }

    /// A sweep.
    public init(
        summary: SweepSummary, definition: SweepDefinition, source: SweepSource, probe: ProbeAnswer? = nil
    ) {
        self.summary = summary
        note = definition.summary
        switch definition.subject {
        case .workload(let name, _): workload = name
        case .command(let arguments): command = arguments
        case .askTell(let seconds): leaseSeconds = seconds
        }
        optimizer = definition.optimizer?.name
        optimizerLibrary = definition.optimizer?.external?.origin
        metric = definition.metric
        objectives = definition.objectives
        parameters = definition.parameters.map(Parameter.init)
        tokenBudgets = definition.tokenBudgets
        targetTokenBudgets = definition.targetTokenBudgets
        targetCells = definition.targetCells.isEmpty ? nil : definition.targetCells
        method = definition.method.rawValue
        prior = definition.law.prior.rawValue
        regime = definition.law.regime
        self.probe = probe
        self.source = source
    }

    /// Reads the object.
    public init(from decoder: any Decoder) throws {
        summary = try SweepSummary(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        note = try container.decodeIfPresent(String.self, forKey: .note)
        workload = try container.decodeIfPresent(String.self, forKey: .workload)
        command = try container.decodeIfPresent([String].self, forKey: .command)
        leaseSeconds = try container.decodeIfPresent(Double.self, forKey: .leaseSeconds)
        optimizer = try container.decodeIfPresent(String.self, forKey: .optimizer)
        optimizerLibrary = try container.decodeIfPresent(OptimizerLibrary.self, forKey: .optimizerLibrary)
        metric = try container.decode(SweepDefinition.Objective.self, forKey: .metric)
        objectives = try container.decode([SweepDefinition.Objective].self, forKey: .objectives)
        parameters = try container.decode([Parameter].self, forKey: .parameters)
        tokenBudgets = try container.decode([Int].self, forKey: .tokenBudgets)
        targetTokenBudgets = try container.decode([Int].self, forKey: .targetTokenBudgets)
        targetCells = try container.decodeIfPresent(
            [SweepDefinition.SizeAndBudget].self, forKey: .targetCells)
        method = try container.decode(String.self, forKey: .method)
        prior = try container.decode(String.self, forKey: .prior)
        regime = try container.decode([LawAxis].self, forKey: .regime)
        probe = try container.decodeIfPresent(ProbeAnswer.self, forKey: .probe)
        cost = try container.decodeIfPresent(SweepCost.self, forKey: .cost)
        source = try container.decode(SweepSource.self, forKey: .source)
    }

    /// Writes the summary's fields and its own into one object.
    public func encode(to encoder: any Encoder) throws {
        try summary.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(note, forKey: .note)
        try container.encodeIfPresent(workload, forKey: .workload)
        try container.encodeIfPresent(command, forKey: .command)
        try container.encodeIfPresent(leaseSeconds, forKey: .leaseSeconds)
        try container.encodeIfPresent(optimizer, forKey: .optimizer)
        try container.encodeIfPresent(optimizerLibrary, forKey: .optimizerLibrary)
        try container.encode(metric, forKey: .metric)
        try container.encode(objectives, forKey: .objectives)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(tokenBudgets, forKey: .tokenBudgets)
        try container.encode(targetTokenBudgets, forKey: .targetTokenBudgets)
        try container.encodeIfPresent(targetCells, forKey: .targetCells)
        try container.encode(method, forKey: .method)
        try container.encode(prior, forKey: .prior)
        try container.encode(regime, forKey: .regime)
        try container.encodeIfPresent(probe, forKey: .probe)
        try container.encodeIfPresent(cost, forKey: .cost)
        try container.encode(source, forKey: .source)
    }
}

/// All sweeps.
public struct SweepPage: Sendable, Hashable, Codable {
    /// Oldest first.
    public var sweeps: [SweepSummary]
}
