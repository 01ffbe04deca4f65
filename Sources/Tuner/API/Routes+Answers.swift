import Foundation
import ScalingLaws

extension Route {
    /// What a sweep found out.
    static let answerRoutes: [Route] = [
        Route(.get, "/v1/sweeps/{name}/pareto", query: ["objectives"]) { call in
            let front = try await call.operations.paretoFront(
                of: call.sweep, objectives: try await objectives(call))
            var trials: [TrialRecord] = []
            for point in front.points {
                let page = try await call.operations.trials(of: call.sweep, after: point.trial - 1, limit: 1)
                trials += page.map(TrialRecord.init)
            }
            return try .json(ParetoRecord(sweep: call.sweep, front: front, trials: trials))
        },
        Route(.get, "/v1/sweeps/{name}/law", query: ["draws"]) { call in
            let fitted = try await call.operations.law(of: call.sweep)
            return try .json(
                LawRecord(sweep: call.sweep, fitted: fitted, draws: try call.query.flag("draws")))
        },
        Route(
            .get, "/v1/sweeps/{name}/recommendation",
            query: ["token_budget", "model_size", "strict"] + LawAxis.allCases.map(\.rawValue)
        ) { call in
            let question = BudgetQuestion(
                tokenBudget: try await budget(call), modelSize: try call.query.count("model_size"),
                held: try held(call))
            let answer = try await call.operations.recommendation(of: call.sweep, question)
            if try call.query.flag("strict") { try answer.refuseWideExtrapolation() }
            return try .json(answer)
        },
        Route(.get, "/v1/sweeps/{name}/export", query: ["format"]) { call in
            guard let name = call.query.text("format") else {
                throw TunerError(
                    .usage, "'format' is missing",
                    help:
                        "one of \(call.surroundings.exporters.exporters.map(\.format.name).joined(separator: ", "))"
                )
            }
            let exporter = try call.surroundings.exporters.exporter(named: name)
            let text = try exporter.export(try await ExportInput.gather(call.sweep, from: call.operations))
            return .text(text, type: exporter.format.mediaType)
        },
    ]

    /// `validation_loss,tokens` or `accuracy:maximize`. A bare name takes the goal the sweep gives it, else `minimize`.
    private static func objectives(_ call: RouteCall) async throws -> [SweepDefinition.Objective]? {
        guard let text = call.query.text("objectives") else { return nil }
        let definition = try await call.operations.definition(of: call.sweep).definition
        let known = [definition.metric] + definition.objectives
        let objectives = try text.split(separator: ",").map { item -> SweepDefinition.Objective in
            let parts = item.split(separator: ":", maxSplits: 1).map(String.init)
            guard let name = parts.first else {
                throw TunerError(
                    .usage, "'\(text)' is not a list of objectives", help: "validation_loss,tokens")
            }
            guard parts.count == 2 else { return known.first { $0.name == name } ?? .init(name: name) }
            guard let goal = SweepDefinition.Objective.Goal(rawValue: parts[1]) else {
                throw TunerError(
                    .usage, "'\(parts[1])' is not a goal of objective '\(name)'",
                    help: "write minimize or maximize")
            }
            return .init(name: name, goal: goal)
        }
        guard objectives.count >= 2, objectives.count <= 8 else {
            throw TunerError(
                .usage, "'\(text)' is not a list of 2 to 8 objectives", help: "validation_loss,tokens")
        }
        return objectives
    }

    /// The asked budget, else the only target of the sweep.
    private static func budget(_ call: RouteCall) async throws -> Int {
        if let budget = try call.query.count("token_budget") { return budget }
        let targets = try await call.operations.definition(of: call.sweep).definition.targetTokenBudgets
        guard let only = targets.first, targets.count == 1 else {
            throw TunerError(
                .usage, "'token_budget' is missing",
                why: targets.isEmpty
                    ? "sweep '\(call.sweep)' has no target_token_budget"
                    : "sweep '\(call.sweep)' has \(targets.count) target budgets",
                help: "say for which budget: token_budget=1B")
        }
        return only
    }

    private static func held(_ call: RouteCall) throws -> [LawAxis: Double] {
        var held: [LawAxis: Double] = [:]
        for axis in LawAxis.allCases {
            let name = axis.rawValue
            switch axis {
            case .batchSize: held[axis] = try call.query.count(name).map(Double.init)
            case .learningRate:
                held[axis] = try call.query.number(name)
                if let value = held[axis], value <= 0 {
                    throw TunerError(.usage, "'\(value)' is not a valid '\(name)'", why: "it is positive")
                }
            case .momentum:
                held[axis] = try call.query.number(name)
                if let value = held[axis], !(0..<1).contains(value) {
                    throw TunerError(.usage, "'\(value)' is not a valid '\(name)'", why: "it is in 0..<1")
                }
            }
        }
        return held
    }
}

extension Recommendation {
    /// Largest extrapolation that `strict` accepts: the one above which the law warns.
    public static let strictExtrapolation = 20.0

    /// Refuses an answer that lies too far beyond the data.
    ///
    /// - Throws: `extrapolationRefused`.
    public func refuseWideExtrapolation() throws {
        guard extrapolationFactor > Self.strictExtrapolation else {
            guard let far = warnings.first(where: { $0.code == .wideExtrapolation }) else { return }
            throw TunerError(
                .extrapolationRefused, far.text,
                why: "strict answers reach up to \(Int(Self.strictExtrapolation)) times",
                help: "train one more, larger model, or ask without strict and mind the interval")
        }
        let factor = Int(extrapolationFactor.rounded())
        throw TunerError(
            .extrapolationRefused,
            "a budget of \(tokenBudget) tokens is \(factor) times the largest trained one",
            why: "strict answers reach up to \(Int(Self.strictExtrapolation)) times",
            help: "train one more, larger budget, or ask without strict and mind the interval")
    }
}
