import Foundation
import Synchronization

/// Writes whole protocol lines to a descriptor.
final class ProtocolWriter: Sendable {
    private let descriptor: Int32
    private let broken = Mutex(false)

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Whether nobody reads any more.
    var isBroken: Bool { broken.withLock { $0 } }

    /// Writes one line. A line longer than the protocol allows is replaced by one that says so.
    func write(_ content: TrialProtocol.Line) {
        guard var line = try? TrialProtocol.line(content) else { return }
        if line.count > TrialProtocol.longestLine {
            guard case .finished = content else { return }
            let result = AttemptResult.failed(
                reason: "its result has \(line.count) bytes, more than a line of the protocol may have",
                permanent: true)
            guard let short = try? TrialProtocol.line(.finished(result)) else { return }
            line = short
        }
        write(line)
    }

    /// Writes what attempts of a stack say at the same time: one line, or several where one would be too long.
    func write(_ reports: [StackedReport]) {
        guard let first = reports.first, let line = try? TrialProtocol.line(.stacked(reports)) else { return }
        if line.count <= TrialProtocol.longestLine { return write(line) }
        guard reports.count > 1 else {
            guard case .finished = first.content else { return }
            let result = AttemptResult.failed(
                reason: "its result has \(line.count) bytes, more than a line of the protocol may have",
                permanent: true)
            return write([StackedReport(attempt: first.attempt, content: .finished(result))])
        }
        write(Array(reports[..<(reports.count / 2)]))
        write(Array(reports[(reports.count / 2)...]))
    }

    private func write(_ line: Data) {
        broken.withLock { broken in
            line.withUnsafeBytes { bytes in
                var done = 0
                while done < bytes.count, !broken {
                    let count = Foundation.write(
                        descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                    if count < 0 && errno == EAGAIN { usleep(1000) }
                    if count < 0 && errno != EINTR && errno != EAGAIN { broken = true }
                    done += max(0, count)
                }
            }
        }
    }
}
