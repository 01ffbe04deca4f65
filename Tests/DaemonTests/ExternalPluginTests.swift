import Foundation
import TestSupport
import Testing
import Tuner

@testable import tunerd

/// Optimizers from outside with the real program: tuned like built-in ones, and whatever is wrong with them costs an
/// attempt at most.
@Suite("Optimizers from outside", .serialized, .enabled(if: PluginCompiler.hasC))
struct ExternalPluginTests {
    private static let faulty = "Tests/Fixtures/plugins/faulty.c"

    private let program: TunerdBinary

    init() throws { program = try TunerdBinary() }

    /// A folder of the user's own below the program's.
    private func folder(_ name: String) throws -> String {
        let path = program.folder.path + "/" + name
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        return path
    }

    /// Puts an example's sweep beside its library.
    private func sweep(_ example: String) throws -> String {
        let name = (example as NSString).lastPathComponent
        return try program.write(
            name,
            String(contentsOfFile: "\(PluginCompiler.repository.path)/examples/\(example)", encoding: .utf8))
    }

    /// Two rates, a sound one and one at which the fixtures show their fault.
    private func gridSweep(plugin: String, more: String = "retries: 0") -> String {
        """
        name: grid
        workload: {name: matrix-regression, rows: 4, columns: 4}
        optimizer: {plugin: \(plugin)}
        parameters:
          learning_rate: {values: [0.01, 0.1]}
          batch_size_tokens: {value: 4}
        token_budgets: [64, 128]
        method: grid
        \(more)
        """
    }

    private func trials(_ sweep: String) async throws -> [[String: Any]] {
        let output = try await program.run("trials", sweep, "--store", program.store, "--json")
        return try output.json()["trials"] as? [[String: Any]] ?? []
    }

    private func isSound(_ trial: [String: Any]) -> Bool {
        (trial["hyperparameters"] as? [String: Any])?["learning_rate"] as? Double == 0.01
    }

    // MARK: The examples

    @Test("the example in C, in under 80 lines, is tuned by run like a built-in optimizer")
    func exampleInC() async throws {
        let source = "examples/plugin-c/lion.c"
        let text = try String(
            contentsOf: PluginCompiler.repository.appendingPathComponent(source), encoding: .utf8)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count < 80)
        let library = try PluginCompiler.build(source, as: program.folder.path + "/liblion-c.so")
        let file = try sweep("plugin-c/lion.yaml")
        #expect(try await program.run("check", file).status == 0)

        let run = try await program.run("run", file, "--json", "--quiet")
        #expect(run.status == 0, "\(run.errors)")
        let answer = try run.json()["hyperparameters"] as? [String: [String: Any]]
        #expect(answer?["learning_rate"]?["source"] as? String == "fit")
        let trials = try await trials("lion-in-c")
        #expect(trials.count >= 15)
        #expect(trials.allSatisfy { ["completed", "diverged"].contains($0["state"] as? String) })

        let detail = try await program.run("show", "lion-in-c", "--store", program.store, "--json").json()
        #expect(detail["optimizer"] as? String == "lion-c")
        let recorded = try #require(detail["optimizer_library"] as? [String: String])
        #expect(recorded["path"] == URL(fileURLWithPath: library).resolvingSymlinksInPath().path)
        #expect(recorded["sha256"]?.count == 64)
        #expect(try await program.run("run", file, "--quiet").status == 0)

