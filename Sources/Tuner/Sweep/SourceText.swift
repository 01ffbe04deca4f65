/// A place in a sweep file: where a diagnostic points.
struct SourcePlace: Sendable, Hashable {
    /// Line, from 1.
    var line: Int
    /// Column in Unicode scalars, from 1.
    var column: Int
    /// Underlined scalars.
    var length: Int

    /// Where a file begins.
    static let start = SourcePlace(line: 1, column: 1, length: 1)
}

/// The text of a sweep file by lines, counted the way the YAML scanner counts them.
struct SourceText: Sendable {
    /// Lines over this length are not shown under a diagnostic.
    static let longestShownLine = 500
    /// Files over this size are refused.
    static let largestFile = 1 << 20

    /// How diagnostics name the file.
    let file: String
    /// The whole text.
    let text: String
    /// The lines without their ends.
    let lines: [Substring.UnicodeScalarView]
    /// Scalars of each line, and how many of them there are up to the last that is not a space.
    private let widths: [(full: Int, visible: Int)]

    /// Splits a text at CR, LF, CRLF and the three line ends of Unicode.
    init(file: String, text: String) {
        self.file = file
        self.text = text
        var lines: [Substring.UnicodeScalarView] = []
        let scalars = text.unicodeScalars
        var start = scalars.startIndex
        var index = start
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let lineEnd = index
            scalars.formIndex(after: &index)
            guard Self.endsLine(scalar) else { continue }
            if scalar == "\r", index < scalars.endIndex, scalars[index] == "\n" {
                scalars.formIndex(after: &index)
            }
            lines.append(Substring(scalars[start..<lineEnd]).unicodeScalars)
            start = index
        }
        if start < scalars.endIndex || lines.isEmpty {
            lines.append(Substring(scalars[start...]).unicodeScalars)
        }
        self.lines = lines
        widths = lines.map { line in
            let blanks = line.reversed().prefix { $0 == " " || $0 == "\t" }.count
            let full = line.count
            return (full, full - blanks)
        }
    }

    /// The place moved into the file, with an underline that stays on its line.
    func clamped(_ place: SourcePlace) -> SourcePlace {
        guard place.line <= lines.count else {
            let last = lines.count
            return SourcePlace(line: last, column: widths[last - 1].full + 1, length: 1)
        }
        let line = max(1, place.line)
        let width = widths[line - 1].full
        let column = min(max(1, place.column), width + 1)
        return SourcePlace(
            line: line, column: column, length: min(max(1, place.length), max(1, width + 1 - column)))
    }

    /// The place between two marks; when they are on different lines, up to the end of the first one.
    func place(from start: (line: Int, column: Int), to end: (line: Int, column: Int)) -> SourcePlace {
        guard start.line >= 1, start.line <= lines.count else {
            return clamped(SourcePlace(line: start.line, column: start.column, length: 1))
        }
        if end.line == start.line {
            return clamped(
                SourcePlace(line: start.line, column: start.column, length: end.column - start.column))
        }
        let visible = widths[start.line - 1].visible
        return clamped(
            SourcePlace(line: start.line, column: start.column, length: visible + 1 - start.column))
    }

    /// The first character no YAML file may hold, with its place.
    func firstForbiddenCharacter() -> (scalar: Unicode.Scalar, place: SourcePlace)? {
        for (number, line) in lines.enumerated() {
            for (offset, scalar) in line.enumerated() where !Self.isAllowed(scalar) {
                return (scalar, SourcePlace(line: number + 1, column: offset + 1, length: 1))
            }
        }
        return nil
    }

    /// The text of a line for display; empty when it is too long to be shown.
    func shownLine(_ number: Int) -> String {
        guard number >= 1, number <= lines.count else { return "" }
        let isShown = widths[number - 1].full <= Self.longestShownLine
        return isShown ? String(String.UnicodeScalarView(lines[number - 1])) : ""
    }

    private static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
