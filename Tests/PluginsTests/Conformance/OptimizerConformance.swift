import Engine
import Foundation
import Plugins

/// What every optimizer must do, whatever its rule. Each check returns what went wrong, so that the suite itself can
/// be shown to find the faults of broken optimizers.
struct OptimizerConformance {
    /// One of the checks below.
    enum Check: String, CaseIterable {
        case descriptor, settings, deterministic, stateRoundTrip, copyIsCheckpoint, zeroRate, rateMatters
        case descends, zeroGradient, untouchedTensor, precision, tensorOrder, forgets, noise
    }

    let plugin: any OptimizerPlugin
    private let network = TestProblem.network(roles: [.hidden, .bias, .output, .bias])
    private let leastSquares = TestProblem.leastSquares(role: .hidden, shape: [2, 3])

    init(_ plugin: any OptimizerPlugin) { self.plugin = plugin }

    /// The checks that fail, with what they found.
    func failures() throws -> [Check: String] {
        var found: [Check: String] = [:]
        for check in Check.allCases { found[check] = try run(check) }
        return found
    }

    private func run(_ check: Check) throws -> String? {
        switch check {
        case .descriptor: descriptorFault()
        case .settings: settingsFault()
        case .deterministic: try same(try train(6), try train(6))
        case .stateRoundTrip: try stateFault()
        case .copyIsCheckpoint: try copyFault()
        case .zeroRate: try same(network.start, try train(3, rate: 0))
        case .rateMatters:
            try same(try train(3), try train(3, rate: 2 * defaultRate)) == nil ? "same result" : nil
        case .descends: try descentFault()
        case .zeroGradient: try zeroGradientFault()
        case .untouchedTensor: try untouchedTensorFault()
        case .precision: try precisionFault()
        case .tensorOrder: try orderFault()
        case .forgets: try memoryFault()
        case .noise: try noiseFault()
        }
    }

    // MARK: Descriptor

    private func descriptorFault() -> String? {
        let descriptor = plugin.descriptor
        let names = descriptor.hyperparameters.map(\.name)
        if names.first != "learning_rate" { return "learning_rate is not first" }
        if Set(names).count != names.count { return "a name twice" }
        if descriptor.references.isEmpty || descriptor.summary.isEmpty { return "no source or summary" }
        for parameter in descriptor.hyperparameters {
            guard let value = parameter.defaultValue else { return "\(parameter.name) has no default" }
            if !lies(value, in: parameter.kind) { return "default of \(parameter.name) is out of range" }
            if parameter.name == "momentum" && parameter.scale != .complementLog {
                return "scale of momentum"
            }
            if parameter.name.contains(where: { $0.isUppercase || $0 == "-" }) {
                return "name \(parameter.name)"
            }
        }
        return nil
    }

    private func lies(_ value: HyperparameterValue, in kind: HyperparameterDescriptor.Kind) -> Bool {
        switch (kind, value) {
        case (.real(let low, let high), .real(let number)): (low...high).contains(number)
        case (.integer(let low, let high), .integer(let number)): (low...high).contains(number)
        case (.choice(let names), .text(let name)): names.contains(name)
        case (.flag, .flag), (.path, .text): true
        default: false
        }
    }

    private func settingsFault() -> String? {
        let wrong: [[String: HyperparameterValue]] = [
            ["lerning_rate": .real(0.1)], ["learning_rate": .text("big")], ["learning_rate": .real(-1)],
        ]
        for values in wrong where (try? optimizer(values) as any Optimizer<Double>) != nil {
            return "\(values)"
        }
        return nil
    }

    // MARK: State

    private func stateFault() throws -> String? {
        let whole = try train(6)
        var first: any Optimizer<Double> = try optimizer()
        let half = trained(&first, steps: 3)
        var second: any Optimizer<Double> = try optimizer()
        second.state = first.state
        return try same(whole, trained(&second, steps: 3, from: half, firstStep: 3))
    }

