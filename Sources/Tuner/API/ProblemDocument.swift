import Foundation

/// An error on the socket: `application/problem+json` (RFC 9457) with the fields of `TunerError`.
public struct ProblemDocument: Sendable, Hashable, Codable {
    /// `urn:tunerd:error:<code>`.
    public var type: String
    /// The kind of failure in a few words; the same for every occurrence.
    public var title: String
    /// HTTP status.
    public var status: Int
    /// What is wrong this time.
    public var detail: String
    /// Stable code; see `ErrorCode`.
    public var code: String
    /// Why.
    public var why: String?
    /// How to mend it.
    public var help: String?
    /// Problems of a sweep file, sorted by position; absent otherwise.
    public var diagnostics: [SweepDiagnostic]?

    /// The media type.
    public static let mediaType = "application/problem+json"

    /// A problem from an error. `status` overrides the one of the code where HTTP has a finer one.
    public init(_ error: TunerError, status: Int? = nil) {
        type = "urn:tunerd:error:\(error.code.rawValue)"
        title = error.code.title
        self.status = status ?? error.code.httpStatus
        detail = error.message
        code = error.code.rawValue
        why = error.why
        help = error.help
        diagnostics = error.diagnostics.isEmpty ? nil : error.diagnostics
    }

    /// The error a client throws for it. An unknown code is a plain failure.
    public var error: TunerError {
        TunerError(
            ErrorCode(rawValue: code) ?? .failed, detail, why: why, help: help, diagnostics: diagnostics ?? []
        )
    }

    /// The response that carries it.
    public func response(headers: [APIResponse.Header] = []) -> APIResponse {
        let body = (try? APICoding.encoder().encode(self)) ?? Data()
        return APIResponse(
            status: status, headers: [.init("content-type", Self.mediaType)] + headers, body: .data(body))
    }
}

extension ErrorCode {
    /// The kind of failure in a few words.
    public var title: String {
        switch self {
        case .failed: "Failed"
        case .notFound: "Not found"
        case .conflict: "Conflict"
        case .extrapolationRefused: "Too far extrapolated"
        case .usage: "Malformed request"
        case .invalidSweep: "Invalid sweep file"
        case .invalidTable: "Invalid table"
        case .daemonUnreachable: "Daemon not available"
        case .internalError: "Internal error"
        case .cannotWrite: "Cannot write"
        case .notEnoughData: "Not enough data yet"
        case .notPermitted: "Not permitted"
        case .badConfiguration: "Bad configuration"
        case .tooLarge: "Too large"
        }
    }
}
