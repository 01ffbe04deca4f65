import Foundation

extension Route {
    /// Trials of a sweep.
    static let trialRoutes: [Route] = [
        Route(.get, "/v1/sweeps/{name}/trials", query: ["after", "limit"]) { call in
            let after = try call.query.integer("after", in: 0...Int.max) ?? 0
            let limit = try call.query.integer("limit", in: 1...1000) ?? 100
            let trials = try await call.operations.trials(of: call.sweep, after: after, limit: limit)
            return try .json(
                TrialPage(
                    trials: trials.map(TrialRecord.init),
                    nextAfter: trials.count == limit ? trials.last?.number : nil))
        },
        Route(.get, "/v1/sweeps/{name}/trials/{number}") { call in
            try .json(TrialRecord(try await trial(call)))
        },
        Route(.get, "/v1/sweeps/{name}/trials/{number}/observations") { call in
            let number = try await trial(call).number
            return try .json(
                ObservationPage(
                    observations: try await call.operations.observations(of: call.sweep, trial: number)))
        },
        Route(.get, "/v1/sweeps/{name}/trials/{number}/log") { call in
            .text(try await call.operations.log(of: call.sweep, trial: try await trial(call).number))
        },
    ]

    private static func trial(_ call: RouteCall) async throws -> Trial {
        let number = try call.trialNumber()
        let page = try await call.operations.trials(of: call.sweep, after: number - 1, limit: 1)
        guard let trial = page.first, trial.number == number else {
            throw TunerError(.notFound, "sweep '\(call.sweep)' has no trial \(number)")
        }
        return trial
    }
}
