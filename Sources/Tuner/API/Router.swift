import Foundation
import Plugins

/// Answers requests: a pure function of (request, service), so that the socket, a program without a daemon and a test
/// get the same answers.
///
///     let response = await router.respond(to: request, using: service)
///
/// It refuses what a browser could send across (any `Origin` or `Referer`, a foreign `Host`), checks what the peer may
/// do, and turns every error into a problem document.
public struct Router: Sendable {
    /// What the router needs to know that is not in the service.
    public struct Surroundings: Sendable {
        /// Program version.
        public var version: String
        /// What sweep files can name.
        public var plugins: PluginListing
        /// Exporters.
        public var exporters: ExporterRegistry
        /// Whether a sweep runs programs. When in doubt `true`: it needs the wider permission.
        public var isCommandSweep: @Sendable (SweepSource) -> Bool
        /// How often a waiting request looks for new events.
        public var eventInterval: Duration

        /// Surroundings. `isCommandSweep` defaults to taking every sweep for one that runs programs.
        public init(
            version: String, plugins: PluginListing, exporters: ExporterRegistry = ExporterRegistry(),
            isCommandSweep: @escaping @Sendable (SweepSource) -> Bool = { _ in true },
            eventInterval: Duration = .milliseconds(200)
        ) {
            self.version = version
            self.plugins = plugins
            self.exporters = exporters
            self.isCommandSweep = isCommandSweep
            self.eventInterval = eventInterval
        }
    }

    private let policy: AccessPolicy
    private let surroundings: Surroundings

    /// A router.
    public init(policy: AccessPolicy, surroundings: Surroundings) {
        self.policy = policy
        self.surroundings = surroundings
    }

    /// The answer to a request. Never throws: errors are problem documents.
    public func respond(to request: APIRequest, using operations: any SweepOperations) async -> APIResponse {
        var response: APIResponse
        do {
            try refuseForeign(request)
            response = try await dispatch(request, operations)
        } catch let error as TunerError {
            response = ProblemDocument(error).response()
        } catch is CancellationError {
            response = ProblemDocument(TunerError(.daemonUnreachable, "the daemon is shutting down"))
                .response()
        } catch {
            response = ProblemDocument(TunerError(.internalError, "unexpected error: \(error)")).response()
        }
        response.headers.append(.init("tunerd-version", surroundings.version))
        return response
    }

    private func dispatch(_ request: APIRequest, _ operations: any SweepOperations) async throws
        -> APIResponse
    {
        var allowed: [String] = []
        for route in Route.all {
            guard let parameters = route.match(request.path) else { continue }
            guard route.method.rawValue == request.method else {
                allowed.append(route.method.rawValue)
                continue
            }
            try policy.require(route.permission, of: request.peer)
            let call = RouteCall(
                request: request, parameters: parameters,
                query: try QueryReader(request.query, allowed: route.query), operations: operations,
                surroundings: surroundings, policy: policy)
            return try await route.handle(call)
        }
        let path = "/" + request.path.joined(separator: "/")
        if allowed.isEmpty {
            throw TunerError(.notFound, "no resource '\(path)'", help: "GET /v1/openapi.json lists them")
        }
        let list = allowed.sorted().joined(separator: ", ")
        let error = TunerError(
            .usage, "'\(request.method)' is not possible on '\(path)'", why: "it knows \(list)")
        return ProblemDocument(error, status: 405).response(headers: [.init("allow", list)])
    }

    /// A page in a browser can reach a local server; it cannot help sending these.
    private func refuseForeign(_ request: APIRequest) throws {
        for name in ["origin", "referer"] where request.headers[name] != nil {
            throw TunerError(
                .notPermitted, "requests with a '\(name)' header are refused",
                why: "browsers send it; this socket is not for web pages")
        }
        guard let host = request.headers["host"], !host.isEmpty else { return }
        let name = host.lowercased().split(separator: ":", maxSplits: 1).first.map(String.init) ?? ""
        guard ["localhost", "tunerd"].contains(name) else {
            throw TunerError(
                .notPermitted, "host '\(host)' is refused", help: "use http://localhost/v1/... on the socket")
        }
    }
}
