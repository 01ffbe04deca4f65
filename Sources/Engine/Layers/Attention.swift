internal import CTunerKernels

/// Causal attention with several heads: position t of a sequence looks at positions 0...t of it.
///
///     S = Q K^T / sqrt(D),  P = softmax(S, causal),  O = P V
///     dP = dO V^T,  dS = P * (dP - rowsum(P * dP)) / sqrt(D),  dQ = dS K,  dK = dS^T Q,  dV = P^T dO
///
/// Shapes: qkv, dqkv `(B, T, 3C)` with Q, K, V side by side; out, dout `(B, T, C)`; P `(B, H, T, S)` with T rounded up
/// to S; `C = H D`. Single precision with D a multiple of 16 works on blocks of rows in one C loop and never computes
/// the blocks above the diagonal; everything else takes the products of whole matrices, which is the reference.
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
        /// Row stride of P and of the scratch matrices.
        var stride: Int { tuner_attention_stride(length) }
        /// Elements of P.
        var probabilities: Int { sequences * heads * length * stride }
        /// Elements of scratch memory.
        var scratch: Int { (length + headWidth) * stride }

        fileprivate var c: tuner_attention {
            tuner_attention(sequences: sequences, length: length, heads: heads, head_width: headWidth)
        }
    }

    /// Writes out, and P for the backward pass. P above the diagonal is zero, given that it was zero before.
    static func forward<Scalar: EngineScalar>(
        qkv: UnsafePointer<Scalar>, probabilities: UnsafeMutablePointer<Scalar>,
        out: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>, shape: Shape
    ) {
        if Scalar.self == Float.self, shape.headWidth % 16 == 0 {
            var sizes = shape.c
            tuner_attention_forward(qkv.floats, probabilities.floats, out.floats, scratch.floats, &sizes)
        } else {
            plainForward(qkv: qkv, probabilities: probabilities, out: out, shape: shape)
        }
    }

    /// Overwrites dqkv.
    static func backward<Scalar: EngineScalar>(
        qkv: UnsafePointer<Scalar>, probabilities: UnsafePointer<Scalar>, dout: UnsafePointer<Scalar>,
        dqkv: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>, shape: Shape
    ) {
        if Scalar.self == Float.self, shape.headWidth % 16 == 0 {
            var sizes = shape.c
            tuner_attention_backward(
                qkv.floats, probabilities.floats, dout.floats, dqkv.floats, scratch.floats, &sizes)
        } else {
            plainBackward(
                qkv: qkv, probabilities: probabilities, dout: dout, dqkv: dqkv, scratch: scratch, shape: shape
            )
        }
    }
}

extension Attention {
    /// The forward pass by products of whole matrices.
    static func plainForward<Scalar: EngineScalar>(
        qkv: UnsafePointer<Scalar>, probabilities: UnsafeMutablePointer<Scalar>,
        out: UnsafeMutablePointer<Scalar>, shape: Shape
    ) {
        let (t, d, c, s) = (shape.length, shape.headWidth, shape.width, shape.stride)
        let factor = 1 / Scalar(d).squareRoot()
        for b in 0..<shape.sequences {
            for h in 0..<shape.heads {
                let q = qkv + b * t * 3 * c + h * d
                let p = probabilities + (b * shape.heads + h) * t * s
                Scalar.gemm(
                    transposeA: false, transposeB: true, m: t, n: t, k: d, alpha: 1,
                    a: q, lda: 3 * c, b: q + c, ldb: 3 * c, beta: 0, c: p, ldc: s)
                for row in 0..<t {
                    Softmax.naiveRow(p + row * s, count: row + 1, factor: factor)
                    (p + row * s + row + 1).update(repeating: 0, count: t - row - 1)
                }
                Scalar.gemm(
                    transposeA: false, transposeB: false, m: t, n: d, k: t, alpha: 1,
                    a: p, lda: s, b: q + 2 * c, ldb: 3 * c, beta: 0, c: out + b * t * c + h * d, ldc: c)
            }
        }
    }

    /// The backward pass by products of whole matrices.
    static func plainBackward<Scalar: EngineScalar>(
        qkv: UnsafePointer<Scalar>, probabilities: UnsafePointer<Scalar>, dout: UnsafePointer<Scalar>,
        dqkv: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>, shape: Shape
    ) {
        let (t, d, c, s) = (shape.length, shape.headWidth, shape.width, shape.stride)
        let factor = 1 / Scalar(d).squareRoot()
        for b in 0..<shape.sequences {
            for h in 0..<shape.heads {
                let q = qkv + b * t * 3 * c + h * d
                let dq = dqkv + b * t * 3 * c + h * d
                let above = dout + b * t * c + h * d
                let p = probabilities + (b * shape.heads + h) * t * s
                Scalar.gemm(
                    transposeA: true, transposeB: false, m: t, n: d, k: t, alpha: 1,
                    a: p, lda: s, b: above, ldb: c, beta: 0, c: dq + 2 * c, ldc: 3 * c)
                Scalar.gemm(
                    transposeA: false, transposeB: true, m: t, n: t, k: d, alpha: 1,
                    a: above, lda: c, b: q + 2 * c, ldb: 3 * c, beta: 0, c: scratch, ldc: s)
                softmaxBackward(probabilities: p, d: scratch, length: t, stride: s, factor: factor)
                Scalar.gemm(
                    transposeA: false, transposeB: false, m: t, n: d, k: t, alpha: 1,
                    a: scratch, lda: s, b: q + c, ldb: 3 * c, beta: 0, c: dq, ldc: 3 * c)
                Scalar.gemm(
                    transposeA: true, transposeB: false, m: t, n: d, k: t, alpha: 1,
                    a: scratch, lda: s, b: q, ldb: 3 * c, beta: 0, c: dq + c, ldc: 3 * c)
            }
        }
    }

    /// `d <- factor P * (d - rowsum(P * d))`. Zeros of P make zeros of d.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func softmaxBackward<Scalar: EngineScalar>(
        probabilities: UnsafePointer<Scalar>, d: UnsafeMutablePointer<Scalar>, length: Int, stride: Int,
        factor: Scalar
    ) {
        for t in 0..<length {
            let p = probabilities + t * stride
            let row = d + t * stride
            var sum: Scalar = 0
            for j in 0..<length { sum += p[j] * row[j] }
            for j in 0..<length { row[j] = factor * p[j] * (row[j] - sum) }
        }
    }
}
