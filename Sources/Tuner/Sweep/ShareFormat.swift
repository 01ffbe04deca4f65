import Foundation

/// Shares of one for people, the same in the program, exports and messages.
public enum ShareFormat {
    /// As per cent, two significant digits: `0.0042` is `0.42 %`, `12.3` is `1200 %`.
    public static func percent(_ share: Double) -> String {
        let text = String(format: "%.2g", 100 * share)
        guard text.contains("e+"), let rounded = Double(text) else { return text + " %" }
        return String(format: "%.0f %%", rounded)
    }
}
