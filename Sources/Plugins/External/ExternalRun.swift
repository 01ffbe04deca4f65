internal import CTunerPlugin
internal import CTunerSystem
internal import Engine
internal import Foundation

/// The memory of one run of a library's optimizer, and the calls into the library.
///
/// Parameters and gradients are copied into guarded memory before a step and the parameters back after it: two passes
/// over the model beside the many of a gradient, for which a library that writes where it should not is found out.
///
/// `@unchecked Sendable`: only `ExternalRule` uses it, which copies it before it writes unless it is the only owner.
final class ExternalRun: @unchecked Sendable {
    private let loaded: LoadedLibrary
    private let description: RunDescription
    private let parameters: GuardedBlock
    private let gradients: GuardedBlock
    private let memory: GuardedBlock
    /// One pointer a tensor.
    private let parameterPointers: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>?>
    private let gradientPointers: UnsafeMutableBufferPointer<UnsafePointer<Float>?>
    private let places: UnsafeMutableBufferPointer<tuner_guarded>
    private let failure: UnsafeMutablePointer<tunerd_error>

    private static let largestState = Int64(1) << 40

    /// A run with its state as the library begins it.
    ///
    /// - Throws: `EngineError` when the library refuses the run, or there is no memory for it.
    convenience init(_ loaded: LoadedLibrary, _ description: RunDescription) throws {
        let failure = UnsafeMutablePointer<tunerd_error>.allocate(capacity: 1)
        defer { failure.deallocate() }
        failure.initialize(to: tunerd_error())
        func size(
            _ name: StaticString,
            _ function: (
                @convention(c) (UnsafePointer<tunerd_run>?, UnsafeMutablePointer<tunerd_error>?) -> Int64
            )?
        ) throws -> Int {
            guard let function else { return 0 }
            let size = loaded.call(name) { function(description.run, failure) }
            guard size >= 0 else {
                throw LibraryFailure.returnedError(loaded.origin.path, "\(name)", Self.text(failure))
            }
            guard size <= Self.largestState else {
                throw LibraryFailure.noMemory(
                    loaded.origin.path, size, "\(name)", why: "more than 1 TiB is taken for a mistake")
            }
            return Int(size)
        }
        let table = loaded.table.pointee
        try self.init(
            loaded, description, stateSize: try size("state_size", table.state_size),
            scratchSize: try size("scratch_size", table.scratch_size))
        if let begin = table.`init` {
            let status = loaded.call("init", memory: places) { begin(description.run, state, self.failure) }
            try check(status, "init")
        }
    }

    private init(
        _ loaded: LoadedLibrary, _ description: RunDescription, stateSize: Int, scratchSize: Int
    ) throws {
        func block(_ sizes: [Int], _ what: String) throws -> GuardedBlock {
            guard let block = GuardedBlock(sizes: sizes) else {
                throw LibraryFailure.noMemory(
                    loaded.origin.path, Int64(sizes.reduce(0, +)), what, why: LibraryFile.text(errno))
            }
            return block
        }
        let sizes = description.ranges.map { 4 * $0.count }
        self.loaded = loaded
        self.description = description
        parameters = try block(sizes, "parameters")
        gradients = try block(sizes, "gradients")
        memory = try block([stateSize, scratchSize], "state and scratch")
        failure = .allocate(capacity: 1)
        failure.initialize(to: tunerd_error())
        parameterPointers = .allocate(capacity: max(1, sizes.count))
        gradientPointers = .allocate(capacity: max(1, sizes.count))
        _ = parameterPointers.initialize(
            from: parameters.pieces.map { $0.assumingMemoryBound(to: Float.self) })
        _ = gradientPointers.initialize(
            from: gradients.pieces.map { UnsafePointer($0.assumingMemoryBound(to: Float.self)) })
        places = .allocate(capacity: 3)
        _ = places.initialize(from: [
            parameters.place("parameters"), gradients.place("gradients", isReadOnly: true),
            memory.place("state and scratch"),
        ])
        gradients.setReadOnly(true)
    }

