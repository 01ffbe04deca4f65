import Foundation
import Testing

@testable import Tuner

@Suite struct EventPageTests {
    let harness = RouterHarness()

    private func ids(_ data: Data) throws -> [Int64] {
        try data.split(separator: UInt8(ascii: "\n")).map {
            try APICoding.decoder().decode(SweepEvent.self, from: Data($0)).id
        }
    }

    @Test func pageResumesAfterTheLastIdSeen() async throws {
        #expect(try ids(await harness.send("GET", "/v1/events").data()) == [3, 5])
        #expect(try ids(await harness.send("GET", "/v1/events?after=3").data()) == [5])
        #expect(try ids(await harness.send("GET", "/v1/events?after=5").data()).isEmpty)
    }

    @Test func timesKeepTheirMilliseconds() async throws {
        let text = String(decoding: await harness.send("GET", "/v1/events?after=3").data(), as: UTF8.self)
        #expect(text.contains("\"at\":\"2026-05-28T20:26:41.250Z\""))
    }

    @Test func waitingPageAnswersWithTheFirstEvent() async throws {
        let service = harness.service
        let later = Task {
            try await Task.sleep(for: .milliseconds(50))
            await service.append(
                SweepEvent(id: 9, at: Date(), sweep: "first", trial: 1, kind: "trial-completed", text: "done")
            )
        }
        // On a busy machine the event may come after a page's time: like any client, ask again.
        var seen: [Int64] = []
        for _ in 0..<10 where seen.isEmpty {
            seen = try ids(await harness.send("GET", "/v1/events?after=5&wait=60").data())
        }
        #expect(seen == [9])
        try await later.value
    }

    @Test func followedStreamGoesOnWithNewEvents() async throws {
        let response = await harness.send("GET", "/v1/events?follow=true")
        guard case .pieces(let pieces) = response.body else {
            Issue.record("not a stream")
            return
        }
        var seen: [Int64] = []
        for await piece in pieces {
            seen += try ids(piece)
            if seen.count == 2 {
                await harness.service.append(
                    SweepEvent(
                        id: 8, at: Date(), sweep: "first", trial: nil, kind: "sweep-completed", text: "done"))
            }
            if seen.count == 3 { break }
        }
        #expect(seen == [3, 5, 8])
    }
}
