import CTunerSystem
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Tuner

/// Serves the API on a bound Unix socket until it is told to stop.
///
/// HTTP is parsed on the event loop; each connection has a task that hands whole requests to `respond` and writes
/// the answer. Connections, requests in flight, headers and bodies are bounded.
final class SocketServer: Sendable {
    /// The bounds.
    struct Limits: Sendable {
        /// Open connections; further ones are closed at once.
        var connections = 64
        /// Requests being answered; further ones get 503.
        var requestsInFlight = 32
        /// Bytes of a body.
        var bodyBytes = 4 << 20
        /// Bytes of request line and headers.
        var headerBytes = 16 << 10
        /// A connection without traffic is closed after this.
        var idle: TimeAmount = .minutes(5)
    }

    typealias Inbound = HTTPServerRequestPart
    typealias Outbound = HTTPPart<HTTPResponseHead, IOData>

    let limits: Limits
    let version: String
    let respond: @Sendable (APIRequest) async -> APIResponse
    private let listener: SocketListener
    private let state = Mutex(ServerState())

    /// What connections share.
    private struct ServerState {
        var listening: (any Channel)?
        var serving: Task<Void, any Error>?
        var connections: [ObjectIdentifier: (channel: any Channel, busy: Bool)] = [:]
        var draining = false
        var busy: Int { connections.values.reduce(0) { $0 + ($1.busy ? 1 : 0) } }
    }

    /// A server.
    init(
        listener: SocketListener, version: String, limits: Limits = Limits(),
        respond: @escaping @Sendable (APIRequest) async -> APIResponse
    ) {
        self.listener = listener
        self.version = version
        self.limits = limits
        self.respond = respond
    }

    /// Serves until `drain` is called, which may be before this; `ready` is called once connections are accepted.
    func run(ready: @Sendable () -> Void) async throws {
        defer { listener.remove() }
        let idle = limits.idle
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 128)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .bind(listener.descriptor) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(IdleStateHandler(allTimeout: idle))
                    try channel.pipeline.syncOperations.addHandler(IdleCloser())
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    let peer = try Self.peer(of: channel)
                    let wrapped = try NIOAsyncChannel<Inbound, Outbound>(
                        wrappingChannelSynchronously: channel)
                    return (wrapped, peer)
                }
            }
        let serving = Task {
            try await server.executeThenClose { clients in
                await withDiscardingTaskGroup { group in
                    do {
                        for try await (client, peer) in clients {
                            group.addTask { await self.serve(client, peer: peer) }
                        }
                    } catch {
                        // The listening socket is gone: those connections that are open are served to their end.
                    }
                }
            }
        }
        let isLate = state.withLock { state in
            state.listening = server.channel
            state.serving = serving
            return state.draining
        }
        if isLate {
            // A drain that came before found nothing to close.
            server.channel.close(promise: nil)
            serving.cancel()
        } else {
            ready()
        }
        do {
            try await serving.value
        } catch {
            if !state.withLock({ $0.draining }) { throw error }
        }
    }

    /// Accepts no more connections, lets requests in flight finish for `seconds`, then cuts off the rest. `run`
    /// returns afterwards.
    func drain(seconds: Double) async {
        let (listening, idle) = state.withLock { state in
            state.draining = true
            return (state.listening, state.connections.values.filter { !$0.busy }.map(\.channel))
        }
        listening?.close(promise: nil)
        for channel in idle { channel.close(promise: nil) }
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while ContinuousClock.now < deadline, state.withLock({ $0.busy > 0 }) {
            try? await Task.sleep(for: .milliseconds(20))
        }
        for channel in state.withLock({ $0.connections.values.map(\.channel) }) {
            channel.close(promise: nil)
        }
        // Waiting requests and streams end only when they are told.
        state.withLock { $0.serving }?.cancel()
    }

    // MARK: A connection

    private func serve(_ client: NIOAsyncChannel<Inbound, Outbound>, peer: PeerCredentials) async {
        let key = ObjectIdentifier(client.channel)
        let admitted = state.withLock { state in
            guard !state.draining, state.connections.count < limits.connections else { return false }
            state.connections[key] = (client.channel, false)
            return true
        }
        defer { state.withLock { $0.connections[key] = nil } }
        // An error here is the peer going away, or sending what is not HTTP: either way the connection is over.
        try? await client.executeThenClose { inbound, outbound in
            guard admitted else { return }
            var reader = RequestReader(limits: self.limits, peer: peer)
            // One iterator: a second one would be a fatal error.
            var parts = inbound.makeAsyncIterator()
            while let part = try await parts.next() {
                switch reader.take(part) {
                case .more: continue
                case .expectsContinue:
                    try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
                case .refused(let response):
                    try await ResponseWriter.write(
                        response, keepAlive: false, version: self.version, to: outbound)
                    // The rest is read and thrown away: closing on a client that still writes would take the
                    // answer from it.
                    var discarded = 0
                    while let rest = try await parts.next() {
                        if case .end = rest { return }
                        if case .body(let buffer) = rest { discarded += buffer.readableBytes }
                        if discarded > 8 * self.limits.bodyBytes { return }
                    }
                    return
                case .complete(let request, let keepAlive):
                    let admittedRequest = self.state.withLock { state in
                        guard state.busy < self.limits.requestsInFlight else { return false }
                        state.connections[key]?.busy = true
                        return true
                    }
                    let response =
                        admittedRequest
                        ? await self.respond(request)
                        : ProblemDocument(TunerError(.daemonUnreachable, "too many requests at once"))
                            .response(headers: [.init("retry-after", "1")])
                    let stays = keepAlive && self.state.withLock { !$0.draining }
                    try await ResponseWriter.write(
                        response, keepAlive: stays, version: self.version, to: outbound)
                    self.state.withLock { $0.connections[key]?.busy = false }
                    if !stays { return }
                }
            }
        }
    }

    private static func peer(of channel: any Channel) throws -> PeerCredentials {
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        let result = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) {
            descriptor in
            tuner_peer_credentials(descriptor, &pid, &uid, &gid)
        }
        guard result == 0 else { throw TunerError(.notPermitted, "the peer's credentials cannot be read") }
        return PeerCredentials(userID: uid, groupID: gid, processID: pid)
    }
}

/// Closes a connection nothing happens on.
private final class IdleCloser: ChannelInboundHandler {
    typealias InboundIn = Any

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
