import Foundation
import Testing

/// `tunerd import`, as a person uses it.
@Suite("Import", .serialized)
struct ImportProgramTests {
    private static let sweep = """
        name: typed
        workload: stream-least-squares
        optimizer: sgd
        parameters:
          learning_rate: {min: 1e-3, max: 1}
          batch_size_tokens: {values: [8, 32]}
        token_budgets: [256, 512, 1024]
        target_token_budget: 64Ki
        run_cap: 40
        """

    @Test("exported trials make the same law in another store, and the sweep goes on from them")
    func exportAndImport() async throws {
        let here = try TunerdBinary(), there = try TunerdBinary()
        let file = try here.write("typed.yaml", Self.sweep)
        #expect(try await here.run("run", file, "--quiet").status == 0)
        let csv = try await here.run("export", "typed", "--format", "csv", "--store", here.store)
        let runs = try there.write("runs.csv", csv.output)
        let copy = try there.write("typed.yaml", Self.sweep)
        let imported = try await there.run("import", runs, "--sweep", copy, "--json")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(try imported.json()["state"] as? String == "paused")
        func law(_ program: TunerdBinary) async throws -> String {
            let output = try await program.run("recommend", "typed", "--store", program.store)
            #expect(output.status == 0, "\(output.errors)")
            // Why a sweep stopped, and what it would run next, is its own; one that is paused has stopped for nothing.
            return output.output.split(separator: "\n").filter {
                !$0.hasPrefix("stopped: ") && !$0.hasPrefix("next: ")
            }.joined(separator: "\n")
        }
        #expect(try await law(here) == law(there))

        let again = try await there.run("import", runs, "--sweep", copy)
        #expect(again.status == 65)
        #expect(again.errors.contains("runs.csv:2:1: error: this run is trial 1 of the sweep [repeated-run]"))

        // What is paused goes on when it is run: its cap leaves room for no more, or for some.
        let run = try await there.run("run", copy, "--json")
        #expect(run.status == 0, "\(run.errors)")
        let shown = try await there.run("list", "--store", there.store)
        #expect(shown.output.contains("completed"))
    }

    @Test("a few imported runs are gone on from by law_guided")
    func goesOn() async throws {
        let program = try TunerdBinary()
        let file = try program.write("typed.yaml", Self.sweep)
        let runs = try program.write(
            "runs.csv",
            "learning_rate,batch_size_tokens,token_budget,validation_loss\n0.1,8,256,0.3\n0.3,8,256,0.25\n1,8,256,\n"
        )
        #expect(try await program.run("import", runs, "--sweep", file).status == 0)
        let run = try await program.run("run", file, "--json")
        #expect(run.status == 0, "\(run.errors)")
        let trials = try await program.run("trials", "typed", "--store", program.store, "--json").json()
        let list = trials["trials"] as? [[String: Any]] ?? []
        #expect(list.count > 10)
        #expect(list.prefix(3).allSatisfy { $0["attempt"] as? Int == 0 })
        #expect(list.dropFirst(3).allSatisfy { $0["attempt"] as? Int == 1 })
    }

    @Test("a store that a daemon holds is left alone")
    func daemonHoldsIt() async throws {
        let program = try TunerdBinary()
        let daemon = try await program.serve()
        let file = try program.write("typed.yaml", Self.sweep)
        let runs = try program.write(
            "runs.csv", "learning_rate,batch_size_tokens,token_budget,validation_loss\n0.1,8,256,0.3\n")
        let refused = try await program.run("import", runs, "--sweep", file)
        #expect(refused.status == 11, "\(refused.errors)")
        daemon.signal(SIGTERM)
        #expect(try await daemon.finish().status == 0)
    }
}
