public import Foundation

/// One answer of the router, whatever carries it.
public struct APIResponse: Sendable {
    /// HTTP status.
    public var status: Int
    /// Headers in order; names in lower case.
    public var headers: [Header]
    /// Body.
    public var body: Body

    /// A header.
    public struct Header: Sendable, Hashable {
        /// Name in lower case.
        public var name: String
        /// Value.
        public var value: String

        /// A header.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A body: there at once, or growing until the reader goes away.
    public enum Body: Sendable {
        /// Complete.
        case data(Data)
        /// Pieces as they come up. Ends when the stream ends; the producer ends when nobody reads.
        case pieces(AsyncStream<Data>)
    }

    /// A response.
    public init(status: Int, headers: [Header] = [], body: Body = .data(Data())) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The complete body; pieces are collected.
    public func data() async -> Data {
        switch body {
        case .data(let data): return data
        case .pieces(let pieces):
            var all = Data()
            for await piece in pieces { all.append(piece) }
            return all
        }
    }

    /// The first header of a name (lower case).
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// A JSON answer: sorted keys, RFC 3339 times.
    static func json(_ value: some Encodable, status: Int = 200) throws -> APIResponse {
        APIResponse(
            status: status, headers: [.init("content-type", "application/json")],
            body: .data(try APICoding.encoder().encode(value)))
    }

    /// A text answer.
    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> APIResponse {
        APIResponse(status: 200, headers: [.init("content-type", type)], body: .data(Data(text.utf8)))
    }
}
