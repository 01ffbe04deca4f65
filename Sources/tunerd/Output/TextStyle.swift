import Foundation

/// What the terminal can show: colour only on a terminal and without `NO_COLOR`.
struct TextStyle: Sendable {
    var colour: Bool

    static let plain = TextStyle(colour: false)
    static var standardOutput: TextStyle { TextStyle(colour: allowsColour(STDOUT_FILENO)) }
    static var standardError: TextStyle { TextStyle(colour: allowsColour(STDERR_FILENO)) }

    /// A way to set text off.
    enum Tone: String, Sendable {
        case plain = ""
        case bold = "1"
        case faint = "2"
        case good = "32"
        case attention = "33"
        case bad = "31"
    }

    func paint(_ text: String, _ tone: Tone) -> String {
        colour && tone != .plain ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }

    private static func allowsColour(_ descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(descriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
            && environment["TERM"] != "dumb"
    }
}
