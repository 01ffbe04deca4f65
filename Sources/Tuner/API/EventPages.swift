import Foundation

/// The events resource: a page, a page that waits for its first event, or an endless stream.
struct EventPages: Sendable {
    static let mediaType = "application/jsonl"
    /// A stream without events sends an empty line this often, so that a reader that went away is noticed.
    static let heartbeat: Duration = .seconds(15)

    private let operations: any SweepOperations
    private let interval: Duration
    private let after: Int64
    private let limit: Int
    private let wait: Int
    private let follow: Bool

    init(_ call: RouteCall) throws {
        operations = call.operations
        interval = call.surroundings.eventInterval
        after = Int64(try call.query.integer("after", in: 0...Int.max) ?? 0)
        limit = try call.query.integer("limit", in: 1...1000) ?? 1000
        wait = try call.query.integer("wait", in: 0...60) ?? 0
        follow = try call.query.flag("follow")
    }

    func response() async throws -> APIResponse {
        let headers = [APIResponse.Header("content-type", Self.mediaType)]
        if follow { return APIResponse(status: 200, headers: headers, body: .pieces(stream())) }
        let deadline = ContinuousClock.now.advanced(by: .seconds(wait))
        while true {
            let events = try await operations.events(after: after, limit: limit)
            if !events.isEmpty || ContinuousClock.now >= deadline {
                return APIResponse(status: 200, headers: headers, body: .data(try Self.lines(events)))
            }
            try await Task.sleep(for: interval)
        }
    }

    private func stream() -> AsyncStream<Data> {
        // Unbounded buffering would let a slow reader fill the memory: the producer asks the service again only
        // after the last page was handed over, and a page has at most `limit` events.
        let (stream, continuation) = AsyncStream<Data>.makeStream(bufferingPolicy: .bufferingOldest(64))
        let producer = Task {
            var last = after
            var silentSince = ContinuousClock.now
            while !Task.isCancelled {
                guard let events = try? await operations.events(after: last, limit: limit) else { break }
                if let newest = events.last {
                    guard let page = try? Self.lines(events) else { break }
                    // A full buffer drops nothing: the page is asked for again.
                    if case .enqueued = continuation.yield(page) { last = newest.id }
                    silentSince = .now
                } else if silentSince.duration(to: .now) > Self.heartbeat {
                    continuation.yield(Data("\n".utf8))
                    silentSince = .now
                }
                try? await Task.sleep(for: interval)
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in producer.cancel() }
        return stream
    }

    private static func lines(_ events: [SweepEvent]) throws -> Data {
        let encoder = APICoding.encoder()
        var lines = Data()
        for event in events {
            lines.append(try encoder.encode(event))
            lines.append(UInt8(ascii: "\n"))
        }
        return lines
    }
}
