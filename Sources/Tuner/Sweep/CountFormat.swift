import Foundation

/// Counts as short text, and back.
///
///     CountFormat.short(4096)           // "4Ki"
///     CountFormat.short(1_500_000)      // "1.5M"
///     CountFormat.short(1_234_567)      // "1234567": exact, so it stays long
///     CountFormat.approximate(1_234_567)  // "1.23M"
public enum CountFormat {
    /// The shortest text that `parse` reads as the same count; of equally short ones the decimal one, except that
    /// powers of two from 1024 on are always written with `Ki`, `Mi`, `Gi`.
    public static func short(_ count: Int) -> String {
        let isPowerOfTwo = count >= 1024 && count & (count - 1) == 0
        var best = isPowerOfTwo ? nil : String(count)
        for (suffix, factor) in Scalars.countSuffixes where factor > 1 && count >= factor {
            let isBinary = suffix.hasSuffix("i")
            guard isBinary == isPowerOfTwo || (isBinary && count % factor == 0) else { continue }
            guard let text = exact(count, factor: factor) else { continue }
            let candidate = text + suffix
            if best.map({ candidate.count < $0.count }) ?? true { best = candidate }
        }
        return best ?? String(count)
    }

    /// Three significant digits with a decimal suffix, for columns where the exact count does not matter.
    public static func approximate(_ count: Double) -> String {
        guard count.isFinite else { return "\(count)" }
        let steps: [(String, Double)] = [("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)]
        for (suffix, factor) in steps where abs(count) >= 0.9995 * factor {
            return trimmed(count / factor) + suffix
        }
        return trimmed(count)
    }

    /// Reads a count: `4096`, `4Ki`, `1.5M`, `3e9`; for command-line options and queries.
    ///
    /// - Parameters:
    ///   - text: what was written.
    ///   - name: the option it was written for, for the message.
    /// - Returns: the count.
    /// - Throws: `usage` when the text is not a count.
    public static func parse(_ text: String, named name: String) throws(TunerError) -> Int {
        do {
            return try Scalars.count(text)
        } catch {
            let message = DiagnosticMessage.wrongNumber(text, key: name, expected: .count, problem: error)
            throw TunerError(.usage, message.message, why: message.why, help: message.help)
        }
    }

    /// `count / factor` with up to three decimals, if that is exact.
    private static func exact(_ count: Int, factor: Int) -> String? {
        let whole = count / factor
        let rest = count % factor
        if rest == 0 { return String(whole) }
        let (thousandths, overflow) = rest.multipliedReportingOverflow(by: 1000)
        guard !overflow, thousandths % factor == 0 else { return nil }
        var decimals = String(thousandths / factor + 1000).dropFirst()
        while decimals.last == "0" { decimals.removeLast() }
        return "\(whole).\(decimals)"
    }

    private static func trimmed(_ value: Double) -> String {
        let decimals = abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0
        let text = String(format: "%.\(decimals)f", value)
        guard text.contains(".") else { return text }
        return String(text.reversed().drop(while: { $0 == "0" }).drop(while: { $0 == "." }).reversed())
    }
}
