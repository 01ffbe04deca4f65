import Foundation

extension Route {
    /// Most trials of an ask, and tells of a request: what one transaction takes in a moment.
    static let mostTogether = 1000

    /// Trials in the hands of an outside loop.
    static let askTellRoutes: [Route] = [
        Route(.post, "/v1/sweeps/{name}/trials", permission: .manage, query: ["count", "wait"]) { call in
            let count = try call.query.integer("count", in: 1...mostTogether) ?? 1
            let wait = try call.query.integer("wait", in: 0...60) ?? 0
            return try .json(try await ask(call, count: count, wait: .seconds(wait)))
        },
        Route(.post, "/v1/sweeps/{name}/trials/{number}/observations", permission: .manage) { call in
            var tell = try body(TrialTell.self, call)
            let number = try call.trialNumber()
            guard tell.trial == 0 || tell.trial == number else {
                throw TunerError(
                    .usage, "the body is about trial \(tell.trial), the path about trial \(number)")
            }
            tell.trial = number
            guard let result = try await call.operations.tell(call.sweep, [tell]).first else {
                throw TunerError(.internalError, "a tell was not answered")
            }
            return try .json(try result.get())
        },
        Route(.post, "/v1/sweeps/{name}/observations", permission: .manage) { call in
            let tells = try body([TrialTell].self, call)
            guard (1...mostTogether).contains(tells.count) else {
                throw TunerError(.usage, "\(tells.count) tells are not possible", why: "1 to 1000 are")
            }
            let results = try await call.operations.tell(call.sweep, tells)
            return try .json(
                TellAnswers(
                    answers: zip(tells, results).map { tell, result in
                        switch result {
                        case .success(let answer): .init(trial: tell.trial, answer: answer)
                        case .failure(let error):
                            .init(trial: tell.trial, problem: ProblemDocument(error))
                        }
                    }))
        },
    ]

    /// Asks, and again while the sweep runs, nothing is there and the caller has time.
    private static func ask(_ call: RouteCall, count: Int, wait: Duration) async throws -> AskAnswer {
        let deadline = ContinuousClock.now.advanced(by: wait)
        while true {
            let answer = try await call.operations.ask(call.sweep, count: count)
            let isWorthWaiting = answer.trials.isEmpty && answer.state == .running
            guard isWorthWaiting, ContinuousClock.now < deadline else { return answer }
            try await Task.sleep(for: call.surroundings.eventInterval)
        }
    }

    /// The JSON of a body; `NaN` and `Infinity`, which several languages write, are read as well.
    private static func body<Value: Decodable>(_ type: Value.Type, _ call: RouteCall) throws -> Value {
        do {
            return try TrialProtocol.decoder(lenient: true).decode(type, from: call.request.body)
        } catch let error as DecodingError {
            throw TunerError(
                .usage, "the body is not what is expected here", why: error.shortText,
                help: "for example {\"token\":\"...\",\"finished\":{\"outcome\":\"completed\",\"metrics\":"
                    + "{\"validation_loss\":1.98}}}")
        }
    }
}

extension DecodingError {
    /// Where the JSON is not as expected, in one line.
    fileprivate var shortText: String {
        func place(_ context: Context) -> String {
            context.codingPath.isEmpty
                ? "" : " at '\(context.codingPath.map(\.stringValue).joined(separator: "."))'"
        }
        switch self {
        case .keyNotFound(let key, let context): return "'\(key.stringValue)' is missing\(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(context.debugDescription)\(place(context))"
        case .dataCorrupted(let context): return "it is not JSON: \(context.debugDescription)"
        @unknown default: return "\(self)"
        }
    }
}
