import Foundation

/// Logarithms of a run's model size N, tokens D and compute C; any two give the third by `C = 6 N D`.
///
/// 6 floating-point operations per parameter and token: 2 forward, 4 backward (Kaplan et al. 2020, arXiv
/// 2001.08361). Attention over long contexts and embeddings make the factor differ from 6; a compute that is
/// given is used as it is.
struct RunSizes {
    static let flopsPerParameterToken = 6.0

    /// NaN when neither given nor implied.
    var logModelSize: Double
    var logTokens: Double
    var logCompute: Double

    init(modelSize: Double?, tokens: Double?, compute: Double?) {
        let six: Double = log(Self.flopsPerParameterToken)
        let (n, d, c) = (modelSize.map { log($0) }, tokens.map { log($0) }, compute.map { log($0) })
        func known(_ x: Double?, _ y: Double?, _ combine: (Double, Double) -> Double) -> Double {
            guard let x, let y else { return .nan }
            return combine(x, y)
        }
        logModelSize = n ?? known(c, d) { $0 - six - $1 }
        logTokens = d ?? known(c, n) { $0 - six - $1 }
        logCompute = c ?? known(n, d) { $0 + six + $1 }
    }
}