        try FileManager.default.removeItem(atPath: library)
        let recommended = try await program.run("recommend", "lion-in-c", "--store", program.store)
        #expect(
            recommended.status == 0, "what is stored is answered without the library: \(recommended.errors)")
        let exported = try await program.run(
            "export", "lion-in-c", "--format", "json", "--store", program.store)
        #expect(try exported.json()["optimizer_library"] as? [String: String] == recorded)
        #expect(try await program.run("run", file, "--quiet").errors.contains("[plugin-not-found]"))
    }

    @Test("the example in Swift is built and tuned", .enabled(if: PluginCompiler.find("swiftc") != nil))
    func exampleInSwift() async throws {
        try PluginCompiler.run(
            "swiftc",
            [
                "-O", "-swift-version", "6", "-I", PluginCompiler.header, "-emit-library", "-o",
                program.folder.path + "/libsignum-swift.so",
                PluginCompiler.repository.path + "/examples/plugin-swift/SignMomentum.swift",
            ])
        let run = try await program.run("run", sweep("plugin-swift/signum.yaml"), "--json", "--quiet")
        #expect(run.status == 0, "\(run.errors)")
        let trials = try await trials("signum-in-swift")
        #expect(trials.allSatisfy { ["completed", "diverged"].contains($0["state"] as? String) })
    }

    // MARK: Like a built-in one

    @Test("the prior is that of the declared geometry, and hyperparameters are checked against the table")
    func knownToEveryVerb() async throws {
        try PluginCompiler.build("examples/plugin-c/lion.c", as: program.folder.path + "/liblion-c.so")
        func plan(_ optimizer: String) async throws -> [String: Any] {
            let file = try program.write(
                "plan.yaml",
                """
                name: plan
                workload: matrix-regression
                optimizer: \(optimizer)
                parameters:
                  learning_rate: {min: 1e-3, max: 1e-1}
                  momentum: {values: [0.5, 0.9]}
                  batch_size_tokens: {values: [4, 8]}
                token_budgets: [1k, 2k]
                """)
            return try await program.run("plan", file, "--json").json()
        }
        func theory(_ plan: [String: Any]) throws -> Data {
            try JSONSerialization.data(withJSONObject: #require(plan["theory"]), options: .sortedKeys)
        }
        let lion = try await theory(plan("{plugin: liblion-c.so, mix: 0.8}"))
        #expect(try await lion == theory(plan("sign-sgd")))
        #expect(try await lion != theory(plan("sgd")))

        let wrong = try program.write(
            "wrong.yaml",
            """
            name: wrong
            workload: matrix-regression
            optimizer: {plugin: liblion-c.so, name: lion-c, mix: 2}
            parameters:
              learning_rate: {min: 1e-3, max: 1e-1}
              momentun: {values: [0.5, 0.9]}
              batch_size_tokens: {value: 4}
            token_budgets: [1k, 2k]
            """)
        let check = try await program.run("check", wrong)
        #expect(check.status == 65)
        for word in ["[several-optimizers]", "[unknown-parameter]", "did you mean 'momentum'?", "'2'"] {
            #expect(check.errors.contains(word), "\(check.errors)")
        }
    }

    @Test("a library in a plugin folder is found by name, from the flag and from the environment")
    func foundByName() async throws {
        let plugins = try folder("plugins")
        try PluginCompiler.build("examples/plugin-c/lion.c", as: plugins + "/liblion-c.so")
        try PluginCompiler.build(Self.faulty, as: plugins + "/libsgd.so", flags: ["-DFAULT=NAME_TAKEN"])
        try PluginCompiler.build(Self.faulty, as: plugins + "/libother.so", flags: ["-DFAULT=SOUND"])
        let file = try program.write(
            "named.yaml",
            gridSweep(plugin: "-").replacingOccurrences(of: "{plugin: -}", with: "lion-c"))
        let unknown = try await program.run("check", file)
        #expect(unknown.errors.contains("[unknown-optimizer]"))
        #expect(try await program.run("check", file, "--plugin-directory", plugins).status == 0)
        #expect(
            try await program.run("check", file, environment: ["TUNERD_PLUGIN_PATH": plugins]).status == 0)
        let run = try await program.run("run", file, "--plugin-directory", plugins, "--quiet")
        #expect(run.status == 0 || run.status == 75, "\(run.errors)")
        #expect(
            try await trials("grid").map { $0["state"] as? String } == Array(repeating: "completed", count: 4)
        )

        let list = try await program.run("plugins", "--json", "--plugin-directory", plugins)
        let names = (try list.json()["plugins"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names?.contains("lion-c") == true)
        #expect(names?.filter { $0 == "sgd" }.count == 1)
        #expect(list.errors.contains("called 'sgd', as a built-in optimizer is"))
        #expect(list.errors.contains("[plugin-name-mismatch]"), "\(list.errors)")
        let misnamed = file.replacingOccurrences(of: "named.yaml", with: "other.yaml")
        try String(contentsOfFile: file, encoding: .utf8).replacingOccurrences(of: "lion-c", with: "other")
            .write(toFile: misnamed, atomically: true, encoding: .utf8)
        let mismatch = try await program.run("check", misnamed, "--plugin-directory", plugins)
        #expect(mismatch.errors.contains("[plugin-name-mismatch]"))
    }

    // MARK: Faults

    @Test(
        "a library that cannot be described is one problem of the sweep file",
        arguments: [
            ("WRONG_VERSION", "plugin-abi-version"), ("NULL_STEP", "plugin-table-invalid"),
            ("NO_ENTRY", "plugin-symbol-missing"), ("CRASH_LOADING", "plugin-crashed"),
            ("ABORT_LOADING", "plugin-crashed"), ("NAME_TAKEN", "plugin-name-taken"),
        ])
    func faultsOfLoading(_ fault: String, _ code: String) async throws {
        let flags = ["-DFAULT=\(fault)"] + (fault == "NO_ENTRY" ? ["-DENTRY=another"] : [])
        try PluginCompiler.build(Self.faulty, as: program.folder.path + "/libfaulty.so", flags: flags)
        let file = try program.write("faulty.yaml", gridSweep(plugin: "libfaulty.so"))
        let check = try await program.run("check", file, "--json")
        #expect(check.status == 65)
        let files = try check.json()["files"] as? [[String: Any]]
        let problems = files?.first?["diagnostics"] as? [[String: Any]]
        #expect(problems?.count == 1)
        #expect(problems?.first?["code"] as? String == code)
        #expect(problems?.first?["line"] as? Int == 3)
        #expect((problems?.first?["help"] as? String)?.isEmpty == false)
    }

    @Test("a library that hangs while it is loaded is given up")
    func hangWhileLoading() throws {
        let library = try PluginCompiler.build(
            Self.faulty, as: program.folder.path + "/libfaulty.so", flags: ["-DFAULT=HANG_LOADING"])
        let describer = LibraryDescriber(
            command: [TunerdBinary.executable.path, "worker", "--describe"], timeout: 0.5)
        let error = #expect(throws: (any Error).self) { try describer.describe(library) }
        #expect("\(String(describing: error))".contains("[plugin-hung]"))
    }

    @Test(
        "a fault in a step costs its attempt, with one clear error, and the sweep goes on",
        arguments: [
            ("WRITE_BEHIND", "[plugin-out-of-bounds]"),
            ("WRITE_FAR", "in 'step' of plugin"),
            ("WRITE_GRADIENT", "it wrote to, or beyond, the read-only gradients [plugin-crashed]"),
            ("RETURN_ERROR", "learning rate '0.1' is too large [plugin-failed]"),
            ("SEGFAULT", "SIGSEGV) in 'step' of plugin"), ("ABORT", "(SIGABRT)"),
            ("OVERFLOW_STACK", "SIGSEGV) in 'step' of plugin"),
            ("EXIT", "exit was called in 'step' of plugin"),
            ("THROW", "too large a rate"),
        ])
    func faultsOfSteps(_ fault: String, _ text: String) async throws {
        let library = program.folder.path + "/libfaulty.so"
        if fault == "THROW" {
            guard PluginCompiler.find("c++") != nil else { return }
            try PluginCompiler.build("Tests/Fixtures/plugins/throwing.cpp", as: library)
        } else {
            // Without optimisation: an endless recursion stays one.
            try PluginCompiler.build(Self.faulty, as: library, flags: ["-O0", "-DFAULT=\(fault)"])
        }
        let schedule = ", schedule: constant}"
        let sweep = gridSweep(plugin: "libfaulty.so").replacingOccurrences(
            of: "libfaulty.so}", with: "libfaulty.so" + schedule)
        let run = try await program.run("run", program.write("faulty.yaml", sweep), "--quiet")
        #expect(run.status == 0 || run.status == 75, "\(run.errors)")
        let trials = try await trials("grid")
        #expect(trials.count == 4)
        for trial in trials {
            #expect(trial["state"] as? String == (isSound(trial) ? "completed" : "failed"))
            let failure = trial["failure"] as? String ?? ""
            #expect(isSound(trial) || failure.contains(text), "\(failure)")
        }
    }

    @Test("a step that hangs is ended by trial_timeout, and the sweep goes on")
    func hangInStep() async throws {
        try PluginCompiler.build(
            Self.faulty, as: program.folder.path + "/libfaulty.so", flags: ["-DFAULT=HANG"])
        let file = try program.write(
            "hang.yaml", gridSweep(plugin: "libfaulty.so", more: "retries: 0\ntrial_timeout: 2s\nparallel: 4")
        )
        let run = try await program.run("run", file, "--quiet", "--drain-seconds", "0", "--slots", "4")
        #expect(run.status == 0 || run.status == 75, "\(run.errors)")
        for trial in try await trials("grid") {
            #expect(trial["state"] as? String == (isSound(trial) ? "completed" : "failed"))
            #expect(isSound(trial) || (trial["failure"] as? String)?.contains("trial_timeout") == true)
        }
    }

    @Test("what a library prints is never taken for the worker's own lines")
    func noise() async throws {
        try PluginCompiler.build(
            Self.faulty, as: program.folder.path + "/libfaulty.so", flags: ["-DFAULT=NOISE"])
        _ = try await program.run(
            "run", program.write("noise.yaml", gridSweep(plugin: "libfaulty.so")), "--quiet")
        let trials = try await trials("grid")
        #expect(trials.count == 4)
        for trial in trials {
            #expect(trial["state"] as? String == "completed")
            let loss = (trial["metrics"] as? [String: Any])?["validation_loss"] as? Double
            #expect(loss ?? -1 > 0)
        }
    }

    @Test("every code of a fault is in the manual")
    func codesAreDocumented() throws {
        let root = PluginCompiler.repository.path
        let page = try String(contentsOfFile: root + "/docs/plugins-from-outside.md", encoding: .utf8)
        var codes: Set<String> = []
        for folder in ["Sources/Plugins/External", "Sources/Tuner/External", "Sources/Tuner/Sweep"] {
            for file in try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)") {
                let text = try String(contentsOfFile: "\(root)/\(folder)/\(file)", encoding: .utf8)
                codes.formUnion(text.matches(of: /"(plugin-[a-z-]+)",/).map { String($0.1) })
            }
        }
        #expect(codes.count >= 15)
        for code in codes { #expect(page.contains("`\(code)`"), "\(code)") }
    }

    // MARK: Change and trust

    @Test("a sweep goes on only with the library it began with")
    func changedLibrary() async throws {
        let library = program.folder.path + "/libfaulty.so"
        try PluginCompiler.build(Self.faulty, as: library, flags: ["-DFAULT=SOUND"])
        let file = try program.write(
            "slow.yaml",
            gridSweep(plugin: "libfaulty.so").replacingOccurrences(of: "[64, 128]", with: "[4M, 8M]"))
        let first = try await program.serve("--drain-seconds", "5")
        #expect(try await program.run("submit", file).status == 0)
        #expect(try await program.run("pause", "grid").status == 0)
        let mapped = try String(contentsOfFile: "/proc/\(first.identifier)/maps", encoding: .utf8)
        #expect(!mapped.contains("tunerd-plugin"), "the daemon has loaded a plugin")
        first.signal(SIGTERM)
        #expect(try await first.finish().status == 0)

        try PluginCompiler.build(Self.faulty, as: library, flags: ["-DFAULT=REBUILT"])
        let refused = try await program.run("run", file, "--quiet")
        #expect(refused.status == 11)
        #expect(refused.errors.contains("[plugin-changed]"))
        let second = try await program.serve("--drain-seconds", "5")
        let shown = try await program.run("show", "grid")
        #expect(shown.output.contains("failed") && shown.output.contains("[plugin-changed]"))
        #expect(try await program.run("resume", "grid").status == 11)

        try PluginCompiler.build(Self.faulty, as: library, flags: ["-DFAULT=SOUND"])
        #expect(try await program.run("resume", "grid").status == 0)
        #expect(try await program.run("cancel", "grid").status == 0)
        second.signal(SIGTERM)
        #expect(try await second.finish().status == 0)
    }

    @Test("a library in a folder others may write to is not loaded")
    func untrustedFolder() async throws {
        let open = try folder("open")
        try PluginCompiler.build("examples/plugin-c/lion.c", as: open + "/liblion-c.so")
        chmod(open, 0o777)
        let shown = try await program.run("plugins", open + "/liblion-c.so")
        #expect(shown.status == 1)
        #expect(shown.errors.contains("[plugin-not-trusted]"))
        #expect(shown.errors.contains("chmod go-w"))
    }

    @Test(
        "a sweep that names a library counts as one that runs programs, which nobody has to load to find out")
    func needsPermission() throws {
        let factory = BuiltInFactory(directories: .none)
        func runs(_ text: String) -> Bool {
            factory.runsPrograms(
                SweepSource(text: text, file: "x.yaml", directory: URL(fileURLWithPath: "/nowhere")))
        }
        #expect(runs(gridSweep(plugin: "libmissing.so")))
        #expect(!runs(gridSweep(plugin: "x").replacingOccurrences(of: "{plugin: x}", with: "sgd")))
        #expect(!runs("name: ["))
    }
}
