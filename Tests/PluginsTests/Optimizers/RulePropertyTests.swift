import Engine
import Foundation
import Testing

@testable import Plugins

/// What the papers promise of single methods, on random gradients.
@Suite("Properties of single rules") struct RulePropertyTests {
    private let seed: UInt64 = 77

    private func steps(
        _ plugin: any OptimizerPlugin, _ values: [String: HyperparameterValue] = [:], layout: ParameterLayout,
        rate: Double, count: Int, start: Double = 0
    ) throws -> [[Double]] {
        var generator = SplitMix64(seed)
        var optimizer: any Optimizer<Double> = try plugin.makeOptimizer(
            Double.self, layout: layout, hyperparameters: values)
        var parameters = ParameterVector(
            layout: layout, values: [Double](repeating: start, count: layout.count))
        var path = [parameters.values]
        for step in 0..<count {
            let mean = ParameterVector(layout: layout, values: generator.normals(layout.count))
            optimizer.step(
                &parameters, gradient: MinibatchGradient(mean: mean),
                context: StepContext(learningRate: rate, step: step, totalSteps: count, loss: 1))
            path.append(parameters.values)
        }
        return path
    }

    private func layout(_ shape: [Int], _ role: TensorRole) -> ParameterLayout {
        var layout = ParameterLayout()
        layout.add("w", shape: shape, role: role)
        return layout
    }

    private func moves(_ path: [[Double]]) -> [[Double]] {
        zip(path, path.dropFirst()).map { zip($1, $0).map { $0 - $1 } }
    }

    @Test func normalizedStepHasTheLengthOfTheRate() throws {
        for move in moves(
            try steps(NormalizedSGDPlugin(), layout: layout([40], .bias), rate: 0.3, count: 5))
        {
            #expect(abs(move.reduce(0) { $0 + $1 * $1 }.squareRoot() - 0.3) < 1e-12, "seed \(seed)")
        }
    }

    @Test func everyCoordinateOfSignDescentMovesByTheRate() throws {
        for move in moves(try steps(SignSGDPlugin(), layout: layout([40], .bias), rate: 0.25, count: 5)) {
            #expect(move.allSatisfy { abs(abs($0) - 0.25) < 1e-12 }, "seed \(seed)")
        }
    }

    @Test func firstAdamStepIsTheSignWhateverTheScale() throws {
        let move = moves(try steps(AdamWPlugin(), layout: layout([40], .bias), rate: 0.25, count: 1))[0]
        #expect(move.allSatisfy { abs(abs($0) - 0.25) < 1e-6 }, "seed \(seed)")
    }

    @Test func exactMuonMovesAMatrixByTheRateInSpectralNorm() throws {
        let values: [String: HyperparameterValue] = ["oracle": .text("exact"), "scale": .text("none")]
        for shape in [[5, 3], [3, 5], [4, 4]] {
            let path = try steps(MuonPlugin(), values, layout: layout(shape, .hidden), rate: 0.1, count: 4)
            for move in moves(path) {
                let singular = SingularValues(move, rows: shape[0], columns: shape[1]).values
                #expect(singular.allSatisfy { abs($0 - 0.1) < 1e-10 }, "seed \(seed)")
            }
        }
    }

    @Test func defaultMuonKeepsSingularValuesOfItsStepNearTheRate() throws {
        let path = try steps(
            MuonPlugin(), ["scale": .text("none")], layout: layout([6, 4], .hidden), rate: 1, count: 4)
        for move in moves(path) {
            let singular = SingularValues(move, rows: 6, columns: 4).values
            #expect(singular.allSatisfy { (0.3...1.6).contains($0) }, "seed \(seed): \(singular)")
        }
    }

