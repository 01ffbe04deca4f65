/// Causal attention with several heads: position t of a sequence looks at positions 0...t of it.
///
///     S = Q K^T / sqrt(D),  P = softmax(S, causal),  O = P V
///     dP = dO V^T,  dS = P * (dP - rowsum(P * dP)) / sqrt(D),  dQ = dS K,  dK = dS^T Q,  dV = P^T dO
///
/// Shapes: qkv, dqkv `(B, T, 3C)` with Q, K, V side by side; out, dout `(B, T, C)`; P `(B, H, T, T)`; `C = H D`.
///
/// Reference: Vaswani et al., "Attention is all you need", 2017, arXiv 1706.03762, equation 1.
enum Attention {
    /// The sizes of one call.
    struct Shape {
        var sequences: Int
        var length: Int
        var heads: Int
        var headWidth: Int
        var width: Int { heads * headWidth }
    }

    /// Writes out, and P for the backward pass. Entries of P above the diagonal are exact zeros.
    static func forward<Scalar: EngineScalar>(
        qkv: UnsafePointer<Scalar>, probabilities: UnsafeMutablePointer<Scalar>,
        out: UnsafeMutablePointer<Scalar>, shape: Shape
    ) {
        let (t, d, c) = (shape.length, shape.headWidth, shape.width)
        let factor = 1 / Scalar(d).squareRoot()
        for b in 0..<shape.sequences {
            for h in 0..<shape.heads {
                let q = qkv + b * t * 3 * c + h * d
                let p = probabilities + (b * shape.heads + h) * t * t
                Scalar.gemm(
                    transposeA: false, transposeB: true, m: t, n: t, k: d, alpha: 1,
                    a: q, lda: 3 * c, b: q + c, ldb: 3 * c, beta: 0, c: p, ldc: t)
                Softmax.causal(p, length: t, factor: factor)
                Scalar.gemm(
                    transposeA: false, transposeB: false, m: t, n: d, k: t, alpha: 1,
                    a: p, lda: t, b: q + 2 * c, ldb: 3 * c, beta: 0, c: out + b * t * c + h * d, ldc: c)
            }
        }
    }

    /// Overwrites dqkv. `scratch` holds `T * T`.
    static func backward<Scalar: EngineScalar>(
        qkv: UnsafePointer<Scalar>, probabilities: UnsafePointer<Scalar>, dout: UnsafePointer<Scalar>,
        dqkv: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>, shape: Shape
    ) {
        let (t, d, c) = (shape.length, shape.headWidth, shape.width)
        let factor = 1 / Scalar(d).squareRoot()
        for b in 0..<shape.sequences {
            for h in 0..<shape.heads {
                let q = qkv + b * t * 3 * c + h * d
                let dq = dqkv + b * t * 3 * c + h * d
                let above = dout + b * t * c + h * d
                let p = probabilities + (b * shape.heads + h) * t * t
                Scalar.gemm(
                    transposeA: true, transposeB: false, m: t, n: d, k: t, alpha: 1,
                    a: p, lda: t, b: above, ldb: c, beta: 0, c: dq + 2 * c, ldc: 3 * c)
                Scalar.gemm(
                    transposeA: false, transposeB: true, m: t, n: t, k: d, alpha: 1,
                    a: above, lda: c, b: q + 2 * c, ldb: 3 * c, beta: 0, c: scratch, ldc: t)
                softmaxBackward(probabilities: p, d: scratch, length: t, factor: factor)
                Scalar.gemm(
                    transposeA: false, transposeB: false, m: t, n: d, k: t, alpha: 1,
                    a: scratch, lda: t, b: q + c, ldb: 3 * c, beta: 0, c: dq, ldc: 3 * c)
                Scalar.gemm(
                    transposeA: true, transposeB: false, m: t, n: d, k: t, alpha: 1,
                    a: scratch, lda: t, b: q, ldb: 3 * c, beta: 0, c: dq + c, ldc: 3 * c)
            }
        }
    }

    /// `d <- factor P * (d - rowsum(P * d))`. Zeros of P make zeros of d.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func softmaxBackward<Scalar: EngineScalar>(
        probabilities: UnsafePointer<Scalar>, d: UnsafeMutablePointer<Scalar>, length: Int, factor: Scalar
    ) {
        let whole = length & ~7
        for t in 0..<length {
            let p = UnsafeRawPointer(probabilities + t * length)
            let row = UnsafeMutableRawPointer(d + t * length)
            let stride = MemoryLayout<Scalar>.stride
            var products = SIMD8<Scalar>.zero
            for j in Swift.stride(from: 0, to: whole, by: 8) {
                products +=
                    p.loadUnaligned(fromByteOffset: j * stride, as: SIMD8<Scalar>.self)
                    * row.loadUnaligned(fromByteOffset: j * stride, as: SIMD8<Scalar>.self)
            }
            var sum = products.sum()
            for j in whole..<length { sum += probabilities[t * length + j] * d[t * length + j] }
            for j in Swift.stride(from: 0, to: whole, by: 8) {
                let change = row.loadUnaligned(fromByteOffset: j * stride, as: SIMD8<Scalar>.self) - sum
                let value =
                    p.loadUnaligned(fromByteOffset: j * stride, as: SIMD8<Scalar>.self) * change * factor
                row.storeBytes(of: value, toByteOffset: j * stride, as: SIMD8<Scalar>.self)
            }
            for j in whole..<length {
                d[t * length + j] = factor * probabilities[t * length + j] * (d[t * length + j] - sum)
            }
        }
    }
}
