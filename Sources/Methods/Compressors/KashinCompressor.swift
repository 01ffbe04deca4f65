public import Engine

/// Kashin representation: a vector written with coefficients that are all of about the same size, then quantized.
///
///     frame:  first d rows of H diag(s), H the orthonormal Walsh-Hadamard matrix of size D, s random signs
///     M = |x|/sqrt(delta D);  a = 0, r = x;  a few times:  b = clamp(frame r, M),  a += b,  r -= decode b,  M *= eta
///
/// D is the next power of two, doubled when d/D > 0.85, so that the frame has room. What the clamped rounds missed is
/// added to a unclamped: decode(a) = x exactly, and an unbiased inner compressor stays unbiased. In theory
/// `|a|_inf <= K |x|/sqrt D`, so the variance of the whole does not grow with d.
///
/// When not to believe it: below some tens of entries the frame is too small to flatten anything.
///
/// Source: M. Safaryan, E. Shulgin, P. Richtarik, "Uncertainty principle for communication compression", 2020,
/// arXiv 2002.08958; the exact last step is derived here.
public struct KashinCompressor: Compressor {
    /// What quantizes the coefficients.
    public var inner: any Compressor
    /// Clamped rounds.
    public var iterations: Int
    /// Shrinking of M.
    public var eta: Double
    /// delta of the uncertainty principle.
    public var delta: Double

    /// Three rounds, eta 0.9 and delta 1 are the values of public code.
    public init(inner: any Compressor, iterations: Int = 3, eta: Double = 0.9, delta: Double = 1) {
        self.inner = inner
        self.iterations = iterations
        self.eta = eta
        self.delta = delta
    }

    /// Its name.
    public var name: String { "Kashin(\(inner.name))" }

    /// D for d entries.
    public func frameSize(_ d: Int) -> Int {
        var size = 1
        while size < d { size *= 2 }
        return Double(d) / Double(size) > 0.85 ? 2 * size : size
    }

    /// Draws D signs, then what the inner compressor needs.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let signs = Vector((0..<frameSize(x.count)).map { _ in generator.index(2) == 0 ? 1 : -1 })
        let quantized = inner.compress(coefficients(of: x, signs: signs), using: &generator)
        return Message(decode(quantized.value, signs: signs, count: x.count), quantized.cost)
    }

    /// a with decode(a) = x.
    public func coefficients(of x: Vector, signs: Vector) -> Vector {
        let size = signs.count
        var a = Vector.zero(size)
        var rest = x
        var level = x.norm / (delta * Double(size)).squareRoot()
        for round in 0..<iterations {
            let clamped = encode(rest, signs: signs).map { min(max($0, -level), level) }
            a += clamped
            if round < iterations - 1 {
                rest -= decode(clamped, signs: signs, count: x.count)
                level *= eta
            }
        }
        return a + encode(x - decode(a, signs: signs, count: x.count), signs: signs)
    }

    /// From coefficients back to d entries.
    public func decode(_ a: Vector, signs: Vector, count: Int) -> Vector {
        Vector(Array(Self.hadamard(a).zip(signs, *).values.prefix(count)))
    }

    private func encode(_ x: Vector, signs: Vector) -> Vector {
        let padded = Vector(x.values + Array(repeating: 0, count: signs.count - x.count))
        return Self.hadamard(padded.zip(signs, *))
    }

    /// The orthonormal Walsh-Hadamard transform in natural order; precondition: a power of two entries.
    public static func hadamard(_ v: Vector) -> Vector {
        precondition(v.count.nonzeroBitCount == 1, "a power of two entries")
        var x = v.values
        var half = 1
        while half < x.count {
            for start in stride(from: 0, to: x.count, by: 2 * half) {
                for j in start..<start + half {
                    (x[j], x[j + half]) = (x[j] + x[j + half], x[j] - x[j + half])
                }
            }
            half *= 2
        }
        let scale = Double(v.count).squareRoot()
        return Vector(x).map { $0 / scale }
    }
}
