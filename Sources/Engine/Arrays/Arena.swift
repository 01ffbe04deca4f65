/// Scratch memory of one model: aligned blocks that live as long as the model, so that a step allocates nothing.
///
/// The blocks are handed out once, when the model is made; nothing outside the engine sees them. Not `Sendable`:
/// a model and its arena belong to one thread.
final class Arena<Scalar: EngineScalar> {
    private var blocks: [UnsafeMutableRawPointer] = []

    /// `count` zeros, aligned to a cache line. Rounded up by a vector, so that a kernel may load the last one whole.
    func block(_ count: Int) -> UnsafeMutablePointer<Scalar> {
        let elements = count + 16
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: elements * MemoryLayout<Scalar>.stride, alignment: 64)
        blocks.append(raw)
        let typed = raw.bindMemory(to: Scalar.self, capacity: elements)
        typed.initialize(repeating: 0, count: elements)
        return typed
    }

    deinit {
        for block in blocks { block.deallocate() }
    }
}
