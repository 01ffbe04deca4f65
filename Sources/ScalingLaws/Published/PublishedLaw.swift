/// A law from the literature, to compare a fit with or to start from when there are no runs.
///
/// A value: formulas are data (`PublishedFormula`), with conventions, range and how far the facts were checked.
///
///     let query = PublishedQuery(modelSize: 1e9, tokenBudget: 1e11)
///     PublishedLaws.stepLaw.value(.learningRate, at: query)        // 1.63e-3
///     let longer = PublishedQuery(modelSize: 1e9, tokenBudget: 8e11)
///     PublishedLaws.bjorck.ratio(.learningRate, from: query, to: longer)      // 0.51
///
/// When not to believe it: outside `validity`, with another optimizer or parametrisation, and for absolute values
/// with other data. Published laws contradict each other in sign (learning rate in tokens): look at several.
public struct PublishedLaw: Sendable, Hashable, Codable {
    /// What a law predicts.
    public enum Quantity: String, Sendable, Hashable, Codable, CaseIterable {
        /// Best peak learning rate.
        case learningRate = "learning_rate"
        /// Best peak learning rate when the batch follows its own law.
        case learningRateAtBestBatch = "learning_rate_at_best_batch"
        /// Best batch size, tokens.
        case batchSize = "batch_size_tokens"
        /// Critical batch size, tokens: larger ones cost more tokens.
        case criticalBatch = "critical_batch_size_tokens"
        /// Decoupled weight decay.
        case weightDecay = "weight_decay"
        /// `1/(lambda eta K)`: time scale of the weights' average, in runs.
        case averageTimescale = "average_timescale"
        /// `-ln beta2`: how fast Adam's second moment forgets, per step.
        case secondMomentRate = "second_moment_rate"
        /// Loss, nats a token.
        case loss
        /// Best parameters for a compute budget.
        case bestModelSize = "best_model_size"
        /// Best tokens for a compute budget.
        case bestTokenBudget = "best_token_budget"
    }

    /// How well the numbers here are founded.
    public enum Provenance: String, Sendable, Hashable, Codable {
        /// Quoted by independent sources, or read in the paper.
        case quoted
        /// At least one number from memory or one unconfirmed source: `note` says which.
        case unverified
    }

    /// Stable lower-case name, e.g. `step-law`.
    public var slug: String
    /// Name used in the field.
    public var name: String
    /// Authors, shortened.
    public var authors: String
    /// Year of the first version.
    public var year: Int
    /// arXiv id.
    public var arXiv: String
    /// Optimizer it was measured with.
    public var optimizer: String
    /// What N, D, C and B count.
    public var units: String
    /// Where it was measured.
    public var validity: String
    /// The part of `validity` that is numbers: smallest and largest value of a variable. 1 as the smallest one where none was stated. A variable that is not here
    /// has a range nobody stated, or one in another unit.
    public var ranges: [PublishedVariable: ClosedRange<Double>]
    /// Cautions.
    public var note: String
    /// How well founded.
    public var provenance: Provenance
    /// What it says.
    public var formulas: [Quantity: PublishedFormula]

    enum CodingKeys: String, CodingKey {
        case slug, name, authors, year
        case arXiv = "arxiv"
        case optimizer, units, validity, ranges, note, provenance, formulas
    }

    /// A law.
    public init(
        slug: String, name: String, authors: String, year: Int, arXiv: String, optimizer: String,
        units: String, validity: String, ranges: [PublishedVariable: ClosedRange<Double>] = [:],
        note: String = "", provenance: Provenance = .quoted,
        formulas: [Quantity: PublishedFormula]
    ) {
        self.slug = slug
        self.name = name
        self.authors = authors
        self.year = year
        self.arXiv = arXiv
        self.optimizer = optimizer
        self.units = units
        self.validity = validity
        self.ranges = ranges
        self.note = note
        self.provenance = provenance
        self.formulas = formulas
    }

    /// A quantity's value; `nil` when the law is silent, has exponents only, or the query lacks a variable.
    public func value(_ quantity: Quantity, at query: PublishedQuery) -> Double? {
        formulas[quantity]?.value(at: query)
    }

    /// A quantity at one setting over that at another: carries a tuned value over by the law's exponents.
    public func ratio(_ quantity: Quantity, from old: PublishedQuery, to new: PublishedQuery) -> Double? {
        formulas[quantity]?.ratio(from: old, to: new)
    }

    /// The variables at which a setting leaves the stated ranges, by more than a rounding of 1 %.
    ///
    /// - Parameter query: a setting; what it neither gives nor implies is not judged.
    /// - Returns: the variables, in the order of `PublishedVariable`; empty when nothing contradicts the setting.
    public func outside(_ query: PublishedQuery) -> [PublishedVariable] {
        PublishedVariable.allCases.filter { variable in
            guard let range = ranges[variable], let value = query[variable] else { return false }
            return value < 0.99 * range.lowerBound || value > 1.01 * range.upperBound
        }
    }

    /// Everything the law says at a setting.
    public func values(at query: PublishedQuery) -> [Quantity: Double] {
        formulas.compactMapValues { $0.value(at: query) }
    }
}

extension PublishedLaw.Quantity: CodingKeyRepresentable {}
extension PublishedVariable: CodingKeyRepresentable {}
