import Foundation
import ScalingLaws

@testable import Tuner

/// Tables of a made-up law.
///
///     best batch size    = 131072 (D/1e9)^0.5
///     best learning rate = 0.006 (D/1e9)^-0.35 (N/1e8)^-0.4 (B/131072)^0.5
///     loss               = floor(N, D) e^(u^2/50 + v^2/100)
struct MadeUpLaw {
    /// Model sizes and budgets of the cells.
    var cells: [(modelSize: Double, tokenBudget: Double)] = [
        (5e7, 1e9), (5e7, 2e9), (1e8, 1e9), (1e8, 2e9), (1e8, 4e9), (2e8, 2e9), (2e8, 4e9),
    ]
    var rates = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032]
    /// Batch sizes of a cell of some tokens.
    var batches: (Double) -> [Double] = { _ in [65536, 131072, 262144, 524288] }
    /// Scales the best learning rate.
    var scale = 1.0

    func bestBatch(_ tokens: Double) -> Double { 131_072 * pow(tokens / 1e9, 0.5) }

    func bestRate(_ size: Double, _ tokens: Double, _ batch: Double) -> Double {
        scale * 0.006 * pow(tokens / 1e9, -0.35) * pow(size / 1e8, -0.4) * pow(batch / 131_072, 0.5)
    }

    func floor(_ size: Double, _ tokens: Double) -> Double {
        1.7 + 0.8 * pow(tokens / 1e9, -0.3) + 0.6 * pow(size / 1e8, -0.3)
    }

    /// Lines `cell,N,D,lr,batch_tokens,loss`; runs far above the best rate diverge. A deterministic ripple of 0.05 %
    /// stands for noise.
    var lines: [String] {
        cells.flatMap { size, tokens in
            batches(tokens).flatMap { batch in
                rates.map { rate in
                    let u = log(rate / bestRate(size, tokens, batch))
                    let v = log(batch / bestBatch(tokens))
                    let ripple = 5e-4 * sin(1000 * (u + v))
                    let loss = floor(size, tokens) * exp(u * u / 50 + v * v / 100 + ripple)
                    let shown = u > 2.2 ? "" : String(loss)
                    return
                        "\(Int(size / 1e6))M-\(Int(tokens / 1e9))B,\(size),\(tokens),\(rate),\(batch),\(shown)"
                }
            }
        }
    }

    static let header = "cell,N,D,lr,batch_tokens,loss"

    var text: String { ([Self.header] + lines).joined(separator: "\n") + "\n" }
}

/// The mapping of the tables above, without some quantities.
func madeUpMapping(without left: Set<String> = []) throws -> ColumnMapping {
    let all = [
        ("model_size", "N"), ("token_budget", "D"), ("learning_rate", "lr"),
        ("batch_size_tokens", "batch_tokens"), ("loss", "loss"),
    ]
    return try ColumnMapping(all.filter { !left.contains($0.0) }.map { "\($0)=\($1)" })
}
