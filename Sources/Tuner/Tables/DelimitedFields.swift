/// The fields of a text of separated fields, kept as where they stand in it.
///
/// A field takes 8 bytes, and its text is made when it is asked for: strings with their places took ten times the file.
struct DelimitedFields: Sendable {
    let bytes: [UInt8]
    private let separator: UInt8
    /// Where fields begin and end, quotes included; a file is far below 4 GiB.
    private let ranges: [SIMD2<UInt32>]
    /// The first field of every record.
    private let firsts: [UInt32]
    /// The lines records begin on.
    private let lines: [UInt32]

    /// Finds the fields of every line that is not empty.
    ///
    /// - Parameters:
    ///   - bytes: the whole file, UTF-8.
    ///   - separator: one ASCII character.
    /// - Throws: `Problem` for quotes that do not match.
    init(_ bytes: [UInt8], separator: UInt8) throws(DelimitedText.Problem) {
        self.bytes = bytes
        self.separator = separator
        var reader = DelimitedText(bytes, separator: separator)
        var ranges: [SIMD2<UInt32>] = []
        var firsts: [UInt32] = []
        var lines: [UInt32] = []
        while true {
            let first = ranges.count
            let line = reader.line
            let goesOn = try reader.next { range, _ in
                ranges.append(SIMD2(UInt32(range.lowerBound), UInt32(range.upperBound)))
            }
            guard goesOn else { break }
            if ranges.count == first + 1, ranges[first].x == ranges[first].y {
                ranges.removeLast()
            } else {
                firsts.append(UInt32(first))
                lines.append(UInt32(line))
            }
        }
        firsts.append(UInt32(ranges.count))
        self.ranges = ranges
        self.firsts = firsts
        self.lines = lines
    }

    /// Records, the header among them.
    var count: Int { lines.count }

    /// Fields of a record.
    func width(of record: Int) -> Int { Int(firsts[record + 1] - firsts[record]) }

    /// The line a record begins on.
    func line(of record: Int) -> Int { Int(lines[record]) }

    /// The text of a field, without the quotes around it.
    func text(_ record: Int, _ field: Int) -> String {
        DelimitedText.text(bytes, range(record, field))
    }

    /// The bytes of a field, quotes included.
    func range(_ record: Int, _ field: Int) -> Range<Int> {
        let range = ranges[Int(firsts[record]) + field]
        return Int(range.x)..<Int(range.y)
    }

    /// The bytes of a whole record, without its line end.
    func range(of record: Int) -> Range<Int> {
        range(record, 0).lowerBound..<range(record, width(of: record) - 1).upperBound
    }

    /// The fields of a record with their places.
    func fields(of record: Int) -> [DelimitedText.Field] {
        var reader = DelimitedText(
            bytes, separator: separator, at: range(record, 0).lowerBound, line: line(of: record))
        var fields: [DelimitedText.Field] = []
        // What was read once can be read again.
        _ = try? reader.next { range, place in
            fields.append(.init(text: DelimitedText.text(bytes, range), place: place))
        }
        return fields
    }
}
