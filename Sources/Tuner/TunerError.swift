/// The one error type: what is wrong, a stable code, why, and how to mend it.
///
/// `code` decides the exit status of the program and the HTTP status of the socket (`ErrorCode`); `message` quotes
/// the offending value; nothing secret goes into any field.
public struct TunerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    public var code: ErrorCode
    /// What is wrong, lower case, without a full stop.
    public var message: String
    /// Why, when that is not plain from the message.
    public var why: String?
    /// How to mend it.
    public var help: String?
    /// Problems of a sweep file or table, sorted by position.
    public var diagnostics: [SweepDiagnostic]

    /// An error.
    public init(
        _ code: ErrorCode, _ message: String, why: String? = nil, help: String? = nil,
        diagnostics: [SweepDiagnostic] = []
    ) {
        self.code = code
        self.message = message
        self.why = why
        self.help = help
        self.diagnostics = diagnostics
    }

    /// `message`, then why and help on lines of their own.
    public var description: String {
        var lines = [message]
        if let why { lines.append("  why: \(why)") }
        if let help { lines.append("  help: \(help)") }
        return lines.joined(separator: "\n")
    }
}

/// Failures by kind, with the exit status of the program and the status of the socket.
public enum ErrorCode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Failed; the message says how.
    case failed
    /// No such sweep or trial.
    case notFound = "not-found"
    /// Name taken, or wrong state.
    case conflict
    /// Refused by `--strict`: too far extrapolated.
    case extrapolationRefused = "extrapolation-refused"
    /// Wrong use of the program or a malformed request.
    case usage
    /// The sweep file has errors.
    case invalidSweep = "invalid-sweep"
    /// A table of runs cannot be read.
    case invalidTable = "invalid-table"
    /// The daemon does not answer.
    case daemonUnreachable = "daemon-unreachable"
    /// A bug in tunerd.
    case internalError = "internal-error"
    /// An output file cannot be written.
    case cannotWrite = "cannot-write"
    /// Not enough data yet: says what is missing and how to get it.
    case notEnoughData = "not-enough-data"
    /// Not permitted on this socket.
    case notPermitted = "not-permitted"
    /// The configuration of the daemon is wrong.
    case badConfiguration = "bad-configuration"
    /// The request is too large.
    case tooLarge = "too-large"

    /// Exit status of the program.
    public var exitStatus: Int32 {
        switch self {
        case .failed, .tooLarge: 1
        case .notFound: 10
        case .conflict: 11
        case .extrapolationRefused: 12
        case .usage: 64
        case .invalidSweep, .invalidTable: 65
        case .daemonUnreachable: 69
        case .internalError: 70
        case .cannotWrite: 73
        case .notEnoughData: 75
        case .notPermitted: 77
        case .badConfiguration: 78
        }
    }

    /// Status on the socket.
    public var httpStatus: Int {
        switch self {
        case .notFound: 404
        case .conflict: 409
        case .extrapolationRefused, .invalidSweep, .invalidTable: 422
        case .usage: 400
        case .notEnoughData: 409
        case .notPermitted: 403
        case .tooLarge: 413
        case .daemonUnreachable: 503
        case .failed, .internalError, .cannotWrite, .badConfiguration: 500
        }
    }
}

/// One problem of a sweep file or table, at its place.
public struct SweepDiagnostic: Sendable, Hashable, Codable {
    /// How the file is named in the message.
    public var file: String
    /// Line, from 1.
    public var line: Int
    /// Column in characters, from 1.
    public var column: Int
    /// Characters underlined.
    public var length: Int
    /// What is wrong, the offending value quoted.
    public var message: String
    /// Stable kebab-case code.
    public var code: String
    /// Why.
    public var why: String?
    /// How to mend it.
    public var help: String?
    /// The line of the file, for the caret display.
    public var sourceLine: String

    enum CodingKeys: String, CodingKey {
        case file, line, column, length, message, code, why, help
        case sourceLine = "source_line"
    }

    /// A problem.
    public init(
        file: String, line: Int, column: Int, length: Int, message: String, code: String, why: String? = nil,
        help: String? = nil, sourceLine: String
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.length = length
        self.message = message
        self.code = code
        self.why = why
        self.help = help
        self.sourceLine = sourceLine
    }
}
