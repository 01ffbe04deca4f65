/// A 3 x 3 convolution with zero borders as a product of matrices, and the pooling after it.
///
///     col[n, y, x, (dy, dx, i)] = image[n, y + dy - 1, x + dx - 1, i];   out = col W^T        W (O, 9 I)
///     pooled[n, y, x, o] = mean of out[n, 2y..2y+1, 2x..2x+1, o]
///
/// Images are `(N, side, side, channels)`: channels last, so that a pixel of `col` is copied in nine pieces, the rows
/// of the product are pixels, and bias and activation are those of a linear map. In W the channel runs fastest.
///
/// Reference: K. Chellapilla, S. Puri, P. Simard, "High performance convolutional neural networks for document
/// processing", 2006 (the product of unrolled images).
enum Convolution {
    /// Numbers of one pixel of `col`.
    static func columns(channels: Int) -> Int { 9 * channels }

    /// Writes `col` (N side side, 9 channels).
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func unroll<Scalar: EngineScalar>(
        _ image: UnsafePointer<Scalar>, into col: UnsafeMutablePointer<Scalar>, images: Int, side: Int,
        channels: Int
    ) {
        var target = col
        for n in 0..<images {
            let source = image + n * side * side * channels
            for y in 0..<side {
                for x in 0..<side {
                    for dy in -1...1 {
                        let row = y + dy
                        for dx in -1...1 {
                            let column = x + dx
                            if row >= 0, row < side, column >= 0, column < side {
                                let from = source + (row * side + column) * channels
                                for i in 0..<channels { target[i] = from[i] }
                            } else {
                                for i in 0..<channels { target[i] = 0 }
                            }
                            target += channels
                        }
                    }
                }
            }
        }
    }

    /// The adjoint of `unroll`: overwrites the image's gradient.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func roll<Scalar: EngineScalar>(
        _ col: UnsafePointer<Scalar>, into image: UnsafeMutablePointer<Scalar>, images: Int, side: Int,
        channels: Int
    ) {
        image.update(repeating: 0, count: images * side * side * channels)
        var source = col
        for n in 0..<images {
            let target = image + n * side * side * channels
            for y in 0..<side {
                for x in 0..<side {
                    for dy in -1...1 {
                        let row = y + dy
                        for dx in -1...1 {
                            let column = x + dx
                            if row >= 0, row < side, column >= 0, column < side {
                                let to = target + (row * side + column) * channels
                                for i in 0..<channels { to[i] += source[i] }
                            }
                            source += channels
                        }
                    }
                }
            }
        }
    }

    /// Writes `pooled` (N, side/2, side/2, channels); the side is even.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func pool<Scalar: EngineScalar>(
        _ image: UnsafePointer<Scalar>, into pooled: UnsafeMutablePointer<Scalar>, images: Int, side: Int,
        channels: Int
    ) {
        let (half, row) = (side / 2, side * channels)
        for n in 0..<images {
            for y in 0..<half {
                for x in 0..<half {
                    let from = image + ((n * side + 2 * y) * side + 2 * x) * channels
                    let to = pooled + ((n * half + y) * half + x) * channels
                    for i in 0..<channels {
                        let upper = from[i] + from[i + channels]
                        let lower = from[i + row] + from[i + row + channels]
                        to[i] = (upper + lower) * 0.25
                    }
                }
            }
        }
    }

    /// The adjoint of `pool`: overwrites the image's gradient.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func unpool<Scalar: EngineScalar>(
        _ pooled: UnsafePointer<Scalar>, into image: UnsafeMutablePointer<Scalar>, images: Int, side: Int,
        channels: Int
    ) {
        let (half, row) = (side / 2, side * channels)
        for n in 0..<images {
            for y in 0..<half {
                for x in 0..<half {
                    let to = image + ((n * side + 2 * y) * side + 2 * x) * channels
                    let from = pooled + ((n * half + y) * half + x) * channels
                    for i in 0..<channels {
                        let share = from[i] * 0.25
                        to[i] = share
                        to[i + channels] = share
                        to[i + row] = share
                        to[i + row + channels] = share
                    }
                }
            }
        }
    }
}
