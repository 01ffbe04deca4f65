import Foundation

/// Counts as people type them: `k M B T` are powers of 1000, `Ki Mi Gi` powers of 1024.
public enum CountText {
    private static let factors: [(String, Double)] = [
        ("Ki", 1024), ("Mi", 1_048_576), ("Gi", 1_073_741_824),
        ("k", 1e3), ("K", 1e3), ("M", 1e6), ("B", 1e9), ("G", 1e9), ("T", 1e12),
    ]

    /// The count, or `nil` for text that is not one, is not whole, or exceeds 2^53.
    ///
    ///     CountText.value(of: "1.5B")   // 1500000000
    ///     CountText.value(of: "32Ki")   // 32768
    ///     CountText.value(of: "0.3")    // nil
    public static func value(of text: String) -> Int? {
        var digits = text
        var factor = 1.0
        for (suffix, scale) in factors where text.hasSuffix(suffix) {
            digits = String(text.dropLast(suffix.count))
            factor = scale
            break
        }
        digits = digits.replacingOccurrences(of: "_", with: "")
        guard digits.allSatisfy({ "0123456789.eE+".contains($0) }), digits.first != "+",
            let number = Double(digits)
        else { return nil }
        let value = number * factor
        // A decimal fraction times a power of ten is whole only up to rounding.
        guard value.isFinite, value <= 9_007_199_254_740_992, abs(value - value.rounded()) <= value * 1e-12
        else {
            return nil
        }
        return Int(value.rounded())
    }
}
