/// A point or a direction in R^n, in double precision.
///
/// The methods of this module are references: exact, small, readable. Dimensions are tens, so nothing here is tuned.
/// Two vectors that meet in an operator must have the same length (precondition).
public struct Vector: Sendable, Hashable {
    /// Coordinates.
    public var values: [Double]

    /// A vector of the given coordinates.
    public init(_ values: [Double]) { self.values = values }

    /// `count` times the same number.
    public init(repeating value: Double, count: Int) { values = Array(repeating: value, count: count) }

    /// The origin of R^count.
    public static func zero(_ count: Int) -> Vector { Vector(repeating: 0, count: count) }

    /// Number of coordinates.
    public var count: Int { values.count }

    /// Coordinate `i`.
    public subscript(_ i: Int) -> Double {
        get { values[i] }
        set { values[i] = newValue }
    }

    /// Every coordinate through `transform`.
    public func map(_ transform: (Double) -> Double) -> Vector { Vector(values.map(transform)) }

    /// Coordinates of two vectors combined in pairs.
    public func zip(_ other: Vector, _ combine: (Double, Double) -> Double) -> Vector {
        precondition(count == other.count, "vectors of \(count) and \(other.count) coordinates meet")
        return Vector(Swift.zip(values, other.values).map(combine))
    }

    /// The inner product.
    public func dot(_ other: Vector) -> Double {
        precondition(count == other.count, "vectors of \(count) and \(other.count) coordinates meet")
        return Swift.zip(values, other.values).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Squared Euclidean length.
    public var squaredNorm: Double { values.reduce(0) { $0 + $1 * $1 } }

    /// Euclidean length.
    public var norm: Double { squaredNorm.squareRoot() }

    /// Sum of absolute values.
    public var l1Norm: Double { values.reduce(0) { $0 + abs($1) } }

    /// Largest absolute value; 0 without coordinates.
    public var maxNorm: Double { values.reduce(0) { max($0, abs($1)) } }

    /// Sign of every coordinate, `sign 0 = 0`.
    public var signs: Vector { map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 } }

    /// Whether no coordinate is infinite or NaN.
    public var isFinite: Bool { values.allSatisfy(\.isFinite) }

    /// `u min(1, tau / |u|)`: moved to the ball of radius `tau` when outside.
    public func clipped(to tau: Double) -> Vector {
        let length = norm
        return length <= tau ? self : (tau / length) * self
    }

    /// Length one in the same direction; the origin stays where it is.
    public var normalized: Vector {
        let length = norm
        return length > 0 ? map { $0 / length } : self
    }

    /// The average; precondition: not empty.
    public static func mean(_ vectors: [Vector]) -> Vector {
        precondition(!vectors.isEmpty, "no vectors to average")
        return (1 / Double(vectors.count)) * sum(vectors)
    }

    /// The sum; precondition: not empty.
    public static func sum(_ vectors: [Vector]) -> Vector {
        precondition(!vectors.isEmpty, "no vectors to add")
        return vectors.dropFirst().reduce(vectors[0], +)
    }

    /// Coordinate by coordinate.
    public static func + (a: Vector, b: Vector) -> Vector { a.zip(b, +) }
    /// Coordinate by coordinate.
    public static func - (a: Vector, b: Vector) -> Vector { a.zip(b, -) }
    /// Every coordinate times a number.
    public static func * (a: Double, b: Vector) -> Vector { b.map { a * $0 } }
    /// The opposite.
    public static prefix func - (a: Vector) -> Vector { a.map { -$0 } }
    /// Adds in place.
    public static func += (a: inout Vector, b: Vector) { a = a + b }
    /// Subtracts in place.
    public static func -= (a: inout Vector, b: Vector) { a = a - b }
}

extension Vector: ExpressibleByArrayLiteral {
    /// `[1, 2, 3]`.
    public init(arrayLiteral elements: Double...) { values = elements }
}
