/// Opens arrays of one length for a kernel. The lengths are checked here, once, so that the kernels need not.
///
/// Nothing is called for empty arrays: they have no address.
@inline(__always)
func withPointers<T>(
    _ x: inout [T], _ g: [T], _ body: (UnsafeMutablePointer<T>, UnsafePointer<T>) throws -> Void
) rethrows {
    precondition(x.count == g.count, "\(g.count) numbers for \(x.count) parameters")
    try x.withUnsafeMutableBufferPointer { x in
        try g.withUnsafeBufferPointer { g in
            guard let x = x.baseAddress, let g = g.baseAddress else { return }
            try body(x, g)
        }
    }
}

/// The same with one buffer.
@inline(__always)
func withPointers<T>(
    _ x: inout [T], _ b: inout [T], _ g: [T],
    _ body: (UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafePointer<T>) throws -> Void
) rethrows {
    precondition(x.count == b.count, "a buffer of \(b.count) for \(x.count) parameters")
    try b.withUnsafeMutableBufferPointer { b in
        guard let b = b.baseAddress else { return }
        try withPointers(&x, g) { x, g in try body(x, b, g) }
    }
}

/// The same with two buffers.
@inline(__always)
func withPointers<T>(
    _ x: inout [T], _ a: inout [T], _ b: inout [T], _ g: [T],
    _ body: (UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafePointer<T>)
        throws
        -> Void
) rethrows {
    precondition(x.count == a.count, "a buffer of \(a.count) for \(x.count) parameters")
    try a.withUnsafeMutableBufferPointer { a in
        guard let a = a.baseAddress else { return }
        try withPointers(&x, &b, g) { x, b, g in try body(x, a, b, g) }
    }
}
