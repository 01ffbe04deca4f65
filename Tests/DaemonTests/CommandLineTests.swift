import Foundation
import Testing

/// The program as a person types it: exit statuses, and what goes to which stream.
@Suite("Command line", .serialized)
struct CommandLineTests {
    private static let sweep = """
        name: typed
        workload: stream-least-squares
        optimizer: sgd
        parameters:
          learning_rate: {min: 1e-3, max: 1}
          batch_size_tokens: {values: [8, 32]}
        token_budgets: [256, 512, 1024]
        target_token_budget: [8Ki, 64Ki]
        """

    @Test("run needs no daemon, ends with the recommendation, and a second run repeats it without training")
    func runEndsWithRecommendation() async throws {
        let program = try TunerdBinary()
        let file = try program.write("typed.yaml", Self.sweep)
        let first = try await program.run("run", file, "--json")
        #expect(first.status == 0, "\(first.errors)")
        let answers =
            try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [[String: Any]] ?? []
        #expect(answers.map { $0["token_budget"] as? Int } == [8192, 65536])
        let again = try await program.run("run", file, "--json")
        #expect(again.output == first.output)
        let table = try await program.run("run", file)
        #expect(table.output.contains("HYPERPARAMETER"))
        #expect(table.output.contains("learning_rate"))
        #expect(table.output.contains("\nstopped: "))
        #expect(table.output.contains("\nnext: "))
        #expect(answers.allSatisfy { $0["stopped"] != nil && $0["next"] is [String: Any] })
        #expect(!table.output.contains("\u{1b}["), "no colour into a file")
    }

    @Test("the same seed gives the same trials on one slot and on two")
    func slotsDoNotMatter() async throws {
        let one = try TunerdBinary(), two = try TunerdBinary()
        let outputs = try await [
            one.run("run", one.write("typed.yaml", Self.sweep), "--slots", "1", "--json"),
            two.run("run", two.write("typed.yaml", Self.sweep), "--slots", "2", "--json"),
        ]
        #expect(outputs.map(\.status) == [0, 0])
        #expect(outputs[0].output == outputs[1].output)
    }

    @Test("exit statuses say what went wrong, on standard error only")
    func exitStatuses() async throws {
        let program = try TunerdBinary()
        let bad = try program.write("bad.yaml", "name: x\nworkload: char-gpt\n")
        let unreachable = try await program.run("status")
        #expect(unreachable.status == 69)
        #expect(unreachable.output.isEmpty)
        #expect(unreachable.errors.contains("tunerd serve"))
        #expect(try await program.run("check", bad).status == 65)
        #expect(try await program.run("check", "/nowhere.yaml").status != 0)
        #expect(try await program.run("recommend").status == 64)
        let daemon = try await program.serve()
        #expect(try await program.run("show", "nobody").status == 10)
        let slow = try program.write("slow.yaml", Self.sweep.replacingOccurrences(of: "typed", with: "slow"))
        #expect(try await program.run("submit", slow, "--wait").status == 0)
        let changed = try program.write(
            "slow.yaml", Self.sweep.replacingOccurrences(of: "typed", with: "slow") + "\nseed: 9\n")
        #expect(try await program.run("submit", changed).status == 11)
        #expect(
            try await program.run("recommend", "slow", "--token-budget", "1B", "--strict").status == 12)
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish().status == 0)
    }

    @Test("law moves known values by theory alone, and refuses optimizers and values that cannot be")
    func lawWithoutSweep() async throws {
        let program = try TunerdBinary()
        let known = ["law", "--at", "8M", "--learning-rate", "0.02", "--token-budget", "1B", "--json"]
        let moved = try await program.start(known + ["--optimizer", "muon"]).finish().json()
        let predictions = moved["predictions"] as? [[String: Any]] ?? []
        let values = predictions.first?["values"] as? [String: [String: Any]] ?? [:]
        let exponents = moved["axes"] as? [String: [String: Any]] ?? [:]
        let rate = values["learning_rate"]?["value"] as? Double ?? 0
        let exponent = exponents["learning_rate"]?["mean"] as? Double ?? 0
        #expect(predictions.first?["token_budget"] as? Int == 1_000_000_000)
        #expect(exponent < 0)
        #expect(abs(rate - 0.02 * pow(125, exponent)) < 1e-9)
        #expect(try await program.start(known + ["--optimizer", "moun"]).finish().status == 64)
        #expect(try await program.run("law", "--at", "8M", "--learning-rate", "0.02").status == 64)
        let nan = ["law", "--at", "8M", "--learning-rate", "nan", "--token-budget", "1B"]
        #expect(try await program.start(nan).finish().status == 64)
    }

    @Test("a reader that goes away ends a verb without a message")
    func readerGoesAway() async throws {
        let program = try TunerdBinary()
        let tool = TunerdBinary.executable.path
        let command = try RunningCommand(
            executable: URL(fileURLWithPath: "/bin/bash"),
            arguments: ["-c", "(sleep 0.3; exec \(tool) plugins) | true; exit ${PIPESTATUS[0]}"],
            folder: program.folder, environment: [:])
        let output = try await command.finish()
        #expect(output.status == 141)
        #expect(output.errors.isEmpty, "\(output.errors)")
        let full = try RunningCommand(
            executable: URL(fileURLWithPath: "/bin/bash"),
            arguments: ["-c", "exec \(tool) plugins > /dev/full"],
            folder: program.folder, environment: [:])
        #expect(try await full.finish().status == 73)
    }

    @Test("a command sweep trains the user's program, and a program that fails is retried and then reported")
    func commandSweep() async throws {
        let program = try TunerdBinary()
        let script = try program.write(
            "train.sh",
            """
            #!/bin/sh
            # loss = 2 + (log10(lr) + 2)^2, fails for the first attempt of every trial
            if [ ! -e "$2" ]; then touch "$2"; echo first attempt fails >&2; exit 3; fi
            awk -v lr="$1" 'BEGIN { x = log(lr)/log(10) + 2; printf "step=10 loss=%.6f\\n", 2 + x * x }'
            """)
        let file = try program.write(
            "own.yaml",
            """
            name: own
            command: [sh, \(script), "${learning_rate}", "\(program.folder.path)/flag-${trial_number}"]
            observations: {from: stdout, pattern: "step=(?<step>[0-9]+) loss=(?<validation_loss>[-+.0-9e]+)"}
            method: grid
            retries: 1
            parameters:
              learning_rate: {values: [1e-3, 3e-3, 1e-2, 3e-2, 1e-1]}
              batch_size_tokens: {value: 10}
            token_budgets: [100, 200, 400]
            """)
        let output = try await program.run("run", file, "--json", "--token-budget", "1000")
        #expect(output.status == 0, "\(output.errors)")
        let values = try output.json()["hyperparameters"] as? [String: [String: Any]] ?? [:]
        let rate = values["learning_rate"]?["value"] as? Double ?? 0
        #expect(rate > 0.005 && rate < 0.02, "\(output.output)")
    }
}
