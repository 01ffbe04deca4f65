/// The same memory seen as `Float`: how a generic layer hands its arrays to a C loop, after it has asked whether its
/// scalar is `Float`. The caller knows the type; nothing is converted.
extension UnsafePointer {
    @inline(__always)
    var floats: UnsafePointer<Float> { UnsafeRawPointer(self).assumingMemoryBound(to: Float.self) }
}

extension UnsafeMutablePointer {
    @inline(__always)
    var floats: UnsafeMutablePointer<Float> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: Float.self)
    }
}
