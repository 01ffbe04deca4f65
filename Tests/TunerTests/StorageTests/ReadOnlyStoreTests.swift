import Foundation
import Testing

@testable import Tuner

@Suite struct ReadOnlyStoreTests {
    @Test func aStoreCanBeReadWhileAnotherProcessWritesIt() async throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let fixture = ServiceFixture(folder: folder)
        let (service, store) = try fixture.open()
        try await service.start()
        _ = try await service.submit(ServiceFixture.source("alpha"))
        await service.waitUntilIdle()

        let reading = try Store(reading: fixture.folder.database)
        let reader = SweepService(store: reading, dependencies: fixture.dependencies())
        let summary = try await reader.summary(of: "alpha")
        #expect(try await summary == service.summary(of: "alpha"))
        #expect(try await reader.law(of: "alpha").version == 1, "fitted, and not kept")
        let front = try await reader.paretoFront(of: "alpha", objectives: nil)
        #expect(try await front == service.paretoFront(of: "alpha", objectives: nil))
        await #expect(throws: TunerError.self) { try await reader.remove("alpha") }
        #expect(try await service.sweeps().count == 1)
        try reading.close()
        await service.drain()
        try store.close()
    }

    @Test func aStoreThatIsNotThereIsNotMade() throws {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        #expect(throws: TunerError.self) { try Store(reading: folder.database) }
        #expect(!FileManager.default.fileExists(atPath: folder.database.path))
    }
}
