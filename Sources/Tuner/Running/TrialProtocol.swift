import Engine
import Foundation

/// The trial protocol, version 1: JSON Lines in UTF-8, at most 64 KiB a line.
///
///     in   {"protocol":1,"sweep":"s","trial":17,...}                       one attempt
///     in   {"stack":[{"protocol":1,"sweep":"s","trial":17,...},...]}       attempts of one shape, daemon to worker only
///     in   {"answer":{"attempt":"td-...","sequence":3,"directive":"stop"}} daemon to worker only
///     out  {"observation":{"sequence":3,"step":200,...}}
///     out  {"finished":{"outcome":"completed","metrics":{...}}}
///     out  {"started":{"process_group":4711}}                              worker to daemon only
///     out  {"stacked":[{"attempt":"td-...","observation":{...}},...]}      worker to daemon only, of a stack
///
/// Whatever else comes out is the trial's log.
enum TrialProtocol {
    /// Version of the protocol.
    static let version = 1
    /// Bytes of the longest line.
    static let longestLine = 64 * 1024

    /// One line of a trial's output.
    enum Line: Sendable, Hashable {
        case observation(Observation)
        case finished(AttemptResult)
        /// The process group of a command, so that the daemon can end it when the worker cannot.
        case started(processGroup: Int32)
        /// What attempts of a stack say at the same time.
        case stacked([StackedReport])
        case log(String)
    }

    /// Reads a line. A line that looks like the protocol and is not is log.
    static func parse(_ bytes: [UInt8]) -> Line {
        let start = bytes.first { $0 != UInt8(ascii: " ") }
        if start == UInt8(ascii: "{"), let object = decode(Data(bytes)) {
            if let observation = object.observation { return .observation(observation.observation) }
            if let finished = object.finished, let result = finished.result { return .finished(result) }
            if let reports = object.stacked { return .stacked(reports) }
            if let started = object.started { return .started(processGroup: started.processGroup) }
        }
        return .log(String(decoding: bytes, as: UTF8.self))
    }

    /// The bytes of a line, newline included.
    static func line(_ content: Line) throws -> Data {
        var object = OutputObject()
        switch content {
        case .observation(let observation): object.observation = LenientObservation(observation)
        case .finished(let result): object.finished = FinishedRecord(result)
        case .started(let group): object.started = StartedRecord(processGroup: group)
        case .stacked(let reports): object.stacked = reports
        case .log(let text): return Data((text + "\n").utf8)
        }
        return try encode(object)
    }

    /// The line that hands over an attempt.
    ///
    /// - Throws: `failed` when it is longer than the protocol allows.
    static func line(_ spec: AttemptSpec) throws -> Data {
        let data = try encode(spec)
        guard data.count <= longestLine else {
            throw TunerError(
                .failed, "the description of attempt '\(spec.name)' has \(data.count) bytes",
                why: "a line of the trial protocol has at most \(longestLine)")
        }
        return data
    }

    /// Attempts of a stack at most: as many whole attempts as a worker reads as one line.
    static let largestStack = 16

    /// The line that hands over the attempts of a stack.
    ///
    /// - Throws: `failed` when one of them is longer than the protocol allows.
    static func line(stack specs: [AttemptSpec]) throws -> Data {
        for spec in specs { _ = try line(spec) }
        return try encode(StackObject(stack: specs))
    }

    /// Reads the attempts of a stack; `nil` for any other line.
    static func stack(_ bytes: [UInt8]) throws -> [AttemptSpec]? {
        guard bytes.starts(with: stackStart) else { return nil }
        return try decoder().decode(StackObject.self, from: Data(bytes)).stack.map(checked)
    }

