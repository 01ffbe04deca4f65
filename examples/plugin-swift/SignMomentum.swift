// Sign descent with averaged momentum (Signum), in Swift:
//
//     m = momentum m + (1 - momentum) g;  x = x - learning_rate sign(m)
//
// J. Bernstein et al., "signSGD: compressed optimisation for non-convex problems", 2018, arXiv 1802.04434.
import CTunerPlugin

/// A C string that lives as long as the library.
private func text(_ string: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(string.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// Constant memory that lives as long as the library.
private func constant<Value>(_ values: [Value]) -> UnsafePointer<Value> {
    let memory = UnsafeMutablePointer<Value>.allocate(capacity: values.count)
    memory.initialize(from: values, count: values.count)
    return UnsafePointer(memory)
}

private func setting(
    _ name: StaticString, _ summary: StaticString, scale: Int, _ range: ClosedRange<Double>, _ value: Double
) -> tunerd_setting {
    tunerd_setting(
        name: text(name), summary: text(summary), unit: nil, kind: UInt32(TUNERD_REAL), scale: UInt32(scale),
        minimum: range.lowerBound, maximum: range.upperBound, default_value: value, choices: nil,
        choice_count: 0, reserved: 0)
}

// Set once, by the first call of the entry function, and constant from then on.
nonisolated(unsafe) private let table = constant([
    tunerd_optimizer_v1(
        abi_version: TUNERD_PLUGIN_ABI, struct_size: UInt32(MemoryLayout<tunerd_optimizer_v1>.size),
        name: text("signum-swift"), summary: text("Sign of the averaged gradient (Signum)."),
        geometry: UInt32(TUNERD_GEOMETRY_SIGN), maturity: UInt32(TUNERD_ESTABLISHED), setting_count: 2,
        reference_count: 1,
        settings: constant([
            setting(
                "learning_rate", "How far every coordinate moves in a step.", scale: TUNERD_LOG,
                1e-10...1e3, 1e-3),
            setting(
                "momentum", "Fraction of the averaging buffer kept.", scale: TUNERD_COMPLEMENT_LOG,
                0...0.999_999, 0.9),
        ]),
        references: constant([
            tunerd_reference(
                text: text("J. Bernstein et al., signSGD: compressed optimisation for non-convex problems, 2018"),
                locator: text("arXiv:1802.04434"))
        ]),
        state_size: { run, _ in (run?.pointee.parameter_count ?? 0) * 4 }, scratch_size: nil, init: nil,
        step: { run, state, now, error in
            guard let run = run?.pointee, let now = now?.pointee, let state, let settings = run.settings,
                let tensors = run.tensors, let parameters = now.parameters, let gradients = now.gradients
            else { return -1 }
            let keep = Float(settings[1])
            var average = state.assumingMemoryBound(to: Float.self)
            for tensor in 0..<Int(run.tensor_count) {
                guard let x = parameters[tensor], let g = gradients[tensor] else { return -1 }
                let count = Int(tensors[tensor].count)
                for i in 0..<count {
                    average[i] = keep * average[i] + (1 - keep) * g[i]
                    if average[i] != 0 { x[i] -= average[i] > 0 ? now.learning_rate : -now.learning_rate }
                }
                average += count
            }
            return 0
        }, end: nil)
])

@_cdecl("tunerd_plugin_v1")
public func tunerdPlugin() -> UnsafePointer<tunerd_optimizer_v1>? { table }