    private func copyFault() throws -> String? {
        var first: any Optimizer<Double> = try optimizer()
        let half = trained(&first, steps: 3)
        var copy = first
        let ahead = trained(&first, steps: 3, from: half, firstStep: 3)
        return try same(ahead, trained(&copy, steps: 3, from: half, firstStep: 3))
    }

    /// Without momentum (and without a second moment) the step does not depend on what came before it.
    private func memoryFault() throws -> String? {
        let names = plugin.descriptor.hyperparameters.map(\.name)
        guard names.contains("momentum") else { return nil }
        var values = quiet
        for name in ["momentum", "beta2", "auxiliary_momentum", "threshold_rate"] where names.contains(name) {
            values[name] = .real(0)
        }
        var experienced: any Optimizer<Double> = try optimizer(values)
        _ = trained(&experienced, steps: 5, from: network.start.map { -2 * $0 })
        var fresh: any Optimizer<Double> = try optimizer(values)
        let expected = trained(&fresh, steps: 1)
        let actual = trained(&experienced, steps: 1, firstStep: 5)
        return deviation(actual, expected) < 1e-12 ? nil : "off by \(deviation(actual, expected))"
    }

    // MARK: Steps

    private func descentFault() throws -> String? {
        let best = try [1.0, 3, 10, 30].map { factor in
            var optimizer: any Optimizer<Double> = try plugin.makeOptimizer(
                Double.self, layout: leastSquares.layout, hyperparameters: quiet)
            return leastSquares.train(
                &optimizer, rate: factor * defaultRate, steps: 60,
                perExample: plugin.needsPerExampleGradients
            ).losses.last ?? .infinity
        }.min()
        let start = leastSquares.loss(leastSquares.start)
        return best.map { $0 < 0.6 * start } ?? false ? nil : "from \(start) to \(best ?? .nan)"
    }

    private func zeroGradientFault() throws -> String? {
        var optimizer: any Optimizer<Double> = try optimizer(quiet)
        var parameters = ParameterVector(layout: network.layout, values: network.start)
        let zero = MinibatchGradient(
            mean: ParameterVector<Double>(layout: network.layout),
            perExample: plugin.needsPerExampleGradients ? [Double](repeating: 0, count: 3 * 26) : nil)
        for step in 0..<2 {
            optimizer.step(&parameters, gradient: zero, context: context(step, rate: defaultRate))
        }
        return try same(network.start, parameters.values)
    }

    /// A tensor whose gradient is always zero stays where it is.
    private func untouchedTensorFault() throws -> String? {
        for slot in network.layout.slots {
            var problem = network
            let gradient = network.gradient
            let perExample = network.perExample
            problem.gradient = { x in
                var g = gradient(x)
                for i in slot.range { g[i] = 0 }
                return g
            }
            problem.perExample = { x in
                var rows = perExample(x)
                for i in rows.indices where slot.range.contains(i % 26) { rows[i] = 0 }
                return rows
            }
            var optimizer: any Optimizer<Double> = try optimizer(quiet)
            let last = problem.train(
                &optimizer, rate: defaultRate, steps: 3, perExample: plugin.needsPerExampleGradients
            ).last
            if Array(last[slot.range]) != Array(network.start[slot.range]) { return "\(slot.name) moved" }
        }
        return nil
    }

    private func precisionFault() throws -> String? {
        var single: any Optimizer<Float> = try plugin.makeOptimizer(
            Float.self, layout: network.layout, hyperparameters: [:])
        let actual = network.train(
            &single, rate: defaultRate, steps: 10, perExample: plugin.needsPerExampleGradients
        ).last.map { Double($0) }
        let distance = deviation(actual, try train(10), scale: 1)
        return distance < 1e-4 ? nil : "Float and Double differ by \(distance)"
    }

