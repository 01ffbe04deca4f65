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
    private var line = 1
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
        var reader = DelimitedText(text, separator: separator)
        var records: [[Field]] = []
        while let record = try reader.next() {
            let isBlank = record.count == 1 && record[0].text.isEmpty && record[0].place.length == 0
            if !isBlank { records.append(record) }
        }
        return records
    }

    private init(_ text: String, separator: UInt8) {
        let bytes = Array(text.utf8)
        self.bytes = bytes
        self.separator = separator
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private mutating func next() throws(Problem) -> [Field]? {
        guard position < bytes.count else { return nil }
        var fields: [Field] = []
        while true {
            fields.append(try field())
            guard position < bytes.count else { return fields }
            if bytes[position] == separator {
                advance()
            } else {
                endLine()
                return fields
            }
        }
    }

    /// The field at the position, up to a separator, a line end or the end.
    private mutating func field() throws(Problem) -> Field {
        let start = SourcePlace(line: line, column: column, length: 0)
        guard position < bytes.count, bytes[position] == Self.quote else {
            let begin = position
            while position < bytes.count, !endsField(bytes[position]) { advance() }
            return Field(text: String(decoding: bytes[begin..<position], as: UTF8.self), place: reach(start))
        }
        advance()
        var text: [UInt8] = []
        while true {
            guard position < bytes.count else { throw .unclosedQuote(start) }
            let byte = bytes[position]
            if byte == Self.quote {
                advance()
                guard position < bytes.count, bytes[position] == Self.quote else { break }
            }
            text.append(byte)
            if byte == Self.lineFeed || byte == Self.carriageReturn {
                if isLineEndPair { text.append(Self.lineFeed) }
                endLine()
            } else {
                advance()
            }
        }
        guard position >= bytes.count || endsField(bytes[position]) else {
            throw .textAfterQuote(SourcePlace(line: line, column: column, length: 1))
        }
        return Field(text: String(decoding: text, as: UTF8.self), place: reach(start))
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
