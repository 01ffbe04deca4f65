/// `exp` of eight floats at once.
///
///     x = n ln 2 + r,  |r| <= ln 2 / 2,   exp x = 2^n p(r),   p of degree 6
///
/// Rounding to `n` and the scaling by `2^n` are done by adding a large constant and shifting bits, which vectorises
/// on every x86-64 without calls. Relative error below 3e-7; arguments are clamped to [-80, 88], so the result is
/// never zero, infinite or subnormal. A NaN stays one.
@inline(__always)
func vectorExponential(_ argument: SIMD8<Float>) -> SIMD8<Float> {
    var x = argument
    x.replace(with: SIMD8(repeating: 88), where: x .> 88)
    x.replace(with: SIMD8(repeating: -80), where: x .< -80)
    let magic = SIMD8<Float>(repeating: 12_582_912)  // 1.5 * 2^23: the unit of its last place is 1
    let shifted = x * 1.442_695_04 + magic
    let n = shifted - magic
    var r = x - n * 0.693_359_375
    r = r + n * 2.121_944_4e-4
    var p = SIMD8<Float>(repeating: 1.388_888_9e-3)
    p = p * r + 8.333_333_3e-3
    p = p * r + 4.166_666_7e-2
    p = p * r + 0.166_666_67
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let bits = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &<< 23
    return unsafeBitCast(unsafeBitCast(p, to: SIMD8<Int32>.self) &+ bits, to: SIMD8<Float>.self)
}

extension UnsafePointer where Pointee == Float {
    /// Eight floats from here on, at any alignment.
    @inline(__always)
    func eight(_ offset: Int) -> SIMD8<Float> {
        UnsafeRawPointer(self + offset).loadUnaligned(as: SIMD8<Float>.self)
    }
}

extension UnsafeMutablePointer where Pointee == Float {
    /// Eight floats from here on, at any alignment.
    @inline(__always)
    func eight(_ offset: Int) -> SIMD8<Float> {
        UnsafeRawPointer(self + offset).loadUnaligned(as: SIMD8<Float>.self)
    }

    /// Stores eight floats at any alignment.
    @inline(__always)
    func store(_ value: SIMD8<Float>, _ offset: Int) {
        UnsafeMutableRawPointer(self + offset).storeBytes(of: value, as: SIMD8<Float>.self)
    }
}

/// The three Float-only kernels that need the exponential. They share this file so that it is inlined into them
/// even where each file is compiled on its own.
enum FloatKernels {
    /// `y = x s`, `s = 1 / (1 + exp(-2u))`, `u = sqrt(2/pi) (x + 0.044715 x^3)`: GELU in its tanh form.
    static func gelu(
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, gate: UnsafeMutablePointer<Float>, count: Int
    ) {
        var i = 0
        while i + 8 <= count {
            let v = x.eight(i)
            let u = v * (v * v * -0.071_354_814 - 1.595_769_1)
            let s = 1 / (vectorExponential(u) + 1)
            gate.store(s, i)
            y.store(v * s, i)
            i += 8
        }
        if i < count { GELU.naiveForward(x: x + i, y: y + i, gate: gate + i, count: count - i) }
    }

    /// `row[j] <- exp(factor (row[j] - max)) / sum`; returns `factor max + ln sum`.
    @discardableResult
    static func softmax(_ row: UnsafeMutablePointer<Float>, count: Int, factor: Float) -> Float {
        guard count >= 8 else { return Softmax.naiveRow(row, count: count, factor: factor) }
        // The last vector overlaps the one before it: its maximum is harmless, its tail is done one by one.
        var top = row.eight(count - 8)
        var i = 0
        while i + 8 <= count {
            let v = row.eight(i)
            top.replace(with: v, where: v .> top)
            i += 8
        }
        var maximum = top[0]
        for lane in 1..<8 where top[lane] > maximum { maximum = top[lane] }
        var sums = SIMD8<Float>.zero
        i = 0
        while i + 8 <= count {
            let e = vectorExponential((row.eight(i) - maximum) * factor)
            row.store(e, i)
            sums += e
            i += 8
        }
        var sum = sums.sum()
        if i < count {
            var tail = SIMD8<Float>(repeating: -.greatestFiniteMagnitude)
            for lane in 0..<(count - i) { tail[lane] = (row[i + lane] - maximum) * factor }
            let e = vectorExponential(tail)
            for lane in 0..<(count - i) {
                row[i + lane] = e[lane]
                sum += e[lane]
            }
        }
        let inverse = 1 / sum
        i = 0
        while i + 8 <= count {
            row.store(row.eight(i) * inverse, i)
            i += 8
        }
        while i < count {
            row[i] *= inverse
            i += 1
        }
        return factor * maximum + Float.logarithm(sum)
    }

    /// Softmax of the first `t + 1` scores of each row t, zeros after them.
    static func causalSoftmax(_ scores: UnsafeMutablePointer<Float>, length: Int, factor: Float) {
        for t in 0..<length {
            let row = scores + t * length
            softmax(row, count: t + 1, factor: factor)
            for j in (t + 1)..<max(t + 1, length) { row[j] = 0 }
        }
    }
}
