import Foundation

/// Why a text is not the value that is expected.
enum ScalarProblem: Error, Sendable, Hashable {
    /// Not a number at all, or with something behind it.
    case notANumber
    /// Below zero.
    case negative
    /// Not a whole number.
    case notWhole
    /// `nan` or infinite.
    case notFinite
    /// Too large for any use.
    case tooLarge
    /// Rounds to zero.
    case tooSmall
    /// An ending that is no unit; with the one that was probably meant.
    case unknownSuffix(String, meant: String?)
    /// A number without the unit it needs.
    case missingUnit
    /// Not `true` or `false`.
    case notAFlag
}

/// Reads scalars by the type the schema expects, from their text alone.
///
/// `010` is ten, `no` is false where a flag is expected and text elsewhere, and quotes change nothing. Underscores
/// may stand between digits (`1_000_000`).
enum Scalars {
    /// Larger counts are refused, so that sums and roundings of counts cannot overflow.
    static let largestCount = 1_000_000_000_000_000_000

    /// Factors of counts.
    static let countSuffixes: [(text: String, factor: Int)] = [
        ("", 1), ("k", 1_000), ("M", 1_000_000), ("B", 1_000_000_000), ("T", 1_000_000_000_000),
        ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30),
    ]

    private static let byteSuffixes: [(text: String, factor: Int)] = [
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    private static let durationSuffixes: [(text: String, factor: Int)] = [
        ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400),
    ]

    /// A whole number that is not negative: `4096`, `4Ki`, `1.5M`, `3e9`, `1_000_000`.
    static func count(_ text: String) throws(ScalarProblem) -> Int {
        let value = try scaled(text, by: countSuffixes)
        guard value >= 0 else { throw .negative }
        return value
    }

    /// A whole number with a sign, with the endings of counts.
    static func integer(_ text: String) throws(ScalarProblem) -> Int {
        try scaled(text, by: countSuffixes)
    }

    /// Bytes with their unit: `512MiB`, `2GB`.
    static func bytes(_ text: String) throws(ScalarProblem) -> Int {
        let value = try scaled(text, by: byteSuffixes)
        guard value >= 0 else { throw .negative }
        return value
    }

    /// Seconds of a duration with its unit: `30s`, `1.5h`.
    static func duration(_ text: String) throws(ScalarProblem) -> TimeInterval {
        let parts = try NumberText(text)
        let factor = try factor(of: parts.suffix, among: durationSuffixes)
        let value = try parts.double() * Double(factor)
        guard value >= 0 else { throw .negative }
        guard value <= 1e9 else { throw .tooLarge }
        return value
    }

    /// A real number: `1e-4`, `.5`, `5`.
    static func real(_ text: String) throws(ScalarProblem) -> Double {
        let parts = try NumberText(text)
        guard parts.suffix.isEmpty else { throw .notANumber }
        return try parts.double()
    }

    /// A seed: a whole number below 2^64, without endings.
    static func seed(_ text: String) throws(ScalarProblem) -> UInt64 {
        let parts = try NumberText(text)
        guard parts.suffix.isEmpty, parts.exponent == 0 else { throw .notANumber }
        guard !parts.isNegative else { throw .negative }
        guard let value = UInt64(parts.digits) else { throw .tooLarge }
        return value
    }

    /// `true`, `yes`, `on` or `false`, `no`, `off`, in any case.
    static func flag(_ text: String) throws(ScalarProblem) -> Bool {
        switch text.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: throw .notAFlag
        }
    }

    /// A whole number times the factor of its ending, exact.
    private static func scaled(
        _ text: String, by suffixes: [(text: String, factor: Int)]
    ) throws(ScalarProblem) -> Int {
        let parts = try NumberText(text)
        let factor = try factor(of: parts.suffix, among: suffixes)
        return try parts.whole(times: factor)
    }

    private static func factor(
        of suffix: String, among suffixes: [(text: String, factor: Int)]
    ) throws(ScalarProblem) -> Int {
        if let known = suffixes.first(where: { $0.text == suffix }) { return known.factor }
        if suffix.isEmpty { throw .missingUnit }
        let lowered = suffix.lowercased()
        let meant = suffixes.first {
            [lowered, lowered + "b"].contains($0.text.lowercased()) || (lowered == "g" && $0.text == "B")
        }
        throw .unknownSuffix(suffix, meant: meant?.text)
    }
}
