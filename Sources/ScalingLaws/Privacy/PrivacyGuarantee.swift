/// A privacy loss with what it takes for granted. Print the assumptions wherever epsilon is printed.
///
/// Whoever sees the result can multiply the odds of any guess about one record by at most `e^epsilon`, except with
/// probability delta.
public struct PrivacyGuarantee: Sendable, Hashable {
    /// epsilon, nats; an upper bound.
    public let epsilon: Double
    /// delta.
    public let delta: Double
    /// The Renyi order that gave it: at either end of the list, more orders would help.
    public let order: Double

    /// What must hold for the number to mean anything.
    public var assumptions: [PrivacyAssumption] { PrivacyAssumption.allCases }
}

/// What every privacy loss of this package takes for granted.
public enum PrivacyAssumption: String, Sendable, Hashable, CaseIterable {
    /// Batches are Poisson samples.
    case poissonSampling = "poisson_sampling"
    /// Neighbouring data differ in the presence of one record.
    case addRemoveOne = "add_remove_one"
    /// The Gaussian noise is drawn in floating point.
    case floatingPointNoise = "floating_point_noise"
    /// Clipping bounds what one record adds to the sum.
    case oneRecordOneGradient = "one_record_one_gradient"
    /// Everything that read the data is in the account.
    case everythingCounted = "everything_counted"

    /// For people.
    public var text: String {
        switch self {
        case .poissonSampling:
            "every record joins a batch independently with the same probability; shuffled batches of a fixed size "
                + "are not covered"
        case .addRemoveOne: "data sets that differ by adding or removing one record count as neighbours"
        case .floatingPointNoise:
            "the noise comes from a cryptographic generator, but floating-point Gaussian noise is not hardened"
        case .oneRecordOneGradient: "each record adds at most one clipped gradient to a batch's sum"
        case .everythingCounted:
            "trials, evaluations on private data and thresholds taken from it are counted or did not happen"
        }
    }
}
