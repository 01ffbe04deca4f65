import Engine
import Foundation
import Testing

@testable import Tuner

@Suite struct CommandTrialTests {
    @Test func protocolLinesBecomeObservationsAndAResult() async throws {
        try await withScratchFolder { folder in
            let spec = AttemptSpec.script(
                in: folder,
                """
                echo starting
                echo '{"observation":{"sequence":1,"step":5,"tokens":500,"metrics":{"validation_loss":3.5},"elapsed_seconds":1}}'
                echo '{"observation":{"metrics":{"validation_loss":3.0},"step":8}}'
                echo '{"finished":{"outcome":"completed","metrics":{"validation_loss":2.5,"accuracy":0.5}}}'
                echo bye >&2
                """)
            let (observations, result) = try await runCommand(spec)
            #expect(observations.map(\.sequence) == [1, 2])
            #expect(observations.map(\.tokens) == [500, 800])
            #expect(result == .completed(metrics: ["validation_loss": 2.5, "accuracy": 0.5, "tokens": 1000]))
            let directory = AttemptDirectory(path: spec.directory)
            #expect(directory.result() == result)
            #expect(directory.observations() == observations)
            #expect(directory.logTail(bytes: 10_000).contains("starting"))
            #expect(directory.logTail(bytes: 10_000).contains("bye"))
            let names = try FileManager.default.contentsOfDirectory(atPath: spec.directory).sorted()
            #expect(
                names == ["exit.json", "observations.jsonl", "result.json", "spec.json", "stderr", "stdout"])
            #expect(
                try FileManager.default.attributesOfItem(atPath: spec.directory)[.posixPermissions] as? Int
                    == 0o700)
        }
    }

    @Test func aProgramMayTellOfShorterRuns() async throws {
        try await withScratchFolder { folder in
            let spec = AttemptSpec.script(
                in: folder,
                """
                echo '{"observation":{"step":5,"metrics":{"validation_loss":3.5},"shorter_runs":[{"token_budget":250,"metrics":{"validation_loss":3.9}}]}}'
                echo '{"observation":{"step":8,"metrics":{"validation_loss":3.0}}}'
                echo '{"finished":{"outcome":"completed","metrics":{"validation_loss":2.5}}}'
                """)
            let (observations, result) = try await runCommand(spec)
            let told = ShorterRun(tokenBudget: 250, metrics: ["validation_loss": 3.9])
            #expect(observations.map(\.shorterRuns) == [[told], nil])
            // No part of its own result.
            #expect(result == .completed(metrics: ["validation_loss": 2.5, "tokens": 1000]))
            #expect(AttemptDirectory(path: spec.directory).observations() == observations)
        }
    }

    @Test func aProgramThatKnowsNothingOfUsIsReadWithAPattern() async throws {
        try await withScratchFolder { folder in
            let spec = AttemptSpec.script(
                in: folder,
                "for i in 1 2 3; do echo \"step $i/10 | train 9.9 | val loss $((6 - i)).25\"; done",
                pattern: #"step (?<step>\d+)/.*val loss (?P<validation_loss>\S+)"#)
            let (observations, result) = try await runCommand(spec)
            #expect(observations.map(\.step) == [1, 2, 3])
            #expect(observations.map(\.tokens) == [100, 200, 300])
            #expect(result == .completed(metrics: ["validation_loss": 3.25, "tokens": 1000]))
        }
    }

    @Test func theProgramLearnsItsTrialFromACleanEnvironment() async throws {
        setenv("TUNER_TEST_SECRET", "leaked", 1)
        try await withScratchFolder { folder in
            var spec = AttemptSpec.script(
                in: folder,
                """
                test -z "$TUNER_TEST_SECRET" && test "$TUNERD_TRIAL" = 1 && test "$TUNERD_SEED" = 7 && test "$MINE" = yes &&
                test -f "$TUNERD_SPEC" && test "$PWD" = "\(folder.url.resolvingSymlinksInPath().path)" && ! read line &&
                echo '{"finished":{"outcome":"completed","metrics":{"validation_loss":1}}}'
                """)
            spec.command?.environment = ["MINE": "yes"]
            let result = try await runCommand(spec).result
            #expect(result == .completed(metrics: ["validation_loss": 1, "tokens": 1000]))
        }
    }

    @Test func aSuccessfulExitWithoutTheMetricFailsWithHelp() async throws {
        try await withScratchFolder { folder in
            let result = try await runCommand(.script(in: folder, "echo val loss 2.5")).result
            #expect(result?.reason?.contains("observations.pattern") == true)
            #expect(result?.isPermanentFailure == true)
        }
    }

    @Test func aFailingExitIsReportedWithStatusAndLastLines() async throws {
        try await withScratchFolder { folder in
            let result = try await runCommand(
                .script(
                    in: folder,
                    """
                    echo '{"observation":{"metrics":{"validation_loss":1}}}'; echo 'cannot find data.bin' >&2; exit 3
                    """)
            ).result
            #expect(result?.reason?.contains("exited with status 3") == true)
            #expect(result?.reason?.contains("cannot find data.bin") == true)
            #expect(result?.isPermanentFailure == false)
        }
    }

    @Test(arguments: ["NaN", "\"nan\"", "Infinity"])
    func aMetricThatLeavesTheFiniteMeansDivergedAndEndsTheProgram(_ value: String) async throws {
        try await withScratchFolder { folder in
            let start = ContinuousClock.now
            let result = try await runCommand(
                .script(
                    in: folder,
                    "echo '{\"observation\":{\"step\":4,\"metrics\":{\"validation_loss\":\(value)}}}'; sleep 600"
                )
            ).result
            guard case .diverged(4, _)? = result else {
                Issue.record("\(String(describing: result))")
                return
            }
            #expect(start.duration(to: .now) < .seconds(500))
        }
    }

    @Test func aProgramMaySayItselfThatItDiverged() async throws {
        try await withScratchFolder { folder in
            let result = try await runCommand(
                .script(in: folder, "echo '{\"finished\":{\"outcome\":\"diverged\",\"step\":6}}'; exit 1")
            ).result
            #expect(result == .diverged(step: 6, metrics: [:]))
        }
    }

    @Test func linesWrittenTwiceCountOnce() async throws {
        try await withScratchFolder { folder in
            let line = #"{"observation":{"sequence":1,"step":1,"metrics":{"validation_loss":2}}}"#
            let newer = #"{"observation":{"sequence":2,"step":2,"metrics":{"validation_loss":1}}}"#
            let (observations, result) = try await runCommand(
                .script(
                    in: folder, "echo '\(line)'; echo '\(newer)'; echo '\(line)'; printf '\\0\\0garbage{\\n'")
            )
            #expect(observations.map(\.sequence) == [1, 2])
            #expect(result == .completed(metrics: ["validation_loss": 1, "tokens": 1000]))
        }
    }

    @Test func theMemoryLimitHoldsAndIsNamed() async throws {
        try await withScratchFolder { folder in
            let spec = AttemptSpec.sample(
                in: folder, ["python3", "-c", "x = bytearray(400 * 1024 * 1024); print('unreachable')"],
                memoryLimit: 128 * 1024 * 1024)
            let result = try await runCommand(spec).result
            #expect(result?.reason?.contains("memory limit") == true)
            #expect(result?.isPermanentFailure == true)
        }
    }

    @Test func aMissingProgramFailsForGood() async throws {
        try await withScratchFolder { folder in
            let result = try await runCommand(.sample(in: folder, ["no-such-program-here"])).result
            #expect(result?.reason?.contains("no-such-program-here") == true)
            #expect(result?.isPermanentFailure == true)
        }
    }

    @Test func aBadPatternIsSaidBeforeAnythingRuns() async throws {
        try await withScratchFolder { folder in
            let broken = try await runCommand(
                .script(in: folder, "touch ran", pattern: "(?<validation_loss>")
            ).result
            #expect(broken?.reason?.contains("no regular expression") == true)
            let nameless = try await runCommand(.script(in: folder, "touch ran", pattern: #"loss (\d+)"#))
                .result
            #expect(nameless?.reason?.contains("no named group") == true)
            #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "ran").path))
        }
    }

    @Test func aLinkIsNoResult() async throws {
        try await withScratchFolder { folder in
            let other = folder.url.appending(path: "other.json")
            try Data(#"{"outcome":"completed","metrics":{}}"#.utf8).write(to: other)
            let directory = AttemptDirectory(path: folder.url.appending(path: "1").path)
            try directory.make()
            try FileManager.default.createSymbolicLink(
                atPath: directory.file("result.json"), withDestinationPath: other.path)
            #expect(directory.result() == nil)
        }
    }
}
