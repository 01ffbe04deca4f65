import Engine
import Foundation
import TestSupport
import Testing

@testable import Plugins

/// Optimizers from shared libraries behave as built-in ones, and their faults are errors.
@Suite("Optimizers from libraries", .enabled(if: PluginCompiler.hasC))
struct ExternalOptimizerTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func lion() throws -> ExternalOptimizerPlugin {
        try ExternalOptimizerPlugin(
            contentsOf: PluginCompiler.build(
                "examples/plugin-c/lion.c", as: folder.path + "/liblion-c.so", flags: ["-std=c11"]))
    }

    private func faulty(_ fault: String, flags: [String] = []) throws -> String {
        try PluginCompiler.build(
            "Tests/Fixtures/plugins/faulty.c", as: folder.path + "/libfaulty.so",
            flags: ["-DFAULT=\(fault)"] + flags)
    }

    private func failure(_ body: () throws -> Void) -> EngineError? {
        do {
            try body()
            return nil
        } catch { return error as? EngineError ?? EngineError(code: "other", message: "\(error)") }
    }

    // MARK: The example

    private func job(_ hyperparameters: [String: HyperparameterValue], checkpoints: String? = nil)
        -> TrainingJob
    {
        TrainingJob(
            workload: "mlp", workloadOptions: ["width": .integer(8), "depth": .integer(2)],
            hyperparameters: hyperparameters, batchSizeTokens: 16, tokenBudget: 16 * 200, seed: 7,
            checkpointDirectory: checkpoints.map { URL(fileURLWithPath: $0) })
    }

    private func metrics(
        _ job: TrainingJob, _ optimizer: any OptimizerFactory,
        _ directive: TrainingDirective = .proceed
    ) throws -> [String: Double]? {
        let outcome = try Trainer.run(job, optimizer: optimizer, observe: { _ in directive })
        if case .completed(let metrics) = outcome { return metrics }
        return nil
    }

    @Test("Lion with equal fractions is Signum: the library and the built-in rule train to the same loss")
    func agreesWithBuiltIn() throws {
        let shared: [String: HyperparameterValue] = [
            "learning_rate": .real(0.01), "momentum": .real(0.9), "weight_decay": .real(0.1),
        ]
        let mine = try metrics(job(shared.merging(["mix": .real(0.9)]) { $1 }), lion())
        let theirs = try metrics(job(shared), SignSGDPlugin())
        let (a, b) = try (#require(mine?["validation_loss"]), #require(theirs?["validation_loss"]))
        #expect(abs(a - b) < 1e-4 * b, "\(a) and \(b)")
        let other = try metrics(job(shared.merging(["mix": .real(0.5)]) { $1 }), lion())
        #expect(abs(try #require(other?["validation_loss"]) - b) > 1e-4 * b)
    }

    @Test("a run that is interrupted at every observation ends with the same bits")
    func resumes() throws {
        let values: [String: HyperparameterValue] = ["learning_rate": .real(0.003)]
        let whole = try #require(try metrics(job(values), lion()))
        let interrupted = job(values, checkpoints: folder.path + "/checkpoint")
        var pieces = 1
        while true {
            if let found = try metrics(interrupted, lion(), .stop) {
                #expect(found == whole)
                break
            }
            pieces += 1
            try #require(pieces < 20)
        }
        #expect(pieces == Trainer.observationsPerRun)
    }

    @Test("its descriptor is that of the table")
    func descriptor() throws {
        let descriptor = try lion().descriptor
        #expect(descriptor.name == "lion-c")
        #expect(descriptor.geometry == .sign)
        #expect(descriptor.maturity == .established)
        #expect(
            descriptor.hyperparameters.map(\.name) == ["learning_rate", "momentum", "mix", "weight_decay"])
        #expect(descriptor.hyperparameters[1].scale == .complementLog)
        #expect(descriptor.hyperparameters[1].kind == .real(min: 0, max: 0.999999))
        #expect(descriptor.hyperparameters[3].defaultValue == .real(0))
        #expect(descriptor.references.first?.locator == "arXiv:2302.06675")
    }

    @Test("what it says survives JSON, kinds of numbers included")
    func json() throws {
        let external = try lion().external
        let data = try JSONEncoder().encode(external)
        #expect(try JSONDecoder().decode(ExternalOptimizer.self, from: data) == external)
    }

    @Test("a copy goes on by itself")
    func copies() throws {
        let layout = Self.layout
        var first = try lion().makeOptimizer(Float.self, layout: layout, hyperparameters: [:])
        var x = ParameterVector<Float>(layout: layout)
        Self.step(&first, &x, gradient: 1)
        var second = first
        let start = x
        Self.step(&first, &x, gradient: -3)
        let state = first.state
        var y = start
        Self.step(&second, &y, gradient: -3)
        #expect(x.values == y.values)
        #expect(second.state == state)
        Self.step(&second, &y, gradient: 5)
        #expect(first.state == state)
    }

    @Test("a setting it does not have, and double precision, are refused")
    func settings() throws {
        let plugin = try lion()
        let misspelt = failure {
            _ = try plugin.makeOptimizer(
                Float.self, layout: Self.layout, hyperparameters: ["mixx": .real(0.5)])
        }
        #expect(misspelt?.code == "unknown-parameter")
        let double = failure {
            _ = try plugin.makeOptimizer(Double.self, layout: Self.layout, hyperparameters: [:])
        }
        #expect(double?.code == "plugin-precision")
    }

    // MARK: Faults

    private static var layout: ParameterLayout {
        var layout = ParameterLayout()
        layout.add("a", shape: [3, 5], role: .hidden)
        layout.add("b", shape: [7], role: .bias)
        return layout
    }

    private static func step(
        _ optimizer: inout any Optimizer<Float>, _ x: inout ParameterVector<Float>, gradient: Float,
        rate: Float = 0.25
    ) {
        let values = [Float](repeating: gradient, count: x.values.count)
        optimizer.step(
            &x, gradient: MinibatchGradient(mean: ParameterVector(layout: x.layout, values: values)),
            context: StepContext(learningRate: rate, step: 0, totalSteps: 10, loss: 1))
    }

    @Test("a sound one steps, and its five bytes of state come back")
    func sound() throws {
        let plugin = try ExternalOptimizerPlugin(contentsOf: faulty("SOUND"))
        var optimizer = try plugin.makeOptimizer(
            Float.self, layout: Self.layout, hyperparameters: ["learning_rate": .real(0.25)])
        var x = ParameterVector<Float>(layout: Self.layout)
        Self.step(&optimizer, &x, gradient: 2)
        #expect(optimizer.failure == nil)
        #expect(x.values == [Float](repeating: -0.5, count: 22))
        #expect(optimizer.state["state"]?.map(\.bitPattern) == [0, 1])
        var restored = try plugin.makeOptimizer(Float.self, layout: Self.layout, hyperparameters: [:])
        restored.state = optimizer.state
        Self.step(&restored, &x, gradient: 2)
        #expect(restored.state["state"]?.map(\.bitPattern) == [0, 2])
    }

    @Test(
        "a library that cannot be an optimizer is refused with its own code",
        arguments: [
            ("WRONG_VERSION", "", "plugin-abi-version", "'9'"),
            ("SMALL_TABLE", "", "plugin-table-invalid", "'16'"),
            ("NULL_TABLE", "", "plugin-table-invalid", "null pointer"),
            ("NULL_STEP", "", "plugin-table-invalid", "'step'"),
            ("NULL_STATE_SIZE", "", "plugin-table-invalid", "'state_size'"),
            ("BAD_DEFAULT", "", "plugin-table-invalid", "1000000000.0"),
            ("BAD_NAME", "", "plugin-table-invalid", "'No Good'"),
            ("BAD_FIRST_SETTING", "", "plugin-table-invalid", "'rate'"),
            ("NO_ENTRY", "-DENTRY=another_name", "plugin-symbol-missing", "tunerd_plugin_v1"),
            ("NEWER_ENTRY", "-DENTRY=tunerd_plugin_v2", "plugin-symbol-missing", "tunerd_plugin_v1"),
            ("UNRESOLVED", "-DCALLS_NOWHERE", "plugin-not-loadable", "cannot be loaded"),
        ])
    func refusedLibraries(_ fault: String, _ flag: String, _ code: String, _ word: String) throws {
        let path = try faulty(fault, flags: flag.isEmpty ? [] : [flag])
        let found = try #require(failure { _ = try ExternalOptimizerPlugin(contentsOf: path) })
        #expect(found.code == code)
        #expect(found.message.contains(word), "\(found)")
        #expect(found.message.contains(path))
        #expect(found.help != nil)
        if fault == "NEWER_ENTRY" { #expect(found.why?.contains("tunerd_plugin_v2") == true) }
        if fault == "UNRESOLVED" { #expect(found.why?.contains("nowhere_defined") == true, "\(found)") }
    }

    @Test(
        "a fault of a step is an error that names it, and the parameters stay",
        arguments: [
            ("WRITE_BEHIND", "plugin-out-of-bounds", "parameters of a"),
            ("WRITE_BEFORE", "plugin-out-of-bounds", "parameters of a"),
            ("WRITE_STATE", "plugin-out-of-bounds", "state"),
            ("RETURN_ERROR", "plugin-failed", "learning rate '0.25' is too large"),
            ("RETURN_NO_MESSAGE", "plugin-failed", "it gave no reason"),
        ])
    func faultsOfSteps(_ fault: String, _ code: String, _ word: String) throws {
        let plugin = try ExternalOptimizerPlugin(contentsOf: faulty(fault))
        var optimizer = try plugin.makeOptimizer(
            Float.self, layout: Self.layout, hyperparameters: ["learning_rate": .real(0.25)])
        var x = ParameterVector<Float>(layout: Self.layout)
        Self.step(&optimizer, &x, gradient: 2)
        #expect(optimizer.failure?.code == code)
        #expect(optimizer.failure?.message.contains(word) == true, "\(String(describing: optimizer.failure))")
        #expect(x.values.allSatisfy { $0 == 0 })
        let run = failure {
            _ = try metrics(job(["learning_rate": .real(0.25)]), plugin)
        }
        #expect(run?.code == code)
        #expect(try metrics(job(["learning_rate": .real(0.01)]), plugin) != nil)
    }

    @Test("a run it refuses, or a state nobody has memory for, is an error at the start")
    func faultsOfRuns() throws {
        for (fault, code, word) in [
            ("REFUSE_RUN", "plugin-failed", "cannot train 'a' of 15"),
            ("HUGE_STATE", "plugin-memory", "1125899906842624"),
        ] {
            let plugin = try ExternalOptimizerPlugin(contentsOf: faulty(fault))
            let found = failure {
                _ = try plugin.makeOptimizer(Float.self, layout: Self.layout, hyperparameters: [:])
            }
            #expect(found?.code == code)
            #expect(found?.message.contains(word) == true)
        }
    }

    @Test("a library rebuilt in place is another one, and the loaded one stays what it was")
    func rebuilt() throws {
        let path = try faulty("SOUND")
        let old = try ExternalOptimizerPlugin(contentsOf: path)
        // Written into the same file, as `cp` does.
        let other = try PluginCompiler.build(
            "Tests/Fixtures/plugins/faulty.c", as: folder.path + "/new.so", flags: ["-DFAULT=REBUILT"])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(contentsOf: URL(fileURLWithPath: other)))
        try handle.close()
        let new = try ExternalOptimizerPlugin(contentsOf: path)
        #expect(old.descriptor.summary == "Gradient descent.")
        #expect(new.descriptor.summary == "Gradient descent, rebuilt.")
        #expect(try metrics(job(["learning_rate": .real(0.01)]), old) != nil)
        let library = old.external.origin
        #expect(failure { try library.checkUnchanged() }?.code == "plugin-changed")
        #expect(
            failure { _ = try ExternalOptimizerPlugin(contentsOf: path, sha256: library.sha256) }?.code
                == "plugin-changed")
        try new.external.origin.checkUnchanged()
    }
}
