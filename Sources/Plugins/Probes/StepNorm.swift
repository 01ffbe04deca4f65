public import Engine
public import ScalingLaws

/// The norm in which a whole network takes steps of length one: the largest of its tensors' norms over their radii.
///
///     |x|   = max_l |x_l|_l / r_l              primal: steps
///     |g|_* = sum_l r_l |g_l|_{l,*}            dual: gradients
///     lmo   = every tensor steps r_l lmo_l
///
/// Noise, smoothness and sharpness are statements about one such norm and say nothing about another. Polar factors are
/// exact up to a side of 16 and beyond that 14 steps of a convergent Newton-Schulz iteration (dual norm below by less
/// than 1 % on Gaussian matrices).
///
/// Source: the product norm of layer-wise methods, as in Gluon 2025, arXiv 2505.13416.
public struct StepNorm: Sendable {
    /// One block of the flat vector.
    struct Block: Sendable {
        var range: Range<Int>
        var rows: Int
        var columns: Int
        var norm: LMONorm
        var radius: Double
    }

    let blocks: [Block]

    /// The Euclidean norm of all parameters together.
    public static func euclidean(_ layout: ParameterLayout) -> StepNorm {
        StepNorm(blocks: [
            Block(range: 0..<layout.count, rows: layout.count, columns: 1, norm: .euclid, radius: 1)
        ])
    }

    /// The largest entry: sign descent.
    public static func sign(_ layout: ParameterLayout) -> StepNorm {
        StepNorm(blocks: [
            Block(range: 0..<layout.count, rows: layout.count, columns: 1, norm: .sign, radius: 1)
        ])
    }

    /// The largest singular value of every matrix, the largest entry of every vector.
    public static func spectral(_ layout: ParameterLayout) -> StepNorm {
        StepNorm(
            blocks: layout.slots.map { slot in
                let rows = max(1, slot.shape.first ?? 1)
                return Block(
                    range: slot.range, rows: rows, columns: slot.count / rows,
                    norm: slot.shape.count >= 2 ? .spectral : .sign, radius: 1)
            })
    }

    /// `|g|_*`.
    public func dual(_ g: [Double]) -> Double { blockDuals(g).reduce(0, +) }

    /// `r_l |g_l|_*` of every block.
    func blockDuals(_ g: [Double]) -> [Double] {
        blocks.map { block in
            let part = Array(g[block.range])
            return block.radius * Self.dual(part, block)
        }
    }

    /// `|x|`.
    public func primal(_ x: [Double]) -> Double { blockPrimals(x).max() ?? 0 }

    /// `|x_l|_l / r_l` of every block.
    func blockPrimals(_ x: [Double]) -> [Double] {
        blocks.map { block in
            let part = Array(x[block.range])
            let norm =
                block.norm.isSpectral
                ? Self.largestSingularValue(part, block)
                    / block.norm.spectralScale(rows: block.rows, columns: block.columns)
                : block.norm.primalNorm(part, rows: block.rows, columns: block.columns)
            return norm / block.radius
        }
    }

    /// `argmax <v, d>` over `|d| <= 1`.
    public func maximiser(_ v: [Double]) -> [Double] {
        var result = v
        for block in blocks {
            let direction = Self.direction(Array(v[block.range]), block)
            for (i, value) in zip(block.range, direction) { result[i] = block.radius * value }
        }
        return result
    }

    /// The blocks as the estimator of sharpness takes them.
    public var normBlocks: [NormBlock] {
        blocks.map { block in
            NormBlock(
                count: block.range.count, ball: .custom { Self.direction($0, block) }, radius: block.radius)
        }
    }

    private static let exactSide = 16

    private static func direction(_ v: [Double], _ block: Block) -> [Double] {
        var d = v
        let side = min(block.rows, block.columns)
        var oracle = Orthogonalizer<Double>(
            side > exactSide ? .newtonSchulz : .exact, steps: 14, coefficients: .taylor,
            shapes: block.norm.isSpectral ? [(block.rows, block.columns)] : [])
        d.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            block.norm.turnIntoDirection(
                base, rows: block.rows, columns: block.columns, oracle: &oracle)
        }
        return d
    }

    private static func dual(_ g: [Double], _ block: Block) -> Double {
        zip(g, direction(g, block)).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// By power iteration on `X^T X`: a lower bound, within 1 % after 30 steps unless the two largest are closer.
    private static func largestSingularValue(_ x: [Double], _ block: Block) -> Double {
        let (p, q) = (block.rows, block.columns)
        // The row sums start near the leading direction of a matrix without structure in its signs.
        var v = (0..<q).map { j in 1 + 0.5 * Double(j * 7919 % 101) / 101 }
        var value = 0.0
        for _ in 0..<30 {
            let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard norm > 0 else { return 0 }
            for j in 0..<q { v[j] /= norm }
            var u = [Double](repeating: 0, count: p)
            for i in 0..<p { for j in 0..<q { u[i] += x[i * q + j] * v[j] } }
            value = u.reduce(0) { $0 + $1 * $1 }.squareRoot()
            v = [Double](repeating: 0, count: q)
            for i in 0..<p { for j in 0..<q { v[j] += x[i * q + j] * u[i] } }
        }
        return value
    }
}
