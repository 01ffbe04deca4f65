/// One operation of the socket: where it is, who may use it, which query it knows, what it does.
struct Route: Sendable {
    /// HTTP methods in use.
    enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    /// Method.
    var method: Method
    /// Path with `{name}` placeholders.
    var pattern: String
    /// What the peer must be allowed.
    var permission: AccessPolicy.Permission
    /// Query parameters it knows.
    var query: [String]
    /// Does it.
    var handle: @Sendable (RouteCall) async throws -> APIResponse

    init(
        _ method: Method, _ pattern: String, permission: AccessPolicy.Permission = .read,
        query: [String] = [],
        handle: @escaping @Sendable (RouteCall) async throws -> APIResponse
    ) {
        self.method = method
        self.pattern = pattern
        self.permission = permission
        self.query = query
        self.handle = handle
    }

    /// The placeholders' values when the path fits.
    func match(_ path: [String]) -> [String: String]? {
        let segments = pattern.split(separator: "/")
        guard segments.count == path.count else { return nil }
        var values: [String: String] = [:]
        for (segment, text) in zip(segments, path) {
            if segment.hasPrefix("{") {
                values[String(segment.dropFirst().dropLast())] = text
            } else if segment != text {
                return nil
            }
        }
        return values
    }

    /// Every route, by topic.
    static let all: [Route] = serviceRoutes + sweepRoutes + trialRoutes + askTellRoutes + answerRoutes
}

/// What a route's handler works with.
struct RouteCall: Sendable {
    /// The request.
    var request: APIRequest
    /// Values of the placeholders.
    var parameters: [String: String]
    /// The checked query.
    var query: QueryReader
    /// The service.
    var operations: any SweepOperations
    /// The router's surroundings.
    var surroundings: Router.Surroundings
    /// Who may do what.
    var policy: AccessPolicy

    /// The sweep's name out of the path.
    var sweep: String { parameters["name"] ?? "" }

    /// The trial's number out of the path.
    func trialNumber() throws -> Int {
        let text = parameters["number"] ?? ""
        guard let number = Int(text), number > 0 else {
            throw TunerError(
                .notFound, "sweep '\(sweep)' has no trial '\(text)'", why: "trials are numbered from 1")
        }
        return number
    }
}
