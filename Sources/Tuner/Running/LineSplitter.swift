/// Cuts a stream of bytes into lines of bounded length.
struct LineSplitter {
    private var rest: [UInt8] = []
    private var isSkipping = false
    private let limit: Int

    /// - Parameter limit: bytes of the longest line; what is longer is cut there, and the rest of it dropped.
    init(limit: Int = TrialProtocol.longestLine) { self.limit = limit }

    /// Takes bytes in and hands every line that is complete to `onLine`, without its newline (or return).
    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, _ onLine: ([UInt8]) -> Void) {
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
            take(bytes[start..<(end ?? bytes.endIndex)], onLine)
            guard let end else { return }
            finishLine(onLine)
            start = end + 1
        }
    }

    /// Hands out a last line that has no newline.
    mutating func finish(_ onLine: ([UInt8]) -> Void) {
        if !rest.isEmpty { finishLine(onLine) }
    }

    private mutating func take(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ onLine: ([UInt8]) -> Void) {
        guard !isSkipping else { return }
        let room = limit - rest.count
        rest.append(contentsOf: bytes.prefix(room))
        guard bytes.count > room else { return }
        onLine(rest)
        rest.removeAll(keepingCapacity: true)
        isSkipping = true
    }

    private mutating func finishLine(_ onLine: ([UInt8]) -> Void) {
        if !isSkipping {
            if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
            onLine(rest)
            rest.removeAll(keepingCapacity: true)
        }
        isSkipping = false
    }
}
