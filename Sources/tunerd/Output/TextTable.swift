/// A table of aligned columns with an upper-case header and no lines. The last column is not padded.
struct TextTable {
    /// One column.
    struct Column {
        var title: String
        var right = false

        /// A column of names.
        static func text(_ title: String) -> Column { Column(title: title) }
        /// A column of numbers, aligned at the right.
        static func number(_ title: String) -> Column { Column(title: title, right: true) }
    }

    /// One cell.
    struct Cell: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        var text: String
        var tone: TextStyle.Tone = .plain

        init(_ text: String, _ tone: TextStyle.Tone = .plain) {
            self.text = text
            self.tone = tone
        }
        init(stringLiteral value: String) { text = value }
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// The lines, header first.
    func lines(_ style: TextStyle) -> [String] {
        let widths = columns.indices.map { index in
            max(
                columns[index].title.count,
                rows.map { index < $0.count ? $0[index].text.count : 0 }.max() ?? 0)
        }
        let header = columns.map { Cell($0.title.uppercased(), .bold) }
        return ([header] + rows).map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: max(0, widths[index] - cell.text.count))
                let painted = style.paint(cell.text, cell.tone)
                if columns[index].right {
                    line += padding + painted
                } else {
                    line += painted + (index == row.count - 1 ? "" : padding)
                }
                if index < row.count - 1 { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// The table.
    func text(_ style: TextStyle) -> String { lines(style).joined(separator: "\n") }
}
