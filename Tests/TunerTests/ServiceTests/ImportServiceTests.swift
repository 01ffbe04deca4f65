import Foundation
import Testing

@testable import Tuner

@Suite("Importing into a store")
struct ImportServiceTests {
    private static let rows = """
        learning_rate,token_budget,validation_loss
        0.1,1000,3
        0.01,1000,2
        0.1,2000,
        """

    private func table(_ text: String = rows) throws -> RunTable {
        try RunTable(text: text, file: "runs.csv")
    }

    @Test("a new sweep is made, paused, with finished trials, its front and an event")
    func newSweep() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try ServiceFixture(folder: folder).open()
            let answer = try await service.importTrials(
                try table(), columns: [], source: ServiceFixture.source("alpha"))
            #expect((answer.imported, answer.diverged, answer.state) == (3, 1, .paused))
            let trials = try await store.trials(of: "alpha")
            #expect(trials.map(\.number) == [1, 2, 3])
            #expect(trials.map(\.state) == [.completed, .completed, .diverged])
            #expect(trials.map(\.proposal.round) == [1, 1, 1])
            #expect(try await service.paretoFront(of: "alpha", objectives: nil).points.map(\.trial) == [2])
            #expect(try await service.law(of: "alpha").law.runs == 3)
            let events = try await service.events(after: 0, limit: 10).map(\.kind)
            #expect(events == ["sweep-submitted", "trials-imported", "law-fitted"])
            #expect(try await service.log(of: "alpha", trial: 1) == "")
        }
    }

    @Test("a second import goes on behind the first, and repeats nothing")
    func secondImport() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try ServiceFixture(folder: folder).open()
            let source = ServiceFixture.source("alpha")
            _ = try await service.importTrials(try table(), columns: [], source: source)
            let again = await #expect(throws: TunerError.self) {
                try await service.importTrials(try table(), columns: [], source: source)
            }
            #expect(again?.message.contains("3 problems") == true)
            #expect(again?.diagnostics.map(\.line) == [2, 3], "two of a kind are shown")
            let more = "learning_rate,token_budget,validation_loss\n0.01,2000,1\n0.1,1000,9\n"
            await #expect(throws: TunerError.self) {
                try await service.importTrials(try table(more), columns: [], source: source)
            }
            #expect(try await store.trials(of: "alpha").count == 3, "all rows or none")
            let rest = "learning_rate,token_budget,validation_loss\n0.01,2000,1\n"
            _ = try await service.importTrials(try table(rest), columns: [], source: source)
            let last = try #require(try await store.trials(of: "alpha").last)
            #expect((last.number, last.proposal.round) == (4, 2))
        }
    }

    @Test("another text under the same name, and unfinished trials, are conflicts")
    func conflicts() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try ServiceFixture(folder: folder).open()
            let source = ServiceFixture.source("alpha")
            _ = try await service.importTrials(try table(), columns: [], source: source)
            let other = await #expect(throws: TunerError.self) {
                try await service.importTrials(
                    try table("learning_rate,token_budget,validation_loss\n1,1000,9\n"), columns: [],
                    source: ServiceFixture.source("alpha", more: "# changed\n"))
            }
            #expect(other?.code == .conflict)
            let stored = try #require(try await store.storedSweep(named: "alpha"))
            _ = try await store.planRound(
                sweepID: stored.id, proposals: [(.sample(0.5, round: 2), 1)], expectedTrials: 5, at: Date())
            let open = await #expect(throws: TunerError.self) {
                try await service.importTrials(
                    try table("learning_rate,token_budget,validation_loss\n1,1000,9\n"), columns: [],
                    source: source)
            }
            #expect(open?.code == .conflict)
            #expect(open?.message.contains("1 trials that are not finished") == true)
        }
    }
}
