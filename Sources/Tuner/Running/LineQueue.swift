import Foundation
import Synchronization

/// Carries what a child process says from the thread that watches it to one asynchronous reader.
final class LineQueue: Sendable {
    /// What comes out.
    enum Item: Sendable {
        case line(ChildProcess.Source, [UInt8])
        /// The last item: how the process ended, or why it did not start.
        case ended(Result<ChildExit, TunerError>)
    }

    private struct State {
        var items: [Item] = []
        var first = 0
        var end: Result<ChildExit, TunerError>?
        var reader: CheckedContinuation<Item, Never>?
    }
    private let state = Mutex(State())

    /// Lines that may wait before the process is made to wait.
    private static let capacity = 4096

    /// Whether there is room; asked before more output is read.
    var isReady: Bool { state.withLock { $0.items.count - $0.first < Self.capacity } }

    /// Whether the process has ended.
    var hasEnded: Bool { state.withLock { $0.end != nil } }

    func add(_ source: ChildProcess.Source, _ line: [UInt8]) {
        state.withLock { state in
            if let reader = state.reader {
                state.reader = nil
                reader.resume(returning: .line(source, line))
            } else {
                state.items.append(.line(source, line))
            }
        }
    }

    func end(_ result: Result<ChildExit, TunerError>) {
        state.withLock { state in
            state.end = result
            state.reader?.resume(returning: .ended(result))
            state.reader = nil
        }
    }

    /// The next item; after the end always the end. One reader at a time.
    func next() async -> Item {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                if state.first < state.items.count {
                    let item = state.items[state.first]
                    state.first += 1
                    if state.first == state.items.count || state.first > Self.capacity {
                        state.items.removeFirst(state.first)
                        state.first = 0
                    }
                    continuation.resume(returning: item)
                } else if let end = state.end {
                    continuation.resume(returning: .ended(end))
                } else {
                    state.reader = continuation
                }
            }
        }
    }

    /// Forgets the lines that wait: what was said between two attempts belongs to neither.
    func clear() {
        state.withLock { state in
            state.items = []
            state.first = 0
        }
    }
}
