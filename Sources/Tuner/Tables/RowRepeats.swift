/// Rows of a table without those that say again what another one says, byte for byte.
///
/// A run that was made twice differs in its seed, or in the last digits of its loss. Two rows that are the same in every
/// column are one run that was written twice (a file that was put together from overlapping ones), and counted twice it
/// would weigh twice and pass for a replicate without noise.
struct RowRepeats {
    /// The first of each, ascending.
    let kept: [Int]
    /// What was left out.
    let warnings: [TableWarning]

    /// - Parameters:
    ///   - rows: some rows.
    ///   - table: their table.
    init(_ rows: [Int], of table: RunTable) {
        var kept: [Int] = []
        var firsts: [Int: [Int]] = [:]
        var repeated: [(row: Int, first: Int)] = []
        for row in rows {
            let bytes = table.bytes(row)
            var hasher = Hasher()
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            let hash = hasher.finalize()
            if let first = firsts[hash]?.first(where: { table.bytes($0) == bytes }) {
                repeated.append((row, first))
            } else {
                firsts[hash, default: []].append(row)
                kept.append(row)
            }
        }
        self.kept = kept
        guard let example = repeated.first else {
            warnings = []
            return
        }
        let isOne = repeated.count == 1
        warnings = [
            TableWarning(
                "repeated-rows",
                "\(repeated.count) row\(isOne ? " repeats" : "s repeat") another one in every column (line "
                    + "\(table.line(example.row)) that of line \(table.line(example.first))\(isOne ? "" : ", ...")) and "
                    + "\(isOne ? "is" : "are") not counted; replicates differ in a column such as the seed")
        ]
    }
}

extension RunTable {
    /// Some rows by their lines, for a message: `lines 2, 3 and 7`.
    func lines(_ rows: [Int]) -> String {
        let numbers = rows.map { "\(line($0))" }
        if numbers.count == 1 { return "line \(numbers[0])" }
        guard numbers.count <= 12, let last = numbers.last else {
            return "\(numbers.count) lines (\(numbers.prefix(12).joined(separator: ", ")), ...)"
        }
        return "lines \(numbers.dropLast().joined(separator: ", ")) and \(last)"
    }
}
