import Foundation
import Testing

@testable import Tuner

@Suite struct StoreOpeningTests {
    @Test func aNewStoreIsDurablePrivateAndHasAnIdentity() async throws {
        try await withScratchFolder { folder in
            let store = try Store(at: folder.database)
            #expect(UUID(uuidString: store.uuid) != nil)
            var modes: [String] = []
            for name in ["journal_mode", "synchronous", "foreign_keys"] {
                modes += try await store.inspect("PRAGMA \(name)")
            }
            #expect(modes == ["wal", "2", "1"])
            let file = try FileManager.default.attributesOfItem(atPath: folder.database.path)
            #expect(file[.posixPermissions] as? Int == 0o600)
            let place = folder.database.deletingLastPathComponent().path
            #expect(
                try FileManager.default.attributesOfItem(atPath: place)[.posixPermissions] as? Int == 0o700)
            try store.close()
        }
    }

    @Test func reopeningKeepsEverything() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1), .sample(0.2)])
            _ = try await store.complete(id, trial: 1, loss: 3)
            let before = try await store.trials(of: "sample")
            let events = try await store.events(after: 0, limit: 100)
            let uuid = store.uuid
            try store.close()

            let again = try Store(at: folder.database)
            #expect(again.uuid == uuid)
            #expect(try await again.trials(of: "sample") == before)
            #expect(try await again.events(after: 0, limit: 100) == events)
            #expect(try await again.storedSweep(named: "sample")?.source.text == "name: sample")
            try again.close()
        }
    }

    @Test func aSecondOpenerIsToldWhoHoldsTheStore() async throws {
        try await withScratchFolder { folder in
            let store = try Store(at: folder.database)
            let error = #expect(throws: TunerError.self) { _ = try Store(at: folder.database) }
            #expect(error?.code == .conflict)
            #expect(error?.message.contains("process \(getpid())") == true)
            try store.close()
            try Store(at: folder.database).close()
        }
    }

    @Test func aNewerSchemaIsRefusedByName() async throws {
        try await withScratchFolder { folder in
            let store = try Store(at: folder.database)
            _ = try await store.inspect("INSERT INTO grdb_migrations (identifier) VALUES ('v9-time-travel')")
            try store.close()
            let error = #expect(throws: TunerError.self) { _ = try Store(at: folder.database) }
            #expect(error?.code == .badConfiguration)
            #expect(error?.message.contains("v9-time-travel") == true)
        }
    }

    @Test func somethingThatIsNoDatabaseIsRefused() async throws {
        try await withScratchFolder { folder in
            let place = folder.database.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data(repeating: 65, count: 4096).write(to: folder.database)
            let error = #expect(throws: TunerError.self) { _ = try Store(at: folder.database) }
            #expect(error?.message.contains("not an intact SQLite database") == true)
        }
    }

    @Test func aFullDiskIsSaidClearlyAndLeavesNothingHalfWritten() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1)])
            let attempt = try await store.intendSample(id, trial: 1)
            let pages = try await store.inspect("PRAGMA page_count")[0]
            _ = try await store.inspect("PRAGMA max_page_count = \(pages)")
            let many = (1...3000).map {
                Observation(
                    sequence: $0, step: $0, tokens: $0, metrics: ["validation_loss": 1], elapsedSeconds: 0)
            }
            let error = await #expect(throws: TunerError.self) {
                try await store.finish(
                    attempt, .completed(metrics: ["validation_loss": 1]), observations: many, at: Date(),
                    front: simpleFront)
            }
            #expect(error?.code == .cannotWrite)
            #expect(error?.message.contains("no room left") == true)
            #expect(try await store.observations(of: attempt).isEmpty)
            #expect(try await store.trials(of: "sample").first?.state == .running)

            _ = try await store.inspect("PRAGMA max_page_count = 1000000")
            _ = try await store.finish(
                attempt, .completed(metrics: ["validation_loss": 1]), observations: many, at: Date(),
                front: simpleFront)
            #expect(try await store.observations(of: attempt).count == 3000)
            try store.close()
        }
    }
}
