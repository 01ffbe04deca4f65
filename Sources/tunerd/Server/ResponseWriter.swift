import Foundation
import NIOCore
import NIOHTTP1
import Tuner

/// Writes answers: with a length when they are complete, in chunks when they grow.
enum ResponseWriter {
    typealias Writer = NIOAsyncChannelOutboundWriter<SocketServer.Outbound>

    static func write(_ response: APIResponse, keepAlive: Bool, version: String, to writer: Writer)
        async throws
    {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "server", value: "tunerd/\(version)")
        headers.replaceOrAdd(name: "cache-control", value: "no-store")
        if !keepAlive { headers.replaceOrAdd(name: "connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: response.status)
        switch response.body {
        case .data(let data):
            if status.mayHaveResponseBody {
                headers.replaceOrAdd(name: "content-length", value: "\(data.count)")
            }
            try await writer.write(
                .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
            if !data.isEmpty { try await writer.write(.body(.byteBuffer(ByteBuffer(bytes: data)))) }
        case .pieces(let pieces):
            headers.replaceOrAdd(name: "transfer-encoding", value: "chunked")
            try await writer.write(
                .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
            for await piece in pieces { try await writer.write(.body(.byteBuffer(ByteBuffer(bytes: piece)))) }
        }
        try await writer.write(.end(nil))
    }
}
