import Foundation
import ScalingLaws
import Testing

@testable import Tuner

@Suite struct SweepServiceTests {
    @Test func aSweepRunsRoundAfterRoundToItsEnd() async throws {
        try await withScratchFolder { folder in
            let runner = FakeRunner(delay: 0.03)
            let (service, _) = try ServiceFixture(folder: folder, runner: runner).open()
            try await service.start()
            let submitted = try await service.submit(ServiceFixture.source("alpha"))
            #expect(submitted.state == .running)
            #expect(submitted.expectedTrials == 12)
            await service.waitUntilIdle()
            let summary = try await service.summary(of: "alpha")
            #expect(summary.state == .completed)
            #expect(summary.trials == [.completed: 12])
            let trials = try await service.trials(of: "alpha", after: 0, limit: 100)
            #expect(trials.map(\.proposal.round) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
            // No trial of a round starts before all of the round before have finished.
            let ends = trials.filter { $0.proposal.round == 0 }.compactMap(\.finishedAt)
            let starts = trials.filter { $0.proposal.round == 1 }.compactMap(\.startedAt)
            #expect(try #require(ends.max()) <= #require(starts.min()))
            // The bound is what must hold; how many overlap depends on the machine.
            #expect((1...3).contains(runner.mostRunning))
            let events = try await service.events(after: 0, limit: 1000)
            #expect(events.first?.kind == "sweep-submitted")
            #expect(events.last?.kind == "sweep-completed")
            #expect(events.filter { $0.kind == "trial-completed" }.count == 12)
            #expect(zip(events, events.dropFirst()).allSatisfy { $0.id < $1.id })
            #expect(try await service.observations(of: "alpha", trial: 5).count == 1)
            let front = try await service.paretoFront(of: "alpha", objectives: nil)
            #expect(front.points.map(\.trial) == simpleFront(front.objectives, trials).points.map(\.trial))
        }
    }

