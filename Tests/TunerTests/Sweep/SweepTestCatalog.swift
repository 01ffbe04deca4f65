import Engine
import Foundation
import Plugins

@testable import Tuner

/// A catalog made by hand, so that these tests do not change with the plugins.
extension SweepCatalog {
    static let forTests = SweepCatalog(
        optimizers: [
            optimizer("sgd", .gradient, [learningRate, momentum(0.9), weightDecay]),
            optimizer("adamw", .sign, [learningRate, momentum(0.9), beta2, weightDecay, epsilon]),
            optimizer(
                "muon", .spectral,
                [
                    learningRate, momentum(0.95), weightDecay,
                    setting("newton_schulz_steps", .integer(min: 1, max: 12), .integer(5)),
                    setting("scale", .choice(["max1", "rms", "none"]), .text("max1")),
                    setting("nesterov", .flag, .flag(true)),
                ]),
            optimizer(
                "qc-sgd", .gradient,
                [
                    learningRate, momentum(0),
                    setting("clipping_quantile", .real(min: 0, max: 1), .real(0.9), .complementLog),
                ]),
        ],
        workloads: [
            WorkloadDescriptor(
                name: "char-gpt", summary: "Characters.",
                options: [
                    setting("width", .integer(min: 8, max: 4096), .integer(32)),
                    setting("depth", .integer(min: 1, max: 64), .integer(2)),
                    setting("heads", .integer(min: 1, max: 64), .integer(2)),
                    setting("sequence_length", .integer(min: 8, max: 4096), .integer(64)),
                    setting("dropout", .real(min: 0, max: 0.9), .real(0)),
                    setting("path", .path, nil),
                ],
                metrics: ["validation_loss", "train_loss"], sequenceLengthOption: "sequence_length"),
            WorkloadDescriptor(
                name: "stream-least-squares", summary: "Exact risk.",
                options: [setting("modes", .integer(min: 1, max: 65_536), .integer(256))],
                metrics: ["validation_loss", "excess_risk"], supportedOptimizers: ["sgd"],
                defaultSchedule: LearningRateSchedule(shape: .constant)),
            WorkloadDescriptor(
                name: "logistic-regression", summary: "Logistic regression.", options: [],
                metrics: ["validation_loss", "validation_error"], givesPerExampleGradients: true),
            WorkloadDescriptor(
                name: "mlp", summary: "Two layers.",
                options: [setting("width", .integer(min: 1, max: 16_384), .integer(64))],
                metrics: ["validation_loss", "validation_error"]),
        ],
        optimizersNeedingPerExampleGradients: ["qc-sgd"], probedOptimizers: ["sgd", "adamw", "muon"])

    private static let learningRate = setting(
        "learning_rate", .real(min: 0, max: 100), .real(0.02), .log)
    private static let weightDecay = setting("weight_decay", .real(min: 0, max: 10), .real(0), .log)
    private static let beta2 = setting("beta2", .real(min: 0, max: 0.999999), .real(0.999), .complementLog)
    private static let epsilon = setting("epsilon", .real(min: 0, max: 1), .real(1e-8), .log)

    private static func momentum(_ value: Double) -> HyperparameterDescriptor {
        setting("momentum", .real(min: 0, max: 0.999999), .real(value), .complementLog)
    }

    private static func setting(
        _ name: String, _ kind: HyperparameterDescriptor.Kind, _ value: HyperparameterValue?,
        _ scale: HyperparameterDescriptor.Scale = .linear
    ) -> HyperparameterDescriptor {
        HyperparameterDescriptor(name: name, summary: "", kind: kind, defaultValue: value, scale: scale)
    }

    private static func optimizer(
        _ name: String, _ geometry: OptimizerGeometry, _ settings: [HyperparameterDescriptor]
    ) -> OptimizerDescriptor {
        OptimizerDescriptor(
            name: name, summary: "", hyperparameters: settings, geometry: geometry, references: [])
    }
}

/// A folder that is there, for paths in sweep files.
let folderOfTests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Golden/sweep")

/// Reads a text with the catalog of the tests.
func checkSweep(
    _ text: String, file: String = "sweep.yaml", catalog: SweepCatalog = .forTests
) -> (definition: SweepDefinition?, diagnostics: [SweepDiagnostic]) {
    SweepReader(catalog: catalog).check(SweepSource(text: text, file: file, directory: folderOfTests))
}
