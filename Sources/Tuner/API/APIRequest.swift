public import Foundation

/// One request as the router sees it, whatever carried it.
public struct APIRequest: Sendable {
    /// `GET`, `POST`, ... in upper case.
    public var method: String
    /// Path segments, percent-decoded: `/v1/sweeps/first` is `["v1", "sweeps", "first"]`.
    public var path: [String]
    /// Query items in order, percent-decoded. `+` is a plus sign, as RFC 3986 has it.
    public var query: [QueryItem]
    /// Headers; names in lower case. A name that comes twice keeps its first value.
    public var headers: [String: String]
    /// Body.
    public var body: Data
    /// Who asks.
    public var peer: PeerCredentials

    /// One `name=value` of a query.
    public struct QueryItem: Sendable, Hashable {
        /// Name.
        public var name: String
        /// Value; empty without an equals sign.
        public var value: String

        /// An item.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A request from its request line.
    ///
    /// - Parameters:
    ///   - method: upper case.
    ///   - target: path and query as on the request line: `/v1/events?after=3`.
    ///   - headers: names in any case.
    ///   - body: body.
    ///   - peer: who asks.
    public init(
        method: String, target: String, headers: [(String, String)] = [], body: Data = Data(),
        peer: PeerCredentials
    ) {
        self.method = method
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.path = parts[0].split(separator: "/").map(Self.decode)
        self.query =
            parts.count < 2
            ? []
            : parts[1].split(separator: "&").map { item in
                let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return QueryItem(Self.decode(pair[0]), pair.count > 1 ? Self.decode(pair[1]) : "")
            }
        self.headers = Dictionary(
            headers.map { ($0.lowercased(), $1) }, uniquingKeysWith: { first, _ in first })
        self.body = body
        self.peer = peer
    }

    /// The target that gives `path` and `query` back.
    public var target: String {
        let path = "/" + self.path.map(Self.encode).joined(separator: "/")
        if query.isEmpty { return path }
        return path + "?"
            + query.map { Self.encode($0.name) + "=" + Self.encode($0.value) }.joined(separator: "&")
    }

    private static func decode(_ text: Substring) -> String {
        text.removingPercentEncoding ?? String(text)
    }

    /// Everything but unreserved characters is escaped, so a name cannot change the structure of a target.
    static func encode(_ text: String) -> String {
        var unreserved = CharacterSet(charactersIn: "a"..."z")
        unreserved.formUnion(CharacterSet(charactersIn: "A"..."Z"))
        unreserved.formUnion(CharacterSet(charactersIn: "0"..."9"))
        unreserved.formUnion(CharacterSet(charactersIn: "-._~"))
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
    }
}
