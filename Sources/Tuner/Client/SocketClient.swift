import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// The daemon on its Unix socket: HTTP/1.1, a connection for each request.
///
/// A connection costs some tens of microseconds, less than any request; nothing has to be kept or closed.
public struct SocketClient: APIBackend {
    /// Where the daemon listens.
    public let path: String
    /// How long a daemon that does not answer yet is waited for; only sensible right after it was started.
    public let patience: Duration
    /// Largest accepted answer, in bytes.
    static let largestAnswer = 256 << 20

    /// A client. With the default patience a missing daemon is an error at once.
    public init(path: String, patience: Duration = .zero) {
        self.path = path
        self.patience = patience
    }

    /// Sends one request.
    public func send(_ call: APICall) async throws -> APIResponse {
        let client = try await connect()
        do {
            return try await within(call.timeout) {
                try await client.executeThenClose { inbound, outbound in
                    try await Self.write(call, to: outbound)
                    return try await Self.read(inbound)
                }
            }
        } catch let error as TunerError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw TunerError(
                .daemonUnreachable, "the connection to '\(path)' broke off", why: "\(error)",
                help: "look at the daemon's own messages; 'tunerd status' tells whether it still runs")
        }
    }

    private func connect() async throws -> NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart> {
        try SocketPath.check(path)
        let deadline = ContinuousClock.now.advanced(by: patience)
        while true {
            do {
                return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(.seconds(5))
                    .connect(unixDomainSocketPath: path) { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHTTPClientHandlers()
                            return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                        }
                    }
            } catch {
                if ContinuousClock.now >= deadline { throw unreachable(error) }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private static func write(
        _ call: APICall, to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws {
        var headers: HTTPHeaders = [
            "host": "localhost", "connection": "close", "accept": "application/json, */*",
        ]
        if !call.body.isEmpty || call.method == "POST" {
            headers.add(name: "content-length", value: "\(call.body.count)")
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: call.method), uri: call.target, headers: headers)
        // In one go: the head of a request without a body is all of it, and the daemon may answer and close before a
        // separate end is written, which would then fail.
        var parts: [HTTPClientRequestPart] = [.head(head)]
        if !call.body.isEmpty { parts.append(.body(.byteBuffer(ByteBuffer(bytes: call.body)))) }
        try await outbound.write(contentsOf: parts + [.end(nil)])
    }

    private static func read(
        _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>
    ) async throws -> APIResponse {
        var response: APIResponse?
        var body = Data()
        for try await part in inbound {
            switch part {
            case .head(let head):
                let headers = head.headers.map { APIResponse.Header($0.name.lowercased(), $0.value) }
                response = APIResponse(status: Int(head.status.code), headers: headers)
            case .body(let buffer):
                body.append(contentsOf: buffer.readableBytesView)
                guard body.count <= largestAnswer else {
                    throw TunerError(
                        .tooLarge, "the daemon's answer is larger than \(largestAnswer >> 20) MiB")
                }
            case .end:
                guard var response else { break }
                response.body = .data(body)
                return response
            }
        }
        throw ChannelError.eof
    }

    private func within(
        _ limit: Duration, _ work: @escaping @Sendable () async throws -> APIResponse
    ) async throws -> APIResponse {
        try await withThrowingTaskGroup(of: APIResponse?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let response = first else {
                throw TunerError(.daemonUnreachable, "the daemon on '\(path)' did not answer within \(limit)")
            }
            return response
        }
    }

    /// Why nobody answers, and how to have somebody answer.
    private func unreachable(_ error: any Error) -> TunerError {
        let code = (error as? IOError)?.errnoCode
        if code == EACCES || code == EPERM {
            return TunerError(
                .notPermitted, "socket '\(path)' may not be opened",
                why: "the daemon belongs to another user",
                help: "run a daemon of your own, or ask its owner")
        }
        let why =
            switch code {
            case ENOENT: "there is no such socket"
            case ECONNREFUSED: "the socket was left behind by a daemon that is gone"
            case ENOTSOCK, EPROTOTYPE: "it is not a stream socket"
            default: "\(error)"
            }
        return TunerError(
            .daemonUnreachable, "no daemon answers on '\(path)'", why: why,
            help:
                "start one with 'tunerd serve', or name the database with --store to read it without a daemon"
        )
    }
}
