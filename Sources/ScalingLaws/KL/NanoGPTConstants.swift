import Foundation

/// KL constants measured on GPT-2-like language models with Scion, as fitted by the source.
///
///     mu  = 5.2 (layers + 1.7)^-0.2
///     L   = 0.4 (layers + 0.7)^0.2 (width + 126)^0.35
///     rho = 4.1 (layers - 2.7)^0.25 (width - 250.8)^0.3 (B - 9.4)^0.1          B in sequences of 1,024 tokens
///
/// Valid between about 12 layers of width 768 (124M parameters) and 18 of 2,048 (1B); for ratios between
/// models (`KLTransfer.Ratios`), not as absolute numbers.
///
/// When not to believe it: mu and L reproduce the source's table (3.1 and 2.9, 7.2 and 10.6), but **rho does not**:
/// the printed exponents give 81 to 87 at the 124M model where the table says 62.7. They are rounded; take `Table`
/// for the two models it has.
///
/// Source: Islamov et al. 2026, arXiv 2603.21191, appendix on fits and table 3.
public enum NanoGPTConstants {
    /// mu of a depth.
    public static func sharpness(layers: Double) -> Double { 5.2 * pow(layers + 1.7, -0.2) }

    /// L of a depth and width.
    public static func smoothness(layers: Double, width: Double) -> Double {
        0.4 * pow(layers + 0.7, 0.2) * pow(width + 126, 0.35)
    }

    /// rho of a depth, width and batch; not a number at or below the shifts 2.7, 250.8 and 9.4.
    public static func rho(layers: Double, width: Double, sequences: Double) -> Double {
        4.1 * pow(layers - 2.7, 0.25) * pow(width - 250.8, 0.3) * pow(sequences - 9.4, 0.1)
    }

    /// Measured values of the source's table 3.
    public struct Table: Sendable, Hashable {
        /// L.
        public var smoothness: Double
        /// mu.
        public var sharpness: Double
        /// rho.
        public var rho: Double
        /// 124M parameters.
        public static let small = Table(smoothness: 7.2, sharpness: 3.1, rho: 62.7)
        /// 1B parameters.
        public static let large = Table(smoothness: 10.6, sharpness: 2.9, rho: 111.9)

        /// This model's constants over another's.
        public func ratios(to other: Table) -> KLTransfer.Ratios {
            KLTransfer.Ratios(
                sharpness: sharpness / other.sharpness, rho: rho / other.rho,
                smoothness: smoothness / other.smoothness)
        }
    }

    /// The tuned run everything was transferred from: 256 sequences of 1,024 tokens, `weight decay * rate = 3.6e-4`,
    /// 1.3e9 tokens, 1 - momentum about 0.1 (0.09 at every budget, 0.06 to 0.08 at 1B). Batch in sequences.
    public static let anchor = KLTransfer(
        batchSize: 256, frankWolfeStep: 3.6e-4, tokenBudget: 1.3e9, rhoPower: 0.1, rhoShift: 9.4)
}
