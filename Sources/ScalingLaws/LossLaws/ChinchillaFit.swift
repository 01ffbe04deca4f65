/// A fitted loss law: what the loss of a run will be from its model size N, tokens D or compute C.
///
///     L(N, D) = E + A N^-alpha + B D^-beta            (and the other forms of `LossLawForm`)
///     minimise  F = sum over rows of huber(log L_predicted - log L)
///     over      E, A, B >= 0,  0.002 <= alpha, beta <= 4
///     huber(r) = r^2/2 for |r| <= delta,  delta (|r| - delta/2) beyond;    delta = 1e-3
///
/// Units: those of the rows; A and B are the terms at N = 1 and D = 1, far outside any data, so they
/// correlate with their exponents and their intervals are wide. Exponents have no unit. A change of the
/// loss's unit scales E, A and B alone.
///
/// Method. For fixed exponents the problem is solved globally (see `PowerSumSearch`), a grid over exponents
/// finds the valleys, and Newton's method with exact derivatives ends each at a gradient of 1e-10 of the sum
/// of weights times delta. No start and no seed enters. Intervals: percentiles over resampled rows or
/// clusters.
///
/// | what | needs |
/// |---|---|
/// | E | losses that visibly bend at the largest sizes |
/// | A, alpha | three or more model sizes at similar tokens |
/// | B, beta | three or more token counts at similar sizes |
///
/// When not to believe it: warnings `poor-fit`, `structured-residuals` (learning rates or schedules that were
/// not tuned for each size bend the losses: on the constant-rate settings of Porian et al. 2024, arXiv
/// 2406.19146, the additive form misses its own rows by 6 %), `floor-at-zero`; data seen more than once; more
/// than ten times the largest compute.
///
/// Accuracy: on the 240 runs that Besiroglu et al. 2024 (arXiv 2404.10102) read off Hoffmann et al. the
/// minimum is F = 0.0010182740 at E = 1.8172, A = 477.8, B = 2143, alpha = 0.3473, beta = 0.3672, where
/// stopped quasi-Newton searches report E between 1.70 and 1.96. One fit takes about 2 ms there and one refit
/// about 0.1 ms.
///
/// Source: law and objective of Hoffmann et al. 2022, arXiv 2203.15556; the solver is derived here.
public struct ChinchillaFit: Sendable, Hashable, Codable {
    /// One coefficient.
    public struct Parameter: Sendable, Hashable, Codable {
        /// `E`, `A`, `alpha`, `B`, `beta`, `K` or `gamma`.
        public var name: String
        /// Value and intervals.
        public var estimate: IntervalEstimate
        /// Whether the rows tell it: E when its 95 % interval excludes 0; an amplitude when its exponent is
        /// told; an exponent when its 95 % interval spans less than a factor 2.5 and touches no limit.
        /// `false` without resamples.
        public var identified: Bool

        /// A coefficient.
        public init(name: String, estimate: IntervalEstimate, identified: Bool) {
            self.name = name
            self.estimate = estimate
            self.identified = identified
        }
    }

    /// How well the law describes the rows it was fitted to.
    public struct Quality: Sendable, Hashable, Codable {
        /// Mean of `|L_predicted / L - 1|`.
        public var meanRelativeError: Double
        /// Largest of them.
        public var largestRelativeError: Double
        /// 80 % and 95 % of the rows are within this of the law, in log loss.
        public var scatter80: Double
        /// See `scatter80`.
        public var scatter95: Double
        /// Share of the squared residuals that a quadratic in log N and log D explains; noise leaves about
        /// 6 / rows. `nil` when rows are too few to say.
        public var structuredShare: Double?

        enum CodingKeys: String, CodingKey {
            case meanRelativeError = "mean_relative_error"
            case largestRelativeError = "largest_relative_error"
            case scatter80 = "scatter_80"
            case scatter95 = "scatter_95"
            case structuredShare = "structured_share"
        }
    }

    /// Sizes of the rows, `[low, high]` each.
    public struct Ranges: Sendable, Hashable, Codable {
        /// N.
        public var modelSize: [Double]?
        /// D.
        public var tokens: [Double]?
        /// C.
        public var compute: [Double]?

        enum CodingKeys: String, CodingKey {
            case modelSize = "model_size"
            case tokens, compute
        }
    }

    /// A few rows that decide the exponents.
    public struct Influence: Sendable, Hashable, Codable {
        /// Indices in the request, ascending.
        public var rows: [Int]
        /// The exponents by their names, without those rows.
        public var exponents: [String: Double]
    }

    /// The form that was fitted, which may be a reduced one.
    public var form: LossLawForm
    /// Coefficients in the order of `form.parameterNames`.
    public var parameters: [Parameter]
    /// F at the minimum.
    public var objective: Double
    /// Largest component of the gradient that no bound holds, in the centred coordinates of the solver.
    public var gradient: Double
    /// delta.
    public var huberDelta: Double
    /// Exponent of the best model size in compute, `beta / (alpha + beta)`; that of tokens is the rest to 1.
    /// `nil` for a law with one term, or with a term of size 0.
    public var modelSizeExponent: IntervalEstimate?
    /// How well it describes its own rows.
    public var quality: Quality
    /// Relative error of the loss per factor e of extrapolation, from predicting the largest rows by the
    /// others.
    public var drift: Double
    /// Where the rows lie.
    public var ranges: Ranges
    /// Rows with a finite loss.
    public var rowsUsed: Int
    /// Rows without one.
    public var rowsDropped: Int
    /// Resamples.
    public var replicates: Int
    /// Resamples that needed the global search.
    public var replicatesSearched: Int
    /// Rows, at most one in twenty, without which an exponent is another one; `nil` without such rows.
    public var influence: Influence?
    /// What it cannot know.
    public var warnings: [LossLawWarning]
    /// Coefficients of up to 500 resamples, in the order of `parameters`, for intervals of predictions.
    public var draws: [[Double]]

    enum CodingKeys: String, CodingKey {
        case form, parameters, objective, gradient
        case huberDelta = "huber_delta"
        case modelSizeExponent = "model_size_exponent"
        case quality, drift, ranges
        case rowsUsed = "rows_used"
        case rowsDropped = "rows_dropped"
        case replicates
        case replicatesSearched = "replicates_searched"
        case influence, warnings, draws
    }

    /// Value of a coefficient by its name; `nil` when the form has none of that name.
    public func value(_ name: String) -> Double? {
        parameters.first { $0.name == name }?.estimate.value
    }
}
