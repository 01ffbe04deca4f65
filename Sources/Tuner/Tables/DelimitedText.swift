/// Reads text of separated fields: RFC 4180 with any one separator.
///
/// A field in double quotes may hold separators, line ends and `""` for one quote. Lines end with LF, CRLF or CR; a
/// byte order mark and empty lines are skipped. A quote inside an unquoted field is an ordinary character.
struct DelimitedText {
    /// One field with where it stands.
    struct Field {
        /// Its text, without the quotes around it.
        var text: String
        /// Where it begins, and how far it reaches on that line.
        var place: SourcePlace
    }

    /// What keeps a text from being read.
    enum Problem: Error {
        /// A quoted field that never ends.
        case unclosedQuote(SourcePlace)
        /// Something between a closing quote and the next separator.
        case textAfterQuote(SourcePlace)
    }

    private let bytes: [UInt8]
    private let separator: UInt8
    private var position = 0
    private(set) var line = 1
    private var column = 1

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// The records of a text, the header among them.
    ///
    /// - Parameters:
    ///   - text: the whole file.
    ///   - separator: one ASCII character.
    /// - Returns: the fields of every line that is not empty.
    /// - Throws: `Problem` for quotes that do not match.
    static func records(of text: String, separator: UInt8) throws(Problem) -> [[Field]] {
        let fields = try DelimitedFields(Array(text.utf8), separator: separator)
        return (0..<fields.count).map { fields.fields(of: $0) }
    }

    /// A reader at the start of some record.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - separator: one ASCII character.
    ///   - position: where the record begins; 0: at the first one.
    ///   - line: its line.
    init(_ bytes: [UInt8], separator: UInt8, at position: Int = 0, line: Int = 1) {
        self.bytes = bytes
        self.separator = separator
        self.position = position
        self.line = line
        if position == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { self.position = 3 }
    }

    /// Reads one line of fields, as many lines of the file as it may be.
    ///
    /// - Parameter take: is given the bytes of each field, quotes included, and its place.
    /// - Returns: `false` at the end.
    /// - Throws: `Problem` for quotes that do not match.
    mutating func next(_ take: (Range<Int>, SourcePlace) -> Void) throws(Problem) -> Bool {
        guard position < bytes.count else { return false }
        while true {
            let start = position
            let place = try field()
            take(start..<position, place)
            guard position < bytes.count else { return true }
            if bytes[position] == separator {
                advance()
            } else {
                endLine()
                return true
            }
        }
    }

    /// The text of a field, without the quotes around it.
    static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        guard let first = range.first, bytes[first] == quote else {
            return String(decoding: bytes[range], as: UTF8.self)
        }
        var inner: [UInt8] = []
        var position = first + 1
        while position < range.upperBound - 1 {
            inner.append(bytes[position])
            position += bytes[position] == quote ? 2 : 1
        }
        return String(decoding: inner, as: UTF8.self)
    }

    /// Goes over the field at the position, up to a separator, a line end or the end.
    private mutating func field() throws(Problem) -> SourcePlace {
        let start = SourcePlace(line: line, column: column, length: 0)
        guard position < bytes.count, bytes[position] == Self.quote else {
            while position < bytes.count, !endsField(bytes[position]) { advance() }
            return reach(start)
        }
        advance()
        while true {
            guard position < bytes.count else { throw .unclosedQuote(start) }
            let byte = bytes[position]
            if byte == Self.quote {
                advance()
                guard position < bytes.count, bytes[position] == Self.quote else { break }
            }
            if byte == Self.lineFeed || byte == Self.carriageReturn { endLine() } else { advance() }
        }
        guard position >= bytes.count || endsField(bytes[position]) else {
            throw .textAfterQuote(SourcePlace(line: line, column: column, length: 1))
        }
        return reach(start)
    }

    private func endsField(_ byte: UInt8) -> Bool {
        byte == separator || byte == Self.lineFeed || byte == Self.carriageReturn
    }

    private var isLineEndPair: Bool {
        bytes[position] == Self.carriageReturn && position + 1 < bytes.count
            && bytes[position + 1] == Self.lineFeed
    }

    /// The place with its length, 1 where the field went on to another line.
    private func reach(_ start: SourcePlace) -> SourcePlace {
        var place = start
        place.length = line == start.line ? column - start.column : 1
        return place
    }

    /// One byte further; columns count Unicode scalars.
    private mutating func advance() {
        if bytes[position] & 0xC0 != 0x80 { column += 1 }
        position += 1
    }

    private mutating func endLine() {
        position += isLineEndPair ? 2 : 1
        line += 1
        column = 1
    }
}
