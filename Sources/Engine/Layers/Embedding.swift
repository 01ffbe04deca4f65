/// Token and position tables: the first layer of a language model.
///
///     x[b, t] = tokens[id[b, t]] + positions[t]
///
/// Shapes: id `(B, T)`, x `(B, T, C)`, token table `(V, C)`, position table `(T, C)`.
enum Embedding {
    /// Writes x.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func forward<Scalar: EngineScalar>(
        ids: UnsafePointer<Int32>, tokens: UnsafePointer<Scalar>, positions: UnsafePointer<Scalar>,
        x: UnsafeMutablePointer<Scalar>, sequences: Int, length: Int, width: Int
    ) {
        for row in 0..<(sequences * length) {
            let token = tokens + Int(ids[row]) * width
            let position = positions + (row % length) * width
            let target = x + row * width
            for j in 0..<width { target[j] = token[j] + position[j] }
        }
    }

    /// Adds to the rows of both tables.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func backward<Scalar: EngineScalar>(
        ids: UnsafePointer<Int32>, dx: UnsafePointer<Scalar>, dTokens: UnsafeMutablePointer<Scalar>,
        dPositions: UnsafeMutablePointer<Scalar>, sequences: Int, length: Int, width: Int
    ) {
        for row in 0..<(sequences * length) {
            let token = dTokens + Int(ids[row]) * width
            let position = dPositions + (row % length) * width
            let source = dx + row * width
            for j in 0..<width { token[j] += source[j] }
            for j in 0..<width { position[j] += source[j] }
        }
    }
}
