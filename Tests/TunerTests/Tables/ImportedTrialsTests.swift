import Engine
import Testing

@testable import Tuner

@Suite("Runs made elsewhere as trials")
struct ImportedTrialsTests {
    private let definition = plannedSweep(method: .lawGuided, extra: [batchSizes([100, 200])])
    private static let header = "learning_rate,batch_size_tokens,token_budget,validation_loss"

    private func read(
        _ text: String, columns: [String] = [], _ change: (inout SweepDefinition) -> Void = { _ in }
    ) throws -> ImportedTrials {
        var definition = definition
        change(&definition)
        return try ImportedTrials(
            try RunTable(text: text, file: "runs.csv"), columns: columns, definition: definition)
    }

    private func failure(
        _ text: String, columns: [String] = [], _ change: (inout SweepDefinition) -> Void = { _ in }
    ) -> TunerError? {
        do {
            _ = try read(text, columns: columns, change)
            return nil
        } catch { return error as? TunerError }
    }

    @Test("values have their types, counts their endings, and a run without a metric diverged")
    func rows() throws {
        let runs = try read(
            """
            \(Self.header),accuracy,note
            1e-3,100,8k,2.5,0.5,a
            0.002,200,1Ki,,0.1,b
            3e-3,100,1e3,nan,,c
            """)
        #expect(runs.trials.map(\.state) == [.completed, .diverged, .diverged])
        #expect(runs.trials.map(\.proposal.tokenBudget) == [8000, 1024, 1000])
        #expect(
            runs.trials[0].proposal.hyperparameters
                == ["learning_rate": .real(1e-3), "batch_size_tokens": .integer(100)])
        #expect(runs.trials[0].metrics == ["validation_loss": 2.5, "accuracy": 0.5, "tokens": 8000])
        #expect(runs.trials[1].metrics == ["accuracy": 0.1, "tokens": 1024])
        #expect(runs.ignoredColumns == ["note"])
        #expect(Set(runs.trials.map(\.seed)).count == 1, "replicates share a seed")
    }

    @Test("columns are found under other names, and sequences are multiplied by their length")
    func columns() throws {
        let runs = try read(
            "lr,batch_size_sequences,D,Loss\n1e-3,2,8000,2.5\n",
            columns: ["learning_rate=lr", "token_budget=D", "validation_loss=Loss"]
        ) { $0.batchSizeGranularity = 64 }
        #expect(runs.trials[0].proposal.hyperparameters["batch_size_tokens"] == .integer(128))
        #expect(runs.trials[0].metrics["validation_loss"] == 2.5)
    }

    @Test("states of other tuners are understood: what they pruned was ended early, and is left out")
    func foreignStates() throws {
        let runs = try read(
            """
            \(Self.header),state
            1e-3,100,1000,2.5,COMPLETE
            2e-3,100,1000,,FAIL
            3e-3,100,1000,2.9,PRUNED
            """)
        #expect(runs.trials.map(\.state) == [.completed])
        #expect(runs.leftOut == [.failed: 1, .stopped: 1])
    }

    @Test("rows without a result are left out and counted; those of an export are read")
    func states() throws {
        let runs = try read(
            """
            number,state,attempt,round,replicate,\(Self.header)
            1,completed,1,1,0,1e-3,100,8000,2.5
            2,failed,2,1,0,2e-3,100,8000,
            3,stopped,1,1,0,2e-3,200,8000,3
            4,diverged,1,1,1,1e-3,100,8000,
            """)
        #expect(runs.trials.map(\.state) == [.completed, .diverged])
        #expect(runs.trials.map(\.proposal.replicate) == [0, 1])
        #expect(runs.leftOut == [.failed: 1, .stopped: 1])
        #expect(runs.ignoredColumns == [])
    }

    @Test("every bad field is named with its line, and nothing is read")
    func badRows() throws {
        let error = try #require(
            failure(
                """
                state,\(Self.header)
                completed,-1,100,8000,2.5
                completed,1e-3,half,8000,2.5
                completed,1e-3,100,0,2.5
                completed,1e-3,100,8000,high
                completed,2e-3,100,8000,
                finished,1e-3,100,8000,2.5
                """))
        #expect(error.code == .invalidTable)
        #expect(error.diagnostics.map(\.line) == [2, 3, 4, 5, 6, 7])
        #expect(error.diagnostics[0].message.contains("'-1'"))
        #expect(error.diagnostics[4].message.contains("no 'validation_loss'"))
    }

    @Test("a run that is there twice is an error with both lines")
    func repeated() throws {
        let rows = "\(Self.header)\n1e-3,100,8000,2.5\n2e-3,100,8000,2.5\n0.001,100,8k,2.4\n"
        let error = try #require(failure(rows))
        #expect(error.diagnostics.map(\.line) == [4])
        #expect(error.diagnostics[0].message.contains("line 2"))
    }

    @Test("a run the sweep has is an error; another replicate is not")
    func known() throws {
        let text = "replicate,\(Self.header)\n0,1e-3,100,8000,2.5\n1,1e-3,100,8000,2.5\n"
        let table = try RunTable(text: text, file: "runs.csv")
        let runs = try ImportedTrials(table, columns: [], definition: definition)
        let stored = Trial(
            number: 17,
            proposal: TrialProposal(
                hyperparameters: [
                    "learning_rate": .real(1e-3), "batch_size_tokens": .integer(100), "width": .integer(3),
                ], tokenBudget: 8000, replicate: 0, round: 4), seed: 1)
        let error = try #require(
            #expect(throws: TunerError.self) { try runs.check(against: [stored], in: table) })
        #expect(error.diagnostics.map(\.line) == [2])
        #expect(error.diagnostics[0].message.contains("trial 17"))
        try runs.check(against: [], in: table)
    }

    @Test("what is missing or contradicts the sweep is said")
    func refusals() {
        #expect(
            failure("lr,batch_size_tokens,token_budget,validation_loss\n")?.message.contains(
                "'learning_rate'") == true)
        #expect(
            failure("learning_rate,token_budget,validation_loss\n")?.message.contains("'batch_size_tokens'")
                == true)
        #expect(failure("learning_rate,batch_size_tokens,validation_loss\n")?.why?.contains("tokens") == true)
        #expect(failure("learning_rate,batch_size_tokens,token_budget\n")?.why?.contains("metric") == true)
        #expect(failure(Self.header + "\n")?.code == .notEnoughData)
        #expect(failure(Self.header + "\n", columns: ["learning_rate"])?.code == .usage)
        #expect(failure(Self.header + "\n", columns: ["learning_rate=nothing"])?.code == .usage)
        let fixed = failure("momentum,\(Self.header)\n0.5,1e-3,100,8000,2.5\n") {
            $0.parameters.append(.init(name: "momentum", domain: .value(.real(0.9))))
        }
        #expect(fixed?.diagnostics.first?.why?.contains("0.9, which the sweep fixes") == true)
        let word = failure("act,\(Self.header)\ntanh,1e-3,100,8000,2.5\n") {
            $0.parameters.append(.init(name: "act", domain: .values([.text("relu"), .text("gelu")])))
        }
        #expect(word?.diagnostics.first?.why?.contains("one of relu, gelu") == true)
    }
}
