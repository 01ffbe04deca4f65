/// What a message costs, in the units the papers plot: numbers and bits.
///
///     bits = words * floatBits + indexBits + codeBits
///
/// | message | floats | bits (32-bit floats) |
/// |---|---|---|
/// | dense vector of d | d | 32 d |
/// | k of d entries, chosen by the sender | k | k (32 + ceil log2 d) |
/// | k of d entries, chosen by a shared seed | k | 32 k |
/// | rank R of a symmetric d x d | R d | 32 R d |
/// | dense symmetric d x d | d(d+1)/2 | 16 d(d+1) |
/// | natural compression | d | 9 d |
/// | dithering, s levels | 1 | 32 + d (1 + ceil log2(s+1)) |
/// | signs; scaled signs | 0; 1 | d; 32 + d |
/// | a skipped message | 0 | 1 |
///
/// Counts are whole numbers; averages over workers are taken when a round is reported, so nothing is lost to rounding.
/// A float has 32 bits whatever the precision of training, as the papers count; `CostModel` changes that.
public struct Cost: Sendable, Hashable {
    /// Numbers sent, in the papers' count (natural compression sends d numbers of 9 bits).
    public var floats: Int
    /// Numbers sent at full width.
    public var words: Int
    /// Bits that say which entries were kept.
    public var indexBits: Int
    /// Bits of signs, levels and flags.
    public var codeBits: Int

    /// A cost; `words` is `floats` unless said.
    public init(floats: Int = 0, words: Int? = nil, indexBits: Int = 0, codeBits: Int = 0) {
        self.floats = floats
        self.words = words ?? floats
        self.indexBits = indexBits
        self.codeBits = codeBits
    }

    /// Nothing sent.
    public static let none = Cost()

    /// `count` numbers in full.
    public static func dense(_ count: Int) -> Cost { Cost(floats: count) }

    /// One flag.
    public static let flag = Cost(codeBits: 1)

    /// `kept` of `count` entries with their places.
    public static func sparse(_ kept: Int, of count: Int) -> Cost {
        Cost(floats: kept, indexBits: kept * bitWidth(count))
    }

    /// `ceil(log2 n)`, 0 for n <= 1: bits that tell n things apart.
    public static func bitWidth(_ n: Int) -> Int {
        n <= 1 ? 0 : Int.bitWidth - (n - 1).leadingZeroBitCount
    }

    /// Bits under a convention.
    public func bits(_ model: CostModel = .papers) -> Int {
        words * model.floatBits + (model.countsIndices ? indexBits : 0) + codeBits
    }

    /// Both messages.
    public static func + (a: Cost, b: Cost) -> Cost {
        Cost(
            floats: a.floats + b.floats, words: a.words + b.words, indexBits: a.indexBits + b.indexBits,
            codeBits: a.codeBits + b.codeBits)
    }
    /// Adds in place.
    public static func += (a: inout Cost, b: Cost) { a = a + b }
    /// The same message `a` times.
    public static func * (a: Int, b: Cost) -> Cost {
        Cost(floats: a * b.floats, words: a * b.words, indexBits: a * b.indexBits, codeBits: a * b.codeBits)
    }
}

/// Conventions of counting bits.
public struct CostModel: Sendable, Hashable {
    /// Bits of a number sent in full.
    public var floatBits: Int
    /// Whether the places of kept entries are paid for; authors' code often leaves them out.
    public var countsIndices: Bool

    /// A convention.
    public init(floatBits: Int = 32, countsIndices: Bool = true) {
        self.floatBits = floatBits
        self.countsIndices = countsIndices
    }

    /// 32-bit floats, places paid for.
    public static let papers = CostModel()
}

/// What a compressed message must carry when it is sent in full: all entries of a vector, or one triangle.
public enum MessageShape: Sendable, Hashable {
    /// Every entry matters.
    case vector
    /// A symmetric matrix, rows one after the other.
    case symmetricMatrix

    /// The full message for `count` stored entries.
    public func dense(_ count: Int) -> Cost {
        switch self {
        case .vector: .dense(count)
        case .symmetricMatrix: .dense(Matrix.triangle(count))
        }
    }
}

extension Matrix {
    /// Entries of one triangle of a square matrix stored as `count` entries: `d(d+1)/2`.
    static func triangle(_ count: Int) -> Int {
        let d = Int(Double(count).squareRoot().rounded())
        return d * (d + 1) / 2
    }
}

/// What one round moved, summed over all workers, and what was paid once before the first round.
public struct Ledger: Sendable, Hashable {
    /// Workers to server.
    public private(set) var up = Cost.none
    /// Server to workers.
    public private(set) var down = Cost.none
    /// One-off set-up, reported apart.
    public private(set) var setUp = Cost.none

    /// An empty ledger.
    public init() {}

    /// A worker sends.
    public mutating func send(_ cost: Cost) { up += cost }
    /// The server sends to one worker.
    public mutating func deliver(_ cost: Cost) { down += cost }
    /// A payment before the first round.
    public mutating func prepare(_ cost: Cost) { setUp += cost }
    /// Starts a new round; the set-up stays.
    public mutating func clear() { (up, down) = (.none, .none) }
}