    private static let stackStart = Array(#"{"stack":"#.utf8)

    private struct StackObject: Codable {
        var stack: [AttemptSpec]
    }

    /// The line that answers an observation.
    static func line(_ answer: TrialAnswer) throws -> Data { try encode(InputObject(answer: answer)) }

    /// Reads an answer; `nil` for any other line.
    static func answer(_ bytes: [UInt8]) -> TrialAnswer? {
        // Attempts are long, and nothing but an answer begins like one.
        guard bytes.starts(with: answerStart) else { return nil }
        return try? decoder().decode(InputObject.self, from: Data(bytes)).answer
    }

    private static let answerStart = Array(#"{"answer":"#.utf8)

    private struct InputObject: Codable {
        var answer: TrialAnswer
    }

    /// Reads a handed-over attempt.
    static func spec(_ bytes: [UInt8]) throws -> AttemptSpec {
        try checked(decoder().decode(AttemptSpec.self, from: Data(bytes)))
    }

    private static func checked(_ spec: AttemptSpec) throws -> AttemptSpec {
        guard spec.protocolVersion == version else {
            throw TunerError(
                .failed, "version \(spec.protocolVersion) of the trial protocol is not supported")
        }
        return spec
    }

    static func encode<Value: Encodable>(_ value: Value) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(value) + Data([UInt8(ascii: "\n")])
    }

    /// - Parameter lenient: also reads `NaN` and `Infinity`, which several languages write although JSON has none.
    /// - Returns: a decoder.
    static func decoder(lenient: Bool = false) -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.allowsJSON5 = lenient
        return decoder
    }

    private static func decode(_ data: Data) -> OutputObject? {
        if let object = try? decoder().decode(OutputObject.self, from: data) { return object }
        return try? decoder(lenient: true).decode(OutputObject.self, from: data)
    }

    private struct OutputObject: Codable {
        var observation: LenientObservation?
        var finished: FinishedRecord?
        var started: StartedRecord?
        var stacked: [StackedReport]?
    }

    private struct StartedRecord: Codable {
        var processGroup: Int32
        enum CodingKeys: String, CodingKey { case processGroup = "process_group" }
    }
}

/// An observation as a program writes it: what the worker can fill in may be left out. A missing sequence is 0.
struct LenientObservation: Codable, Hashable {
    var sequence: Int?
    var step: Int?
    var tokens: Int?
    var metrics: [String: Double]
    var elapsedSeconds: Double?
    var shorterRuns: [ShorterRun]?

    enum CodingKeys: String, CodingKey {
        case sequence, step, tokens, metrics
        case elapsedSeconds = "elapsed_seconds"
        case shorterRuns = "shorter_runs"
    }

    /// An observation with nothing but metrics.
    init(metrics: [String: Double]) { self.metrics = metrics }

    init(_ observation: Observation) {
        sequence = observation.sequence
        step = observation.step
        tokens = observation.tokens
        metrics = observation.metrics
        elapsedSeconds = observation.elapsedSeconds
        shorterRuns = observation.shorterRuns
    }

    var observation: Observation {
        Observation(
            sequence: sequence ?? 0, step: step ?? 0, tokens: tokens ?? 0, metrics: metrics,
            elapsedSeconds: elapsedSeconds ?? 0, shorterRuns: shorterRuns)
    }
}

/// The `finished` object, and the content of `result.json`.
struct FinishedRecord: Codable, Hashable {
    var outcome: String
    var metrics: [String: Double]?
    var step: Int?
    var reason: String?
    var permanent: Bool?

    init(_ result: AttemptResult) {
        switch result {
        case .completed(let values): (outcome, metrics) = ("completed", values)
        case .diverged(let at, let values): (outcome, step, metrics) = ("diverged", at, values)
        case .failed(let why, let forGood): (outcome, reason, permanent) = ("failed", why, forGood)
        case .stopped: outcome = "stopped"
        case .paused: outcome = "paused"
        case .interrupted: outcome = "interrupted"
        }
    }

    /// `nil` for an outcome this version does not know.
    var result: AttemptResult? {
        switch outcome {
        case "completed": .completed(metrics: metrics ?? [:])
        case "diverged": .diverged(step: step, metrics: metrics ?? [:])
        case "failed": .failed(reason: reason ?? "it gave no reason", permanent: permanent ?? false)
        case "stopped": .stopped
        case "paused": .paused
        case "interrupted": .interrupted
        default: nil
        }
    }
}