    deinit {
        if let end = loaded.table.pointee.end {
            loaded.call("end", memory: places) { end(description.run, state) }
        }
        places.deallocate()
        parameterPointers.deallocate()
        gradientPointers.deallocate()
        failure.deallocate()
    }

    /// A run of its own at the same state.
    func copy() throws -> ExternalRun {
        let copy = try ExternalRun(
            loaded, description, stateSize: memory.sizes[0], scratchSize: memory.sizes[1])
        copy.stateBytes = stateBytes
        return copy
    }

    private var state: UnsafeMutableRawPointer { memory.pieces[0] }

    /// The state, filled up to whole floats with zeros: the bytes matter, not the numbers.
    var stateBytes: [Float] {
        get {
            var floats = [Float](repeating: 0, count: (memory.sizes[0] + 3) / 4)
            floats.withUnsafeMutableBytes {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: state, count: memory.sizes[0]))
            }
            return floats
        }
        set {
            precondition(newValue.count == (memory.sizes[0] + 3) / 4, "a state of another size")
            newValue.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress { state.copyMemory(from: start, byteCount: memory.sizes[0]) }
            }
        }
    }

    /// Floats `stateBytes` takes.
    var stateCount: Int { (memory.sizes[0] + 3) / 4 }

    /// One step.
    ///
    /// - Throws: `EngineError` when the library refuses it or writes out of bounds; the parameters are untouched then.
    func step(_ values: inout [Float], gradient: [Float], context: StepContext<Float>) throws {
        gradients.setReadOnly(false)
        Self.scatter(gradient, description.ranges, gradients.pieces)
        gradients.setReadOnly(true)
        Self.scatter(values, description.ranges, parameters.pieces)
        var step = tunerd_step(
            struct_size: UInt32(MemoryLayout<tunerd_step>.size), learning_rate: context.learningRate,
            loss: context.loss, reserved: 0, step: Int64(context.step),
            total_steps: Int64(context.totalSteps),
            parameters: UnsafePointer(parameterPointers.baseAddress),
            gradients: UnsafePointer(gradientPointers.baseAddress),
            scratch: memory.sizes[1] > 0 ? memory.pieces[1] : nil)
        guard let function = loaded.table.pointee.step else { return }
        let status = loaded.call("step", memory: places) { function(description.run, state, &step, failure) }
        try check(status, "step")
        values.withUnsafeMutableBytes { bytes in
            for (range, piece) in zip(description.ranges, parameters.pieces) where !range.isEmpty {
                bytes.baseAddress?.advanced(by: 4 * range.lowerBound).copyMemory(
                    from: piece, byteCount: 4 * range.count)
            }
        }
    }

    private static func scatter(
        _ values: [Float], _ ranges: [Range<Int>], _ pieces: [UnsafeMutableRawPointer]
    ) {
        values.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            for (range, piece) in zip(ranges, pieces) {
                piece.copyMemory(from: start + 4 * range.lowerBound, byteCount: 4 * range.count)
            }
        }
    }

    /// Damage first: what a library says after it is worth little.
    private func check(_ status: Int32, _ function: String) throws {
        let path = loaded.origin.path
        if let tensor = parameters.damaged {
            let name = description.names.indices.contains(tensor) ? description.names[tensor] : "parameters"
            throw LibraryFailure.outOfBounds(path, function, "parameters of \(name)")
        }
        if let piece = memory.damaged {
            throw LibraryFailure.outOfBounds(path, function, piece == 0 ? "state" : "scratch")
        }
        guard status == 0 else {
            throw LibraryFailure.returnedError(path, function, Self.text(failure))
        }
    }

    /// The library's message, whatever it wrote, as one line.
    private static func text(_ error: UnsafeMutablePointer<tunerd_error>) -> String {
        let bytes = UnsafeRawBufferPointer(start: error, count: MemoryLayout<tunerd_error>.size).prefix {
            $0 != 0
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 ? " " : $0 }))
        return line.isEmpty ? "it gave no reason" : line
    }
}
