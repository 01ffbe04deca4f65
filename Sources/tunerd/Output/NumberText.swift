import Engine
import Foundation
import Tuner

/// Numbers for people; JSON has the full precision.
enum NumberText {
    /// Four significant digits: `0.00312`, `1.2e-05`, `38.1`, `6760`; whole numbers below ten million without exponent.
    static func short(_ value: Double, digits: Int = 4) -> String {
        let text = String(format: "%.\(digits)g", value)
        guard text.contains("e+"), abs(value) < 1e7, let rounded = Double(text) else { return text }
        return String(format: "%.0f", rounded)
    }

    /// A count with a decimal suffix: `8M`, `1.5B`, `16.4k`, `999`.
    static func count(_ value: Double) -> String {
        CountFormat.approximate(value)
    }

    /// A count of tokens, exact where that is short: `256Ki`, `1.5B`.
    static func count(_ value: Int) -> String { LawText.budget(value) }

    /// A hyperparameter: whole numbers in full.
    static func value(_ value: HyperparameterValue) -> String {
        if case .real(let number) = value { return short(number) }
        return value.description
    }

    /// `low to high`.
    static func interval(_ bounds: [Double]?) -> String {
        guard let bounds, bounds.count == 2 else { return "-" }
        return "\(short(bounds[0], digits: 3)) to \(short(bounds[1], digits: 3))"
    }

    /// `42s`, `5m 10s`, `3h 02m`, `2d 4h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "-" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m \(String(format: "%02d", whole % 60))s"
        case ..<86400: return "\(whole / 3600)h \(String(format: "%02d", whole % 3600 / 60))m"
        default: return "\(whole / 86400)d \(whole % 86400 / 3600)h"
        }
    }

    /// Local date and time to the minute.
    static func time(_ date: Date) -> String {
        let style = Date.VerbatimFormatStyle(
            format: """
                \(year: .padded(4))-\(month: .twoDigits)-\(day: .twoDigits) \
                \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits)
                """, timeZone: .current, calendar: Calendar(identifier: .gregorian))
        return date.formatted(style)
    }
}
