import Foundation
import Testing

@testable import Tuner

/// Programs that write their observations to a file, as real processes.
@Suite struct ObservationFileTests {
    private func run(
        _ script: String, _ format: AttemptSpec.ObservationFile.Format = .jsonLines, pattern: String? = nil
    ) async throws -> (observations: [Observation], result: AttemptResult?) {
        try await withScratchFolder { folder in
            var spec = AttemptSpec.script(in: folder, script, pattern: pattern)
            spec.command?.observationFile = .init(path: spec.directory + "/metrics", format: format)
            return try await runCommand(spec)
        }
    }

    @Test func objectsInAFileBecomeObservationsAndAResult() async throws {
        let (observations, result) = try await run(
            """
            echo '{"observation":{"metrics":{"validation_loss":99}}}'
            cd "$TUNERD_TRIAL_DIRECTORY"
            echo '{"step": 5, "validation_loss": 3.5}' >> metrics
            printf '{"step": 10, "validation_loss": 2.5, "accuracy": 0.5}' >> metrics
            """)
        #expect(observations.map(\.step) == [5, 10])
        #expect(observations.map(\.tokens) == [500, 1000])
        #expect(result == .completed(metrics: ["validation_loss": 2.5, "accuracy": 0.5, "tokens": 1000]))
    }

    @Test func observationsComeWhileTheProgramRuns() async throws {
        try await withScratchFolder { folder in
            // The program goes on only when it is told to stop, which is the answer to what it wrote.
            var spec = AttemptSpec.script(
                in: folder,
                """
                trap 'exit 0' TERM
                echo '{"step": 5, "validation_loss": 3.5}' >> "$TUNERD_TRIAL_DIRECTORY/metrics"
                while :; do sleep 0.05; done
                """)
            spec.command?.observationFile = .init(path: spec.directory + "/metrics", format: .jsonLines)
            let worker = InProcessWorker()
            try worker.send(spec)
            let name = spec.name
            let outcome = await worker.untilFinished { observation in
                TrialAnswer(attempt: name, sequence: observation.sequence, directive: .stop)
            }
            worker.hangUp()
            _ = await worker.close()
            #expect(outcome.observations.map(\.step) == [5])
            #expect(outcome.result == .stopped)
        }
    }

    @Test func aLossThatLeavesTheFiniteEndsTheProgram() async throws {
        let (_, result) = try await run(
            """
            echo '{"step": 4, "validation_loss": NaN}' > "$TUNERD_TRIAL_DIRECTORY/metrics"; sleep 600
            """)
        guard case .diverged(4, _)? = result else {
            Issue.record("\(String(describing: result))")
            return
        }
    }

    @Test func aTableThatIsWrittenAnewEachTimeIsCountedOnce() async throws {
        let (observations, result) = try await run(
            """
            cd "$TUNERD_TRIAL_DIRECTORY"
            rows='step,train,validation_loss'
            for i in 1 2 3 4; do
              rows="$rows
            $i,9,$((6 - i)).25"
              printf '%s\\n' "$rows" > temporary
              mv temporary metrics
              sleep 0.3
            done
            """, .csv)
        #expect(observations.map(\.step) == [1, 2, 3, 4])
        #expect(observations.map { $0.metrics["validation_loss"] } == [5.25, 4.25, 3.25, 2.25])
        #expect(result == .completed(metrics: ["train": 9, "validation_loss": 2.25, "tokens": 1000]))
    }

    @Test func linesOfAFileAreReadWithAPattern() async throws {
        let (observations, result) = try await run(
            "echo 'step 3 loss 1.5' > \"$TUNERD_TRIAL_DIRECTORY/metrics\"", .pattern,
            pattern: #"step (?<step>\d+) loss (?<validation_loss>\S+)"#)
        #expect(observations.map(\.step) == [3])
        #expect(result == .completed(metrics: ["validation_loss": 1.5, "tokens": 1000]))
    }

    @Test func aMissingFileAndAMissingColumnAreNamed() async throws {
        let missing = try await run("echo '{\"validation_loss\": 3}'").result
        #expect(missing?.reason?.contains("no file '") == true)
        #expect(missing?.reason?.contains("/metrics' was written") == true)
        #expect(missing?.isPermanentFailure == true)
        let column = try await run(
            "printf 'step,loss\\n1,2\\n' > \"$TUNERD_TRIAL_DIRECTORY/metrics\"", .csv
        ).result
        #expect(column?.reason?.contains("it reported loss") == true)
        #expect(column?.reason?.contains("a column named 'validation_loss'") == true)
        let folder = try await run("mkdir \"$TUNERD_TRIAL_DIRECTORY/metrics\"").result
        #expect(folder?.reason?.contains("is no regular file") == true)
    }
}