    private func orderFault() throws -> String? {
        let order = [3, 2, 1, 0]
        let turned = network.reordered(order)
        var optimizer: any Optimizer<Double> = try plugin.makeOptimizer(
            Double.self, layout: turned.layout, hyperparameters: quiet)
        let last = turned.train(
            &optimizer, rate: defaultRate, steps: 5, perExample: plugin.needsPerExampleGradients
        ).last
        var straight: any Optimizer<Double> = try self.optimizer(quiet)
        let expected = network.reorder(trained(&straight, steps: 5), order)
        return deviation(last, expected) < 1e-10 ? nil : "off by \(deviation(last, expected))"
    }

    /// Noise follows the seed and is there: one seed gives one run, another gives another.
    private func noiseFault() throws -> String? {
        guard !quiet.isEmpty else { return nil }
        func run(_ seed: UInt64) throws -> [Double] {
            var optimizer: any Optimizer<Double> = try optimizer()
            return network.train(
                &optimizer, rate: defaultRate, steps: 3, perExample: plugin.needsPerExampleGradients,
                seed: seed
            ).last
        }
        if let fault = try same(try run(1), try run(1)) { return "one seed: " + fault }
        return try same(try run(1), try run(2)) == nil ? "two seeds, one run" : nil
    }

    // MARK: Help

    /// Settings that turn the noise of private methods off, for checks of what lies below it.
    private var quiet: [String: HyperparameterValue] {
        plugin.descriptor.hyperparameters.contains { $0.name == "noise_multiplier" }
            ? ["noise_multiplier": .real(0)] : [:]
    }

    private var defaultRate: Double { plugin.descriptor.hyperparameters.first?.defaultValue?.number ?? .nan }

    private func optimizer(_ values: [String: HyperparameterValue] = [:]) throws -> any Optimizer<Double> {
        try plugin.makeOptimizer(Double.self, layout: network.layout, hyperparameters: values)
    }

    private func train(_ steps: Int, rate: Double? = nil) throws -> [Double] {
        var optimizer: any Optimizer<Double> = try optimizer()
        return trained(&optimizer, steps: steps, rate: rate)
    }

    private func trained(
        _ optimizer: inout any Optimizer<Double>, steps: Int, from start: [Double]? = nil, firstStep: Int = 0,
        rate: Double? = nil
    ) -> [Double] {
        network.train(
            &optimizer, rate: rate ?? defaultRate, steps: steps, from: start, firstStep: firstStep,
            perExample: plugin.needsPerExampleGradients
        ).last
    }

    private func context(_ step: Int, rate: Double) -> StepContext<Double> {
        StepContext(learningRate: rate, step: step, totalSteps: 10, loss: 0)
    }

    private func same(_ expected: [Double], _ actual: [Double]) throws -> String? {
        expected.map(\.bitPattern) == actual.map(\.bitPattern) ? nil : "off by \(deviation(actual, expected))"
    }
}

extension TestProblem {
    /// The same problem with its tensors in another order.
    func reordered(_ order: [Int]) -> TestProblem {
        var layout = ParameterLayout()
        for index in order {
            let slot = self.layout.slots[index]
            layout.add(slot.name, shape: slot.shape, role: slot.role)
        }
        let count = self.layout.count
        let source = order.flatMap { Array(self.layout.slots[$0].range) }
        let back: @Sendable ([Double]) -> [Double] = { x in
            var result = [Double](repeating: 0, count: count)
            for (place, from) in source.enumerated() { result[from] = x[place] }
            return result
        }
        let (loss, gradient, perExample) = (self.loss, self.gradient, self.perExample)
        return TestProblem(
            layout: layout, start: source.map { start[$0] },
            loss: { loss(back($0)) },
            gradient: { x in
                let g = gradient(back(x))
                return source.map { g[$0] }
            },
            perExample: { x in
                let rows = perExample(back(x))
                return (0..<(rows.count / count)).flatMap { row in source.map { rows[row * count + $0] } }
            })
    }

    /// A flat vector of this problem in the order of `reordered`.
    func reorder(_ x: [Double], _ order: [Int]) -> [Double] {
        order.flatMap { Array(x[layout.slots[$0].range]) }
    }
}
