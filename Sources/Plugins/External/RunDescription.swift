internal import CTunerPlugin
internal import Engine
internal import Foundation

/// A model and hyperparameter values as a library sees them: C structures that live as long as this object.
final class RunDescription {
    /// What is handed to the library.
    let run: UnsafeMutablePointer<tunerd_run>
    /// Places of the tensors in the flat vector.
    let ranges: [Range<Int>]
    /// Names of the tensors, for messages.
    let names: [String]
    private let tensors: UnsafeMutablePointer<tunerd_tensor>
    private let settings: UnsafeMutablePointer<Double>

    /// A description.
    ///
    /// - Parameters:
    ///   - layout: of the model.
    ///   - values: of the settings, in the order of the library's table.
    init(layout: ParameterLayout, values: [Double]) {
        ranges = layout.slots.map(\.range)
        names = layout.slots.map(\.name)
        tensors = .allocate(capacity: max(1, layout.slots.count))
        for (index, slot) in layout.slots.enumerated() {
            let shape = UnsafeMutablePointer<Int64>.allocate(capacity: max(1, slot.shape.count))
            for (axis, size) in slot.shape.enumerated() { (shape + axis).initialize(to: Int64(size)) }
            (tensors + index).initialize(
                to: tunerd_tensor(
                    name: strdup(slot.name), role: Self.role(slot.role), rank: UInt32(slot.shape.count),
                    shape: shape, count: Int64(slot.count)))
        }
        settings = .allocate(capacity: max(1, values.count))
        settings.initialize(from: values, count: values.count)
        run = .allocate(capacity: 1)
        run.initialize(
            to: tunerd_run(
                struct_size: UInt32(MemoryLayout<tunerd_run>.size), tensor_count: UInt32(layout.slots.count),
                tensors: tensors, parameter_count: Int64(layout.count), settings: settings,
                setting_count: UInt32(values.count), reserved: 0))
    }

    deinit {
        for index in ranges.indices {
            free(UnsafeMutablePointer(mutating: tensors[index].name))
            tensors[index].shape?.deallocate()
        }
        tensors.deallocate()
        settings.deallocate()
        run.deallocate()
    }

    private static func role(_ role: TensorRole) -> UInt32 {
        switch role {
        case .input: UInt32(TUNERD_ROLE_INPUT)
        case .hidden: UInt32(TUNERD_ROLE_HIDDEN)
        case .output: UInt32(TUNERD_ROLE_OUTPUT)
        case .embedding: UInt32(TUNERD_ROLE_EMBEDDING)
        case .bias: UInt32(TUNERD_ROLE_BIAS)
        case .convolution: UInt32(TUNERD_ROLE_CONVOLUTION)
        case .scale: UInt32(TUNERD_ROLE_SCALE)
        }
    }
}
