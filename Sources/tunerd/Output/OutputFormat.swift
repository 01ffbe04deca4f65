import Foundation
import Tuner

/// How a result is written.
enum OutputFormat: Sendable {
    /// For a person.
    case text
    /// One JSON value with full precision.
    case json
}

/// A result that can be written in every format; a new format is a compile error until every result has it.
protocol Presentable {
    associatedtype Record: Encodable

    /// The shape in JSON, the same as on the socket.
    var record: Record { get }

    /// The text for a person, without a final line feed.
    func text(_ style: TextStyle) -> String
}

/// The one place results go to standard output.
enum Output {
    /// Writes a result.
    static func show(_ result: some Presentable, as format: OutputFormat) throws {
        switch format {
        case .text: try write(Data((result.text(.standardOutput) + "\n").utf8))
        case .json: try write(try APICoding.encoder(pretty: true).encode(result.record) + Data("\n".utf8))
        }
    }

    /// Writes bytes as they are.
    static func write(_ data: Data) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: data)
        } catch {
            let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
            // The reader went away, which is its right: end as if SIGPIPE were not ignored.
            if reason.domain == NSPOSIXErrorDomain, reason.code == Int(EPIPE) {
                Foundation.exit(128 + SIGPIPE)
            }
            throw TunerError(
                .cannotWrite, "standard output cannot be written", why: reason.localizedDescription)
        }
    }

    /// Writes a line to standard error.
    static func note(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
