import CTunerSystem
import Foundation

/// The descriptors of a running child, polled by one thread.
struct ChildWatch {
    private(set) var hasExited = false
    private let pid: pid_t
    private let wake: Int32
    private let handle: Int32
    private var input: Int32?
    private var output: Outlet
    private var error: Outlet
    private var early: ChildExit?

    /// One of the two outputs.
    private struct Outlet {
        var descriptor: Int32?
        var splitter = LineSplitter()
    }

    /// Milliseconds between looks when something cannot be polled for.
    private static let lookInterval: Int32 = 20
    /// Seconds that output may come in after the end of the process, from one that left its group.
    private static let lastWords = 0.5

    init(_ process: ChildLaunch.Started, wake: Int32) {
        pid = process.pid
        self.wake = wake
        handle = tuner_process_descriptor(process.pid)
        input = process.input
        output = Outlet(descriptor: process.output)
        error = Outlet(descriptor: process.error)
    }

    /// Waits for something to happen and handles it.
    ///
    /// - Parameters:
    ///   - bytes: to write.
    ///   - closesInput: whether to close the input once they are written.
    ///   - readsOutput: whether output is read at all.
    ///   - deadline: when to return at the latest.
    ///   - onLine: gets the lines.
    /// - Returns: how many of `bytes` are done with.
    mutating func step(
        input bytes: [UInt8], closesInput: Bool, readsOutput: Bool, deadline: ContinuousClock.Instant?,
        _ onLine: (ChildProcess.Source, [UInt8]) -> Void
    ) -> Int {
        if closesInput, bytes.isEmpty { closeInput() }
        var polled = [
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            pollfd(fd: handle, events: Int16(POLLIN), revents: 0),
        ]
        if readsOutput {
            for descriptor in [output.descriptor, error.descriptor].compactMap({ $0 }) {
                polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            }
        }
        if let input, !bytes.isEmpty { polled.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
        let count = poll(&polled, nfds_t(polled.count), timeout(readsOutput: readsOutput, deadline: deadline))
        var written = 0
        if count > 0 {
            if polled[0].revents != 0 { emptyWake() }
            if readsOutput { readAvailable(onLine) }
            if !bytes.isEmpty { written = writeInput(bytes) }
        }
        if handle >= 0 {
            hasExited = polled[1].revents != 0
        } else if let exit = ChildExit.reap(pid, block: false) {
            early = exit
            hasExited = true
        }
        return input == nil ? bytes.count : written
    }

    /// Reads what is left after the end of the process; a process that left the group may hold a pipe open, and is
    /// waited for only a moment.
    mutating func drain(_ onLine: (ChildProcess.Source, [UInt8]) -> Void) {
        closeInput()
        let end = ContinuousClock.now + .seconds(Self.lastWords)
        readAvailable(onLine)
        while output.descriptor != nil || error.descriptor != nil, ContinuousClock.now < end {
            var polled = [output.descriptor, error.descriptor].compactMap { $0 }.map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            _ = poll(&polled, nfds_t(polled.count), Self.lookInterval)
            readAvailable(onLine)
        }
        Self.finish(&output, .output, onLine)
        Self.finish(&error, .error, onLine)
    }

    /// Takes the process's end off the system and closes what is still open.
    mutating func reap() -> ChildExit {
        if handle >= 0 { close(handle) }
        return early ?? ChildExit.reap(pid, block: true)
            ?? ChildExit(status: .exited(-1), userSeconds: 0, systemSeconds: 0, peakResidentBytes: 0)
    }

    private func timeout(readsOutput: Bool, deadline: ContinuousClock.Instant?) -> Int32 {
        if handle < 0 || !readsOutput { return Self.lookInterval }
        guard let deadline else { return -1 }
        let left = ContinuousClock.now.duration(to: deadline)
        return Int32(
            max(
                0,
                min(
                    left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1,
                    60_000)))
    }

    private mutating func closeInput() {
        if let input { close(input) }
        input = nil
    }

    private mutating func writeInput(_ bytes: [UInt8]) -> Int {
        guard let input else { return bytes.count }
        let count = write(input, bytes, bytes.count)
        if count >= 0 { return count }
        if errno == EAGAIN || errno == EINTR { return 0 }
        closeInput()
        return bytes.count
    }

    private func emptyWake() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wake, &bytes, bytes.count) > 0 {}
    }

    private mutating func readAvailable(_ onLine: (ChildProcess.Source, [UInt8]) -> Void) {
        Self.readAvailable(&output, .output, onLine)
        Self.readAvailable(&error, .error, onLine)
    }

    /// Reads until there is nothing more for now, but at most 1 MiB, so that no stream starves the other.
    private static func readAvailable(
        _ stream: inout Outlet, _ source: ChildProcess.Source,
        _ onLine: (ChildProcess.Source, [UInt8]) -> Void
    ) {
        guard let descriptor = stream.descriptor else { return }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64 * 1024) { buffer in
            for _ in 0..<16 {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 {
                    stream.splitter.add(UnsafeBufferPointer(rebasing: buffer[..<count])) {
                        onLine(source, $0)
                    }
                    if count < buffer.count { return }
                } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                    finish(&stream, source, onLine)
                    return
                } else {
                    return
                }
            }
        }
    }

    private static func finish(
        _ stream: inout Outlet, _ source: ChildProcess.Source,
        _ onLine: (ChildProcess.Source, [UInt8]) -> Void
    ) {
        guard let descriptor = stream.descriptor else { return }
        stream.splitter.finish { onLine(source, $0) }
        close(descriptor)
        stream.descriptor = nil
    }
}
