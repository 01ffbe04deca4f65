public import Foundation

/// Something that answers requests of the API: a daemon on its socket, or the same router in this process.
public protocol APIBackend: Sendable {
    /// Sends a request and waits for the complete answer.
    ///
    /// - Parameter call: the request.
    /// - Returns: the answer, whatever its status.
    /// - Throws: `daemonUnreachable` when nobody answers.
    func send(_ call: APICall) async throws -> APIResponse
}

/// A request on its way to a backend.
public struct APICall: Sendable {
    /// Method in upper case.
    public var method: String
    /// Path segments, not yet encoded.
    public var path: [String]
    /// Query, not yet encoded.
    public var query: [APIRequest.QueryItem]
    /// Body; empty: none.
    public var body: Data
    /// How long to wait for the answer.
    public var timeout: Duration

    /// A request. The time limit allows for a fit over many trials.
    public init(
        _ method: String = "GET", _ path: [String], query: [APIRequest.QueryItem] = [], body: Data = Data(),
        timeout: Duration = .seconds(120)
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.timeout = timeout
    }

    /// Path and query as on the request line.
    public var target: String {
        let path = "/" + self.path.map(APIRequest.encode).joined(separator: "/")
        if query.isEmpty { return path }
        return path + "?"
            + query.map { "\(APIRequest.encode($0.name))=\(APIRequest.encode($0.value))" }.joined(
                separator: "&")
    }
}

/// The router in this process: verbs with `--store` and the verbs that run a sweep themselves.
public struct InProcessBackend: APIBackend {
    private let router: Router
    private let operations: any SweepOperations
    private let peer: PeerCredentials

    /// A backend over a service, asking as the owner of the router's policy.
    public init(operations: any SweepOperations, surroundings: Router.Surroundings) {
        router = Router(policy: AccessPolicy(owner: 0), surroundings: surroundings)
        self.operations = operations
        peer = PeerCredentials(userID: 0, groupID: 0, processID: 0)
    }

    /// Answers at once.
    public func send(_ call: APICall) async throws -> APIResponse {
        await router.respond(
            to: APIRequest(method: call.method, target: call.target, body: call.body, peer: peer),
            using: operations)
    }
}
