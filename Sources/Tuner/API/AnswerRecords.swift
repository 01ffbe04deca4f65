public import Foundation
public import ScalingLaws

/// A law with its place in the history of a sweep's fits.
public struct LawRecord: Sendable, Codable {
    /// Sweep.
    public var sweep: String
    /// The law. Its posterior draws are empty unless they were asked for.
    public var law: Law
    /// Counts the fits of the sweep, from 1.
    public var lawVersion: Int
    /// When it was fitted.
    public var fittedAt: Date

    enum CodingKeys: String, CodingKey {
        case sweep, law
        case lawVersion = "law_version"
        case fittedAt = "fitted_at"
    }

    /// A record of a fit.
    public init(sweep: String, fitted: FittedLaw, draws: Bool) {
        self.sweep = sweep
        law = fitted.law
        if !draws { law.draws = [] }
        lawVersion = fitted.version
        fittedAt = fitted.fittedAt
    }
}

/// A Pareto front with the trials on it.
public struct ParetoRecord: Sendable, Hashable, Codable {
    /// Sweep.
    public var sweep: String
    /// The front.
    public var front: ParetoFront
    /// The trials of its points, in the same order.
    public var trials: [TrialRecord]

    enum CodingKeys: String, CodingKey {
        case sweep, trials
    }

    /// A front with its trials.
    public init(sweep: String, front: ParetoFront, trials: [TrialRecord]) {
        self.sweep = sweep
        self.front = front
        self.trials = trials
    }

    /// Reads one object that holds the front's fields and `sweep`, `trials`.
    public init(from decoder: any Decoder) throws {
        front = try ParetoFront(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        sweep = try container.decode(String.self, forKey: .sweep)
        trials = try container.decode([TrialRecord].self, forKey: .trials)
    }

    /// Writes the same.
    public func encode(to encoder: any Encoder) throws {
        try front.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sweep, forKey: .sweep)
        try container.encode(trials, forKey: .trials)
    }
}

/// `GET /v1/health`: whether anything needs the user's attention.
public struct HealthRecord: Sendable, Hashable, Codable {
    /// `ok`, or `attention` when there are items.
    public var status: String
    /// Program version.
    public var version: String
    /// What to know, each with a code.
    public var items: [ServiceStatus.HealthItem]

    /// Health of a status.
    public init(_ status: ServiceStatus) {
        self.status = status.health.isEmpty ? "ok" : "attention"
        version = status.version
        items = status.health
    }
}