    @Test func submittingTheSameTextAgainIsAnsweredAndAnotherTextIsAConflict() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try ServiceFixture(folder: folder, runner: FakeRunner(delay: 5)).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(try await service.submit(ServiceFixture.source("alpha")).name == "alpha")
            #expect(try await service.sweeps().count == 1)
            let error = await #expect(throws: TunerError.self) {
                try await service.submit(ServiceFixture.source("alpha", more: "seed: 3"))
            }
            #expect(error?.code == .conflict)
            await service.drain()
        }
    }

    @Test func aFailedAttemptIsTriedAgainWhileRetriesLast() async throws {
        try await withScratchFolder { folder in
            let runner = FakeRunner { spec in
                if spec.trial == 1 && spec.attempt < 3 {
                    return .failed(reason: "power cut", permanent: false)
                }
                if spec.trial == 2 { return .failed(reason: "always", permanent: false) }
                if spec.trial == 3 { return .failed(reason: "no such program", permanent: true) }
                return .diverged(step: 4, metrics: ["validation_loss": .nan])
            }
            let fixture = ServiceFixture(
                folder: folder, runner: runner, planner: FakePlanner(rounds: 1), adjust: { $0.retries = 2 })
            let (service, _) = try fixture.open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            await service.waitUntilIdle()
            let trials = try await service.trials(of: "alpha", after: 0, limit: 10)
            #expect(trials.map(\.state) == [.diverged, .failed, .failed, .diverged])
            #expect(trials.map(\.attempt) == [3, 3, 1, 1])
            #expect(trials[1].failure == "always")
            #expect(try await service.summary(of: "alpha").state == .completed)
        }
    }

    @Test func slotsAreSharedAndEachSweepKeepsToItsParallel() async throws {
        try await withScratchFolder { folder in
            let runner = FakeRunner(delay: 0.1)
            let fixture = ServiceFixture(
                folder: folder, runner: runner, planner: FakePlanner(rounds: 2, width: 8), slots: 4,
                adjust: { $0.parallel = $0.name == "narrow" ? 1 : nil })
            let (service, _) = try fixture.open()
            try await service.start()
            for name in ["narrow", "wide", "other"] {
                _ = try await service.submit(ServiceFixture.source(name))
            }
            await service.waitUntilIdle()
            #expect(runner.mostRunning == 4)
            #expect(runner.mostRunning(of: "narrow") == 1)
            #expect(try await service.sweeps().map(\.state) == [.completed, .completed, .completed])
            // Nobody waits for another sweep to end.
            let firstHalf = runner.log.prefix(24).map { $0.split(separator: "/")[0] }
            #expect(Set(firstHalf).count == 3)
        }
    }

    @Test func theRunCapCountsAllTrials() async throws {
        try await withScratchFolder { folder in
            let fixture = ServiceFixture(folder: folder, adjust: { $0.runCap = 6 })
            let (service, _) = try fixture.open()
            try await service.start()
            #expect(try await service.submit(ServiceFixture.source("alpha")).expectedTrials == 6)
            await service.waitUntilIdle()
            #expect(try await service.summary(of: "alpha").trials == [.completed: 6])
        }
    }

    @Test func aPlannerThatFailsFailsItsSweepOnly() async throws {
        struct Broken: Error {}
        try await withScratchFolder { folder in
            let planner = FakePlanner(fault: { history in
                if history.count >= 4 { throw TunerError(.failed, "the planner lost its way") }
            })
            let (service, _) = try ServiceFixture(folder: folder, planner: planner).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            await service.waitUntilIdle()
            let summary = try await service.summary(of: "alpha")
            #expect(summary.state == .failed)
            #expect(summary.message == "the planner lost its way")
            #expect(summary.trials == [.completed: 4])
            #expect(try await service.status().sweeps == [.failed: 1])
        }
    }

    @Test func aRoundWithoutASingleSuccessFailsTheSweepWithTheReason() async throws {
        try await withScratchFolder { folder in
            let runner = FakeRunner { _ in .failed(reason: "no program 'trian.py'", permanent: true) }
            let (service, _) = try ServiceFixture(folder: folder, runner: runner).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            await service.waitUntilIdle()
            let summary = try await service.summary(of: "alpha")
            #expect(summary.state == .failed)
            #expect(summary.message?.contains("trian.py") == true)
            #expect(summary.trials == [.failed: 4])
        }
    }

    @Test func aLawIsFittedAgainOnlyWhenTrialsHaveFinishedSince() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try ServiceFixture(folder: folder).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            await service.waitUntilIdle()
            async let first = service.law(of: "alpha")
            async let second = service.law(of: "alpha")
            #expect(try await (first.version, second.version) == (1, 1))
            #expect(try await service.law(of: "alpha").law.runs == 12)
            #expect(try await service.recommendation(of: "alpha", tokenBudget: 5, held: [:]).lawVersion == 1)
            let error = await #expect(throws: TunerError.self) { try await service.law(of: "nobody") }
            #expect(error?.code == .notFound)
        }
    }

    @Test("a law that another version of the fitter left in the store is fitted anew")
    func lawOfAnotherFitter() async throws {
        try await withScratchFolder { folder in
            var fixture = ServiceFixture(folder: folder)
            let (older, store) = try fixture.open()
            try await older.start()
            _ = try await older.submit(ServiceFixture.source("alpha"))
            await older.waitUntilIdle()
            var old = try await older.law(of: "alpha").law
            old.fitter = nil
            _ = try await store.insertLaw(old, of: "alpha", finishedTrials: 12, at: .now)
            await older.drain()
            try store.close()
            fixture.fits = { trials in
                Law(
                    axes: [], reference: [:], cells: [], lossLaw: nil, residual: 0, runs: trials.count,
                    warnings: [LawWarning(code: .fewRuns, text: "anew")])
            }
            let (service, _) = try fixture.open()
            let law = try await service.law(of: "alpha")
            #expect(law.version == 3 && law.law.warnings.map(\.text) == ["anew"])
            #expect(try await service.law(of: "alpha").version == 3, "once is enough")
        }
    }

    @Test func whoWaitsForAChangeIsWoken() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try ServiceFixture(folder: folder).open()
            try await service.start()
            #expect(await service.waitForChange(after: 0, timeout: 0.02) == false)
            async let woken = service.waitForChange(after: 0, timeout: 10)
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(await woken)
            await service.waitUntilIdle()
        }
    }

    @Test func allTrialsOfAReplicateShareTheirSeed() {
        let proposal = TrialProposal.sample(0.1)
        let seed = TrialSeed.derive(sweepSeed: 7, proposal: proposal)
        // The value is part of what a sweep means: a change would change every result.
        #expect(seed == 2_125_188_677)
        #expect(TrialSeed.derive(sweepSeed: 7, proposal: .sample(0.2)) == seed)
        #expect(TrialSeed.derive(sweepSeed: 7, proposal: .sample(0.1, budget: 2000)) == seed)
        var repeated = proposal
        repeated.replicate = 1
        #expect(TrialSeed.derive(sweepSeed: 7, proposal: repeated) != seed)
        #expect(TrialSeed.derive(sweepSeed: 8, proposal: proposal) != seed)
    }
}
