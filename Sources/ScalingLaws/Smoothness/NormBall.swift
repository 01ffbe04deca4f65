import Foundation

/// One block of parameters and the ball its steps come from.
public struct NormBlock {
    /// The unit ball of a block's norm.
    public enum Ball {
        /// Euclidean: steps of normalised descent.
        case euclidean
        /// Largest entry: steps of sign descent and Adam-like methods.
        case maximum
        /// Any other, by its argmax of `<v, d>` over `|d| <= 1`; for Muon the polar factor of the matrix v.
        case custom(([Double]) -> [Double])
    }

    /// Number of parameters.
    public var count: Int
    /// The ball.
    public var ball: Ball
    /// r: steps of the block are r times those of the unit ball.
    public var radius: Double

    /// A block.
    public init(count: Int, ball: Ball, radius: Double = 1) {
        precondition(count > 0 && radius > 0, "a block needs parameters and a radius")
        self.count = count
        self.ball = ball
        self.radius = radius
    }

    /// `argmax <v, d>` over the block's ball. A zero vector gives a corner (`maximum`) or the first axis
    /// (`euclidean`): any point of the ball maximises.
    func maximiser(_ v: ArraySlice<Double>) -> [Double] {
        switch ball {
        case .maximum:
            return v.map { $0 < 0 ? -radius : radius }
        case .euclidean:
            let largest = v.reduce(0) { max($0, abs($1)) }
            guard largest > 0 else { return (0..<v.count).map { $0 == 0 ? radius : 0 } }
            let norm = v.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
            return v.map { $0 / largest / norm * radius }
        case .custom(let argmax):
            return argmax(Array(v)).map { $0 * radius }
        }
    }
}