    @Test func muonOnAModelWithoutHiddenMatricesIsAdamAtTheAuxiliaryRate() throws {
        let layout = layout([4, 3], .output)
        let muon = try steps(MuonPlugin(), layout: layout, rate: 0.02, count: 5)
        let adam = try steps(AdamWPlugin(), ["beta2": .real(0.95)], layout: layout, rate: 0.002, count: 5)
        #expect(deviation(muon[5], adam[5]) < 1e-12)
    }

    @Test func unconstrainedScionMovesByRateTimesRadiusInItsNorm() throws {
        let cases: [(TensorRole, [Int], LMONorm, Double)] = [
            (.input, [5, 3], .spectralMax, 1), (.hidden, [3, 5], .spectralRMS, 1),
            (.output, [4, 6], .signIn, 10),
            (.embedding, [7, 4], .signIn, 10), (.bias, [6], .biasRMS, 1), (.scale, [6], .biasRMS, 1),
            (.convolution, [4, 9], .spectralRMS, 1),
        ]
        for (role, shape, norm, radius) in cases {
            let path = try steps(
                ScionPlugin(), ["oracle": .text("exact")], layout: layout(shape, role), rate: 0.05, count: 3)
            for move in moves(path) {
                let length = norm.primalNorm(move, rows: shape[0], columns: move.count / shape[0])
                #expect(abs(length - 0.05 * radius) < 1e-10, "seed \(seed) \(role)")
            }
        }
    }

    @Test func constrainedScionStaysInItsBall() throws {
        let values: [String: HyperparameterValue] = [
            "oracle": .text("exact"), "constrained": .flag(true), "radius_hidden": .real(2),
        ]
        let path = try steps(ScionPlugin(), values, layout: layout([4, 5], .hidden), rate: 0.4, count: 30)
        for x in path {
            #expect(LMONorm.spectralRMS.primalNorm(x, rows: 4, columns: 5) <= 2 + 1e-10, "seed \(seed)")
        }
    }

    @Test func decoupledDecayShrinksByRateTimesDecay() throws {
        // With a zero gradient only the decay is left.
        for plugin in [AdamWPlugin(), SignSGDPlugin(), NormalizedSGDPlugin(), MuonPlugin()]
            as [any OptimizerPlugin]
        {
            let layout = layout([2, 2], .hidden)
            var optimizer: any Optimizer<Double> = try plugin.makeOptimizer(
                Double.self, layout: layout, hyperparameters: ["weight_decay": .real(0.5)])
            var parameters = ParameterVector(layout: layout, values: [1, -2, 3, 4.0])
            optimizer.step(
                &parameters, gradient: MinibatchGradient(mean: ParameterVector(layout: layout)),
                context: StepContext(learningRate: 0.2, step: 0, totalSteps: 1, loss: 1))
            #expect(deviation(parameters.values, [0.9, -1.8, 2.7, 3.6]) < 1e-12, "\(plugin.descriptor.name)")
        }
    }

    @Test func settingsAreNamedInErrors() {
        #expect {
            try OptimizerSettings(SGDPlugin().descriptor, ["lerning_rate": .real(1)])
        } throws: { error in
            let text = "\(error)"
            return text.contains("'lerning_rate'") && text.contains("[unknown-parameter]")
                && text.contains("nesterov")
        }
        #expect {
            try OptimizerSettings(MuonPlugin().descriptor, ["newton_schulz_steps": .integer(13)])
        } throws: { "\($0)".contains("newton_schulz_steps is '13'") }
        #expect {
            try OptimizerSettings(MuonPlugin().descriptor, ["coefficients": .text("quartic")])
        } throws: { "\($0)".contains("muon, cubic, taylor") }
    }

    @Test func wholeNumbersAndFlagsAreAcceptedAsJSONWritesThem() throws {
        let settings = try OptimizerSettings(
            SGDPlugin().descriptor,
            ["learning_rate": .integer(1), "nesterov": .integer(1), "momentum": .integer(0)])
        #expect(try settings.real("learning_rate") == 1)
        #expect(try settings.flag("nesterov"))
    }
}
