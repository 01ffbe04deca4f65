public import Foundation
public import ScalingLaws

/// Typed calls of the API, over any backend. Every call throws the `TunerError` the service threw.
///
///     let api = SweepAPI(SocketClient(path: socket))
///     let answer = try await api.recommendation(of: "first", tokenBudget: 1_000_000_000)
public struct SweepAPI: Sendable {
    private let backend: any APIBackend

    /// Calls over a backend.
    public init(_ backend: any APIBackend) {
        self.backend = backend
    }

    /// Health and load.
    public func status() async throws -> ServiceStatus { try await get(["status"]) }

    /// What sweep files can name.
    public func plugins() async throws -> PluginListing { try await get(["plugins"]) }

    /// All sweeps, oldest first.
    public func sweeps() async throws -> [SweepSummary] { try await (get(["sweeps"]) as SweepPage).sweeps }

    /// One sweep with its definition.
    public func sweep(_ name: String) async throws -> SweepDetail { try await get(["sweeps", name]) }

    /// Submits a sweep file.
    public func submit(_ source: SweepSource) async throws -> SweepSummary {
        let call = APICall(
            "POST", ["v1", "sweeps"],
            query: [.init("file", source.file), .init("directory", source.directory.path)],
            body: Data(source.text.utf8))
        return try await decode(call)
    }

    /// No further trial starts.
    public func pause(_ name: String) async throws -> SweepSummary {
        try await post(["sweeps", name, "pause"])
    }

    /// Goes on after a pause.
    public func resume(_ name: String) async throws -> SweepSummary {
        try await post(["sweeps", name, "resume"])
    }

    /// Ends the sweep; results stay.
    public func cancel(_ name: String) async throws -> SweepSummary {
        try await post(["sweeps", name, "cancel"])
    }

    /// Deletes a sweep that is not running.
    public func remove(_ name: String) async throws {
        _ = try await data(APICall("DELETE", ["v1", "sweeps", name]))
    }

    /// A page of trials.
    public func trials(of name: String, after: Int = 0, limit: Int = 1000) async throws -> TrialPage {
        try await get(["sweeps", name, "trials"], [.init("after", "\(after)"), .init("limit", "\(limit)")])
    }

    /// All trials.
    public func allTrials(of name: String) async throws -> [TrialRecord] {
        var all: [TrialRecord] = []
        var after: Int? = 0
        while let start = after {
            let page = try await trials(of: name, after: start)
            all += page.trials
            after = page.nextAfter
        }
        return all
    }

    /// One trial.
    public func trial(_ number: Int, of name: String) async throws -> TrialRecord {
        try await get(["sweeps", name, "trials", "\(number)"])
    }

    /// Asks for trials of an `ask_tell` sweep; with `wait`, for so many seconds while none is there.
    public func ask(_ name: String, count: Int = 1, wait seconds: Int = 0) async throws -> AskAnswer {
        try await decode(
            APICall(
                "POST", ["v1", "sweeps", name, "trials"],
                query: [.init("count", "\(count)"), .init("wait", "\(seconds)")],
                timeout: .seconds(120 + seconds)))
    }

    /// Tells of one trial.
    public func tell(_ name: String, _ tell: TrialTell) async throws -> TellAnswer {
        try await decode(
            APICall(
                "POST", ["v1", "sweeps", name, "trials", "\(tell.trial)", "observations"],
                body: try TrialProtocol.encode(tell)))
    }

    /// Tells of several trials in one transaction.
    public func tell(_ name: String, _ tells: [TrialTell]) async throws -> TellAnswers {
        try await decode(
            APICall("POST", ["v1", "sweeps", name, "observations"], body: try TrialProtocol.encode(tells)))
    }

    /// Its observations.
    public func observations(of name: String, trial: Int) async throws -> [Observation] {
        try await (get(["sweeps", name, "trials", "\(trial)", "observations"]) as ObservationPage)
            .observations
    }

    /// Its log.
    public func log(of name: String, trial: Int) async throws -> String {
        String(
            decoding: try await data(APICall("GET", ["v1", "sweeps", name, "trials", "\(trial)", "log"])),
            as: UTF8.self)
    }

    /// A Pareto front; `objectives` as in the query, `nil`: the sweep's own.
    public func pareto(of name: String, objectives: String? = nil) async throws -> ParetoRecord {
        try await get(["sweeps", name, "pareto"], objectives.map { [.init("objectives", $0)] } ?? [])
    }

    /// The law.
    public func law(of name: String) async throws -> LawRecord { try await get(["sweeps", name, "law"]) }

    /// The answer for a budget; without one, for the sweep's only target. Without a model size, for the sweep's own.
    public func recommendation(
        of name: String, tokenBudget: Int?, modelSize: Int? = nil, held: [LawAxis: Double] = [:],
        strict: Bool = false
    ) async throws -> Recommendation {
        var query: [APIRequest.QueryItem] = []
        if let tokenBudget { query.append(.init("token_budget", "\(tokenBudget)")) }
        if let modelSize { query.append(.init("model_size", "\(modelSize)")) }
        for (axis, value) in held.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            query.append(.init(axis.rawValue, axis == .batchSize ? "\(Int(value))" : "\(value)"))
        }
        if strict { query.append(.init("strict", "true")) }
        return try await get(["sweeps", name, "recommendation"], query)
    }

    /// The sweep in a file format.
    public func export(_ name: String, format: String) async throws -> Data {
        try await data(APICall("GET", ["v1", "sweeps", name, "export"], query: [.init("format", format)]))
    }

    /// Events after an id. With `wait` the answer comes with the first event, or empty after that many seconds.
    public func events(after id: Int64, limit: Int = 1000, wait seconds: Int = 0) async throws -> [SweepEvent]
    {
        let call = APICall(
            "GET", ["v1", "events"],
            query: [.init("after", "\(id)"), .init("limit", "\(limit)"), .init("wait", "\(seconds)")],
            timeout: .seconds(30 + seconds))
        return try await data(call).split(separator: UInt8(ascii: "\n")).map { line in
            try APICoding.decoder().decode(SweepEvent.self, from: Data(line))
        }
    }

    // MARK: Shared

    private func get<Answer: Decodable>(
        _ path: [String], _ query: [APIRequest.QueryItem] = []
    ) async throws -> Answer {
        try await decode(APICall("GET", ["v1"] + path, query: query))
    }

    private func post<Answer: Decodable>(_ path: [String]) async throws -> Answer {
        try await decode(APICall("POST", ["v1"] + path))
    }

    private func decode<Answer: Decodable>(_ call: APICall) async throws -> Answer {
        let body = try await data(call)
        do {
            return try APICoding.decoder().decode(Answer.self, from: body)
        } catch {
            throw TunerError(
                .internalError, "the daemon's answer to '\(call.method) \(call.target)' is not understood",
                why: "\(error)", help: "are daemon and client of the same version? 'tunerd status' tells")
        }
    }

    private func data(_ call: APICall) async throws -> Data {
        let response = try await backend.send(call)
        let body = await response.data()
        if (200..<300).contains(response.status) { return body }
        if let problem = try? APICoding.decoder().decode(ProblemDocument.self, from: body) {
            throw problem.error
        }
        throw TunerError(
            .failed, "the daemon answered '\(call.method) \(call.target)' with status \(response.status)")
    }
}
