import Foundation
import NIOCore
import NIOHTTP1
import Tuner

/// Collects the parts of requests on one connection and refuses what is too large, without keeping it.
struct RequestReader {
    /// What a part led to.
    enum Step {
        /// Nothing yet.
        case more
        /// The client waits for leave to send its body.
        case expectsContinue
        /// A whole request.
        case complete(APIRequest, keepAlive: Bool)
        /// Answer and close.
        case refused(APIResponse)
    }

    let limits: SocketServer.Limits
    let peer: PeerCredentials
    private var head: HTTPRequestHead?
    private var body = Data()

    init(limits: SocketServer.Limits, peer: PeerCredentials) {
        self.limits = limits
        self.peer = peer
    }

    /// Takes the next part.
    mutating func take(_ part: HTTPServerRequestPart) -> Step {
        switch part {
        case .head(let head):
            let size =
                head.uri.utf8.count + head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
            guard size <= limits.headerBytes else {
                return refuse(
                    "the request's headers are larger than \(limits.headerBytes) bytes", status: 431)
            }
            if let announced = head.headers.first(name: "content-length").flatMap({ Int($0) }),
                announced > limits.bodyBytes
            {
                return refuseBody()
            }
            self.head = head
            body = Data()
            return head.headers["expect"].contains { $0.lowercased() == "100-continue" }
                ? .expectsContinue : .more
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= limits.bodyBytes else { return refuseBody() }
            body.append(contentsOf: buffer.readableBytesView)
            return .more
        case .end:
            guard let head else { return .more }
            self.head = nil
            let request = APIRequest(
                method: head.method.rawValue, target: head.uri,
                headers: head.headers.map { ($0.name, $0.value) },
                body: body, peer: peer)
            body = Data()
            return .complete(request, keepAlive: head.isKeepAlive)
        }
    }

    private func refuseBody() -> Step {
        refuse("the request's body is larger than \(limits.bodyBytes) bytes", status: 413)
    }

    private func refuse(_ message: String, status: Int) -> Step {
        .refused(ProblemDocument(TunerError(.tooLarge, message), status: status).response())
    }
}
