import Foundation

/// An unlimited language with a known entropy rate: a unifilar hidden Markov source with Zipf emissions.
///
/// The symbols fall into `classes` classes. The state is the last symbol and the classes of the two before it, so it
/// is a function of the text, and the next state a function of state and symbol. In every state the symbols are
/// ranked by a score, and the symbol of rank r has probability proportional to `(r + 1)^-exponent`:
///
///     score(x | a, b, c) = frequency(x) + w1 pair(a, x) + w2 triple(class a, class b, x)
///                          + w3 quadruple(class a, class b, class c, x)
///
/// with independent normal tables. Every state emits the same distribution up to order, hence the entropy rate is
/// exactly that of one Zipf distribution, whatever the stationary distribution is:
///
///     H = -sum_r p_r ln p_r
///
/// The weights fall with the order: a model finds the frequencies first, then pairs, then longer dependencies.
public struct SyntheticLanguage: Sendable {
    /// Number of symbols.
    public let vocabulary: Int
    /// Number of symbol classes.
    public let classes: Int
    /// Probability of each rank, largest first.
    public let rankProbabilities: [Double]
    /// Nats per token of the best possible predictor that has seen two symbols or more.
    public let entropyRate: Double

    /// `ranked[state * vocabulary + rank]` is the symbol of that rank.
    private let ranked: [UInt8]
    private let classOf: [UInt8]
    /// Alias table: slot i gives rank i with probability `threshold[i]`, else `alias[i]`.
    private let threshold: [Double]
    private let alias: [UInt8]
    private let seed: UInt64

    /// Draws a language.
    ///
    /// Traps unless `2 <= vocabulary <= 256`: the options' range sees to it.
    ///
    /// - Parameters:
    ///   - vocabulary: number of symbols.
    ///   - exponent: of the Zipf law; 0 is noise, large values are nearly deterministic.
    ///   - seed: names the language; the same for all trials of a sweep.
    public init(vocabulary: Int, exponent: Double, seed: UInt64) {
        precondition((2...256).contains(vocabulary), "vocabulary \(vocabulary) is not in 2...256")
        let classes = min(8, max(2, vocabulary / 4))
        self.vocabulary = vocabulary
        self.classes = classes
        self.seed = seed
        let weights = (1...vocabulary).map { pow(Double($0), -exponent) }
        let total = weights.reduce(0, +)
        let probabilities = weights.map { $0 / total }
        rankProbabilities = probabilities
        entropyRate = -probabilities.reduce(0) { $0 + $1 * log($1) }
        (threshold, alias) = Self.aliasTable(probabilities)
        var generator = SplitMix64(SeedPurpose.structure.seed(from: seed))
        let order = generator.permutation(vocabulary)
        var classOf = [UInt8](repeating: 0, count: vocabulary)
        for (position, symbol) in order.enumerated() { classOf[symbol] = UInt8(position % classes) }
        self.classOf = classOf
        ranked = Self.rankedSymbols(classOf: classOf, classes: classes, generator: &generator)
    }

    /// Number of states.
    public var states: Int { vocabulary * classes * classes }

    /// The state after a symbol.
    @inline(__always)
    func next(_ state: Int, _ symbol: Int) -> Int {
        // state = (last * classes + class of the one before) * classes + class of the one before that
        let last = state / (classes * classes)
        let middle = (state / classes) % classes
        return (symbol * classes + Int(classOf[last])) * classes + middle
    }

    /// Probabilities of the next symbol in a state.
    public func distribution(in state: Int) -> [Double] {
        var result = [Double](repeating: 0, count: vocabulary)
        for rank in 0..<vocabulary {
            result[Int(ranked[state * vocabulary + rank])] = rankProbabilities[rank]
        }
        return result
    }

    /// Writes `length + 1` symbols of text number `n` of a seed, after a run-in that forgets the random start.
    ///
    /// Symbol k + 1 is what a model reading symbols 0...k should predict. `states[k]`, if wanted, is the state it is
    /// drawn from.
    func write(
        text n: Int, seed trial: UInt64, length: Int, symbols: UnsafeMutablePointer<Int32>,
        states: UnsafeMutablePointer<Int32>? = nil
    ) {
        var generator = SplitMix64.stream(trial, n)
        var state = generator.index(self.states)
        let runIn = 12
        ranked.withUnsafeBufferPointer { ranked in
            threshold.withUnsafeBufferPointer { threshold in
                for k in 0..<(runIn + length + 1) {
                    let draw = generator.uniform() * Double(vocabulary)
                    let slot = Int(draw)
                    let rank = draw - Double(slot) < threshold[slot] ? slot : Int(alias[slot])
                    let symbol = Int(ranked[state * vocabulary + rank])
                    if k >= runIn {
                        symbols[k - runIn] = Int32(symbol)
                        if k > runIn { states?[k - runIn - 1] = Int32(state) }
                    }
                    state = next(state, symbol)
                }
            }
        }
    }

    private static func rankedSymbols(
        classOf: [UInt8], classes: Int, generator: inout SplitMix64
    ) -> [UInt8] {
        let v = classOf.count
        let frequency = generator.normals(v)
        let pair = generator.normals(v * v).map { 1.2 * $0 }
        let triple = generator.normals(classes * classes * v).map { 0.8 * $0 }
        let quadruple = generator.normals(classes * classes * classes * v).map { 0.5 * $0 }
        var ranked = [UInt8](repeating: 0, count: v * classes * classes * v)
        var scores = [Double](repeating: 0, count: v)
        for last in 0..<v {
            for middle in 0..<classes {
                for first in 0..<classes {
                    let two = (Int(classOf[last]) * classes + middle) * v
                    let three = ((Int(classOf[last]) * classes + middle) * classes + first) * v
                    for x in 0..<v {
                        let low: Double = frequency[x] + pair[last * v + x]
                        scores[x] = low + triple[two + x] + quadruple[three + x]
                    }
                    let order = (0..<v).sorted { scores[$0] > scores[$1] }
                    let base = ((last * classes + middle) * classes + first) * v
                    for (rank, symbol) in order.enumerated() { ranked[base + rank] = UInt8(symbol) }
                }
            }
        }
        return ranked
    }

    /// Walker's table: one draw and one comparison a sample.
    private static func aliasTable(_ probabilities: [Double]) -> ([Double], [UInt8]) {
        let n = probabilities.count
        var scaled = probabilities.map { $0 * Double(n) }
        var alias = (0..<n).map { UInt8($0) }
        var small = (0..<n).filter { scaled[$0] < 1 }
        var large = (0..<n).filter { scaled[$0] >= 1 }
        while let s = small.popLast(), let l = large.last {
            alias[s] = UInt8(l)
            scaled[l] -= 1 - scaled[s]
            if scaled[l] < 1 {
                large.removeLast()
                small.append(l)
            }
        }
        for l in large { scaled[l] = 1 }
        for i in 0..<n where alias[i] == UInt8(i) { scaled[i] = 1 }
        return (scaled, alias)
    }
}
