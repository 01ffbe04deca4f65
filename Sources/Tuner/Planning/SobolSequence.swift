import Engine

/// A Sobol sequence with a random linear scramble and digital shift: low-discrepancy points, unbiased over seeds.
///
/// Point n of dimension d is `shift_d xor M_d (xor over set bits k of gray(n) of v_dk)`, with the direction numbers
/// v of Joe and Kuo (2008, "Constructing Sobol sequences with better two-dimensional projections", table
/// new-joe-kuo-6) and M_d a random lower-triangular bit matrix with unit diagonal (Matousek 1998). Any 2^m points
/// from a multiple of 2^m on hit each of the 2^m equal intervals of every axis once.
struct SobolSequence {
    /// Dimensions the table covers.
    static let dimensions = 21
    private static let bits = 32

    private var directions: [[UInt32]]
    private let shifts: [UInt32]

    /// A sequence of `dimension` coordinates.
    ///
    /// - Parameters:
    ///   - dimension: 1...21.
    ///   - generator: source of the scramble; `nil`: the plain sequence.
    init(dimension: Int, generator: inout SplitMix64) {
        precondition((1...Self.dimensions).contains(dimension), "Sobol dimension \(dimension)")
        var shifts: [UInt32] = []
        directions = Self.plainDirections(dimension)
        for index in 0..<dimension {
            var rows: [UInt32] = []
            for bit in 0..<Self.bits {
                // Row `bit` counts from the most significant: its own bit is one, the higher ones are random.
                let own: UInt32 = 1 << UInt32(Self.bits - 1 - bit)
                let higher =
                    bit == 0 ? 0 : UInt32(truncatingIfNeeded: generator.next() >> 32) & ~((own << 1) &- 1)
                rows.append(own | higher)
            }
            directions[index] = directions[index].map { Self.multiply(rows, $0) }
            shifts.append(UInt32(truncatingIfNeeded: generator.next() >> 32))
        }
        self.shifts = shifts
    }

    /// The plain sequence, without scramble or shift.
    init(plainDimension dimension: Int) {
        directions = Self.plainDirections(dimension)
        shifts = [UInt32](repeating: 0, count: dimension)
    }

    /// Point `index`, from 0, each coordinate in 0..<1.
    func point(_ index: Int) -> [Double] {
        let gray = UInt32(index) ^ (UInt32(index) >> 1)
        return zip(directions, shifts).map { vectors, shift in
            var value = shift
            for bit in 0..<Self.bits where gray & (1 << UInt32(bit)) != 0 { value ^= vectors[bit] }
            return Double(value) / 4_294_967_296
        }
    }

    private static func multiply(_ rows: [UInt32], _ vector: UInt32) -> UInt32 {
        rows.enumerated().reduce(0) { result, row in
            let parity = UInt32((row.element & vector).nonzeroBitCount & 1)
            return result | (parity << UInt32(bits - 1 - row.offset))
        }
    }

    private static func plainDirections(_ dimension: Int) -> [[UInt32]] {
        (0..<dimension).map { index in
            guard index > 0 else { return (0..<bits).map { 1 << UInt32(bits - 1 - $0) } }
            let row = table[index - 1]
            let degree = row.initial.count
            var vectors = row.initial.enumerated().map { $0.element << UInt32(bits - 1 - $0.offset) }
            for bit in degree..<bits {
                var value = vectors[bit - degree] ^ (vectors[bit - degree] >> UInt32(degree))
                for term in 1..<max(degree, 1) where (row.polynomial >> UInt32(degree - 1 - term)) & 1 == 1 {
                    value ^= vectors[bit - term]
                }
                vectors.append(value)
            }
            return vectors
        }
    }

    /// Dimensions 2 to 21: inner coefficients of the primitive polynomial, and the initial direction numbers.
    private static let table: [(polynomial: UInt32, initial: [UInt32])] = [
        (0, [1]), (1, [1, 3]), (1, [1, 3, 1]), (2, [1, 1, 1]), (1, [1, 1, 3, 3]), (4, [1, 3, 5, 13]),
        (2, [1, 1, 5, 5, 17]), (4, [1, 1, 5, 5, 5]), (7, [1, 1, 7, 11, 19]), (11, [1, 1, 5, 1, 1]),
        (13, [1, 1, 1, 3, 11]), (14, [1, 3, 5, 5, 31]), (1, [1, 3, 3, 9, 7, 49]),
        (13, [1, 1, 1, 15, 21, 21]),
        (16, [1, 3, 1, 13, 27, 49]), (19, [1, 1, 1, 15, 7, 5]), (22, [1, 3, 1, 15, 13, 25]),
        (25, [1, 1, 5, 5, 19, 61]), (1, [1, 3, 7, 11, 23, 15, 103]), (4, [1, 3, 7, 13, 13, 15, 69]),
    ]
}
