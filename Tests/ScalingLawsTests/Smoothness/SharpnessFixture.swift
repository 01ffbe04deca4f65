import Foundation
import ScalingLaws

/// Small Hessians and what is known of them.
enum SharpnessFixture {
    static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    static func multiply(_ matrix: [[Double]], _ v: [Double]) -> [Double] { matrix.map { dot($0, v) } }

    static func estimate(
        of hessian: [[Double]], ball: NormBlock.Ball, seed: UInt64 = 1, withDiagonal: Bool = false
    ) -> GeneralizedSharpness.Estimate? {
        var random = TestRandom(seed: seed)
        let diagonal = withDiagonal ? hessian.indices.map { hessian[$0][$0] } : nil
        return GeneralizedSharpness(
            blocks: [NormBlock(count: hessian.count, ball: ball)], iterations: 2000
        ).estimate(diagonal: diagonal, using: &random) { multiply(hessian, $0) }
    }

    static func sharpness(of hessian: [[Double]], ball: NormBlock.Ball) -> Double {
        estimate(of: hessian, ball: ball)?.sharpness ?? .nan
    }

    /// Maximum over the corners of the cube, by trying all.
    static func bruteForce(_ hessian: [[Double]]) -> Double {
        let n = hessian.count
        return (0..<(1 << (n - 1))).reduce(-.infinity) { best, bits in
            let d = (0..<n).map { (bits >> $0) & 1 == 1 ? -1.0 : 1.0 }
            return max(best, dot(d, multiply(hessian, d)))
        }
    }

    /// A random symmetric matrix; `rank` columns squared when positive semidefinite.
    static func random(_ n: Int, rank: Int?, _ random: inout TestRandom) -> [[Double]] {
        var g: [[Double]] = []
        for _ in 0..<n { g.append((0..<(rank ?? n)).map { _ in random.normal() }) }
        var result = g
        for i in 0..<n {
            result[i] = (0..<n).map { j -> Double in
                rank == nil ? (g[i][j] + g[j][i]) / 2 : dot(g[i], g[j])
            }
        }
        return result
    }

    /// Spectral-norm sharpness of `X -> diag(3,2,1) X diag(2,1,.5)`.
    static func spectral() -> Double {
        let (a, b) = ([3.0, 2, 1], [2.0, 1, 0.5])
        var random = TestRandom(seed: 3)
        let estimate = GeneralizedSharpness(
            blocks: [NormBlock(count: 9, ball: .custom(polar))], iterations: 500
        ).estimate(using: &random) { x in
            x.indices.map { (i: Int) -> Double in
                let scale: Double = a[i / 3] * b[i % 3]
                return scale * x[i]
            }
        }
        return estimate?.sharpness ?? .nan
    }

    /// Polar factor of a 3 x 3 matrix by the cubic Newton-Schulz iteration.
    static func polar(_ v: [Double]) -> [Double] {
        let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard norm > 0 else { return [1, 0, 0, 0, 1, 0, 0, 0, 1] }
        var x = v.map { $0 / norm }
        func times(_ p: [Double], _ q: [Double]) -> [Double] {
            (0..<9).map { k -> Double in
                let (row, column) = (k / 3 * 3, k % 3)
                return p[row] * q[column] + p[row + 1] * q[column + 3] + p[row + 2] * q[column + 6]
            }
        }
        for _ in 0..<60 {
            let transposed = (0..<9).map { x[$0 % 3 * 3 + $0 / 3] }
            let cube = times(times(x, transposed), x)
            x = zip(x, cube).map { 1.5 * $0 - 0.5 * $1 }
        }
        return x
    }
}
