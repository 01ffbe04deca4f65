internal import Engine
internal import Methods

/// A round method's settings as sweep files write them.
///
/// | setting of the method | in sweep files |
/// |---|---|
/// | `step` | `learning_rate`, in units of the theory's step for the problem: 1 is what the theory allows |
/// | `momentum`, `server_momentum`: weight of the fresh gradient | one minus it, the fraction kept, as everywhere |
/// | all others | the same |
///
/// Where the theory has no step the unit is the fixed default, and `1/L` where there is neither.
struct RoundMethodSettings {
    private static let weights: Set<String> = ["momentum", "server_momentum"]

    let plugin: MethodPlugin

    /// The method as an optimizer describes itself.
    var descriptor: OptimizerDescriptor {
        let own = plugin.descriptor
        let step = own.hyperparameters.first { $0.name == "step" }
        let rate = step.map { step in
            let theory = own.theory["step"] ?? step.defaultValue?.description ?? "1/L"
            return HyperparameterDescriptor(
                name: "learning_rate", summary: "Step in units of \(theory).",
                kind: .real(min: 1e-10, max: 1e6),
                defaultValue: .real(1), scale: .log, unit: "theory's step")
        }
        let others = own.hyperparameters.filter { $0.name != "step" }.map(Self.written)
        return OptimizerDescriptor(
            name: own.name, summary: own.summary, hyperparameters: (rate.map { [$0] } ?? []) + others,
            geometry: own.name.contains("sign") ? .sign : .gradient,
            references: own.references.map { MethodSources.reference($0) }, isRoundMethod: true,
            maturity: own.maturity == .established ? .established : .experimental)
    }

    private static func written(_ setting: HyperparameterDescriptor) -> HyperparameterDescriptor {
        guard weights.contains(setting.name), let value = setting.defaultValue?.number else { return setting }
        return HyperparameterDescriptor(
            name: setting.name, summary: "Fraction of the old average kept: one minus the paper's weight.",
            kind: .real(min: 0, max: 0.999_999), defaultValue: .real(1 - value), scale: .complementLog)
    }

    /// The method for a problem.
    func method(_ given: [String: HyperparameterValue], for constants: ProblemConstants) throws
        -> any RoundMethod
    {
        var numbers: [String: Double] = [:]
        var choices: [String: String] = [:]
        var factor = 1.0
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .text(let text): choices[name] = text
            default:
                guard let number = value.number else { continue }
                if name == "learning_rate" {
                    factor = number
                } else {
                    numbers[name] = Self.weights.contains(name) ? 1 - number : number
                }
            }
        }
        do {
            if plugin.settings.contains(where: { $0.descriptor.name == "step" }) {
                let theory = try plugin.values(numbers, choices: choices, for: constants)["step"]
                numbers["step"] = factor * (theory > 0 ? theory : 1 / constants.smoothness)
            } else if given["learning_rate"] != nil {
                numbers["learning_rate"] = factor
            }
            return try plugin.method(numbers, choices: choices, for: constants)
        } catch {
            throw EngineError(
                code: "bad-option", message: "optimizer '\(plugin.descriptor.name)': \(error)",
                help: "'tunerd plugins \(plugin.descriptor.name)' lists its settings")
        }
    }
}
