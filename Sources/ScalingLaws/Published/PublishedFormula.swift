import Foundation

/// Where a law is evaluated: any of model size, tokens, compute, batch size and learning rate.
///
/// Tokens per parameter follow from N and D. Compute follows from them as `C = 6 N D` when it is not given, and D as
/// `C / (6N)`: good to about 10 % for transformers whose context is short against their width.
public struct PublishedQuery: Sendable, Hashable, Codable {
    /// N, parameters (each law says whether embeddings count).
    public var modelSize: Double?
    /// D, training tokens.
    public var tokenBudget: Double?
    /// C, FLOPs.
    public var compute: Double?
    /// B, tokens a step.
    public var batchSizeTokens: Double?
    /// eta, peak.
    public var learningRate: Double?

    enum CodingKeys: String, CodingKey {
        case modelSize = "model_size"
        case tokenBudget = "token_budget"
        case compute
        case batchSizeTokens = "batch_size_tokens"
        case learningRate = "learning_rate"
    }

    /// A query.
    public init(
        modelSize: Double? = nil, tokenBudget: Double? = nil, compute: Double? = nil,
        batchSizeTokens: Double? = nil, learningRate: Double? = nil
    ) {
        self.modelSize = modelSize
        self.tokenBudget = tokenBudget
        self.compute = compute
        self.batchSizeTokens = batchSizeTokens
        self.learningRate = learningRate
    }

    /// The value of a variable; `nil` when it is neither given nor implied, or not positive and finite.
    public subscript(variable: PublishedVariable) -> Double? {
        let tokens = tokenBudget ?? compute.flatMap { c in modelSize.map { c / (6 * $0) } }
        let value: Double? =
            switch variable {
            case .modelSize: modelSize
            case .tokenBudget: tokens
            case .compute: compute ?? modelSize.flatMap { n in tokenBudget.map { 6 * n * $0 } }
            case .batchSize: batchSizeTokens
            case .learningRate: learningRate
            case .tokensPerParameter: modelSize.flatMap { n in tokens.map { $0 / n } }
            }
        guard let value, value > 0, value.isFinite else { return nil }
        return value
    }
}

/// What published laws are powers of.
public enum PublishedVariable: String, Sendable, Hashable, Codable, CaseIterable {
    /// N.
    case modelSize = "model_size"
    /// D, tokens.
    case tokenBudget = "token_budget"
    /// C, FLOPs.
    case compute
    /// B, tokens a step.
    case batchSize = "batch_size_tokens"
    /// eta.
    case learningRate = "learning_rate"
    /// D/N.
    case tokensPerParameter = "tokens_per_parameter"
}

/// A sum of powers, `constant + sum_i coefficient_i product_v v^exponent_iv`, as printed in a paper.
///
/// A law of which only the exponents are known (no prefactor was printed, or it was not seen) has one term without a
/// coefficient: it gives ratios between two settings, not values.
public struct PublishedFormula: Sendable, Hashable, Codable {
    /// One power.
    public struct Term: Sendable, Hashable, Codable {
        /// Prefactor, `nil` when unknown.
        public var coefficient: Double?
        /// Exponents of the variables in it.
        public var exponents: [PublishedVariable: Double]

        /// A term.
        public init(_ coefficient: Double?, _ exponents: [PublishedVariable: Double]) {
            self.coefficient = coefficient
            self.exponents = exponents
        }

        /// The product without the prefactor.
        func power(_ query: PublishedQuery) -> Double? {
            var logarithm = 0.0
            // In the order of names: in that of a dictionary the last bit would differ from run to run.
            for (variable, exponent) in exponents.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                guard let value = query[variable] else { return nil }
                logarithm += exponent * log(value)
            }
            return exp(logarithm)
        }
    }

    /// The constant; 0 for a pure power law.
    public var constant: Double
    /// The powers.
    public var terms: [Term]

    /// A formula.
    public init(constant: Double = 0, _ terms: [Term]) {
        self.constant = constant
        self.terms = terms
    }

    /// A single power.
    public static func power(
        _ coefficient: Double?, _ exponents: [PublishedVariable: Double]
    ) -> PublishedFormula {
        PublishedFormula([Term(coefficient, exponents)])
    }

    /// Variables it needs.
    public var variables: Set<PublishedVariable> { Set(terms.flatMap(\.exponents.keys)) }

    /// Its value; `nil` when a variable is missing or the prefactor is unknown.
    public func value(at query: PublishedQuery) -> Double? {
        var sum = constant
        for term in terms {
            guard let coefficient = term.coefficient, let power = term.power(query) else { return nil }
            sum += coefficient * power
        }
        return sum
    }

    /// Its value at one query over that at another; for a single power no prefactor is needed, and variables given in
    /// neither query count as unchanged.
    public func ratio(from old: PublishedQuery, to new: PublishedQuery) -> Double? {
        if constant == 0, terms.count == 1 {
            var logarithm = 0.0
            for (variable, exponent) in terms[0].exponents {
                switch (old[variable], new[variable]) {
                case (nil, nil): continue
                case (let before?, let after?): logarithm += exponent * log(after / before)
                default: return nil
                }
            }
            return exp(logarithm)
        }
        guard let before = value(at: old), let after = value(at: new) else { return nil }
        return after / before
    }
}
