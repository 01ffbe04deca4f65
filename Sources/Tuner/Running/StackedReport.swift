/// What one attempt of a stack says.
struct StackedReport: Sendable, Hashable {
    /// What can be said.
    enum Content: Sendable, Hashable {
        case observation(Observation)
        case finished(AttemptResult)
    }

    /// Name of the attempt.
    var attempt: String
    /// What it says.
    var content: Content
}

extension StackedReport: Codable {
    private enum CodingKeys: String, CodingKey { case attempt, observation, finished }

    /// Reads a report; fails on one without an observation or an outcome that this version knows.
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        attempt = try values.decode(String.self, forKey: .attempt)
        if let observation = try values.decodeIfPresent(Observation.self, forKey: .observation) {
            content = .observation(observation)
        } else if let result = try values.decode(FinishedRecord.self, forKey: .finished).result {
            content = .finished(result)
        } else {
            throw DecodingError.dataCorruptedError(
                forKey: .finished, in: values, debugDescription: "an unknown outcome")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(attempt, forKey: .attempt)
        switch content {
        case .observation(let observation): try values.encode(observation, forKey: .observation)
        case .finished(let result): try values.encode(FinishedRecord(result), forKey: .finished)
        }
    }
}
