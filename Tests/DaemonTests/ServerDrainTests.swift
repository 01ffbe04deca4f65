import Foundation
import Testing

@testable import tunerd

/// The end of the server, which may come before its beginning: a signal can arrive while the daemon starts.
@Suite("The end of the server")
struct ServerDrainTests {
    @Test("a drain that comes before the server listens ends it", .timeLimit(.minutes(1)))
    func drainBeforeRun() async throws {
        let program = try TunerdBinary()
        let listener = try SocketListener(path: program.socket, sharing: .owner)
        let server = SocketServer(listener: listener, version: "test") { _ in
            Issue.record("nobody asked")
            return .init(status: 500)
        }
        await server.drain(seconds: 0)
        try await server.run { Issue.record("a server that is to end is not ready") }
        #expect(!FileManager.default.fileExists(atPath: program.socket), "the file goes with the server")
    }
}
