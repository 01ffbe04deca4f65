import Foundation

/// Reads the IDX format of handwritten-digit sets: two zero bytes, a type, the number of dimensions, their sizes as
/// big-endian 32-bit numbers, then the values. Only unsigned bytes (type 8) are read, which is what the sets use.
enum IDXFile {
    /// Whether data starts like an IDX file.
    static func isIDX(_ data: Data) -> Bool {
        data.count >= 4 && data.starts(with: [0, 0, 8]) && (1...4).contains(data[data.startIndex + 3])
    }

    /// Reads images and labels; pixels become 0...1.
    ///
    /// - Parameters:
    ///   - images: file with two or more dimensions, the first counts the examples.
    ///   - labels: file with one dimension.
    /// - Returns: the table, one feature a pixel.
    /// - Throws: `EngineError` when a file is cut short, is not IDX, or the two do not have the same length.
    static func read(images: String, labels: String) throws -> LabelledTable {
        let (imageSizes, pixels) = try values(images)
        let (labelSizes, numbers) = try values(labels)
        guard imageSizes.count >= 2, let rows = imageSizes.first else {
            throw EngineError.badData(images, "has one dimension only", help: "is it the file of labels?")
        }
        guard labelSizes.count == 1, labelSizes[0] == rows else {
            throw EngineError.badData(
                labels, "has sizes \(labelSizes) where \(rows) labels are needed",
                why: "'\(images)' has \(rows) images")
        }
        let columns = imageSizes.dropFirst().reduce(1, *)
        guard rows > 0, columns > 0 else { throw EngineError.badData(images, "holds no examples") }
        return LabelledTable(
            columns: columns, features: pixels.map { Float($0) / 255 }, labels: numbers.map { Float($0) })
    }

    private static func values(_ path: String) throws -> ([Int], Data) {
        let data = try DataFile.contents(path)
        guard isIDX(data) else {
            let start = data.prefix(4).map { String($0, radix: 16) }.joined(separator: " ")
            throw EngineError.badData(
                path, "is not an IDX file of bytes",
                why: "it starts with \(start) instead of 0 0 8 and a number")
        }
        let dimensions = Int(data[data.startIndex + 3])
        let header = 4 + 4 * dimensions
        guard data.count >= header else { throw EngineError.badData(path, "ends within its header") }
        var sizes: [Int] = []
        for i in 0..<dimensions {
            let start = data.startIndex + 4 + 4 * i
            sizes.append(data[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) })
        }
        var expected = 1
        for size in sizes {
            let (product, overflow) = expected.multipliedReportingOverflow(by: size)
            guard !overflow, product <= LabelledTable.largest else {
                throw EngineError.badData(path, "announces too much data: \(sizes)")
            }
            expected = product
        }
        guard data.count == header + expected else {
            throw EngineError.badData(
                path, "has \(data.count - header) values where its header announces \(expected)",
                help: "the file was cut short or damaged: fetch it again")
        }
        return (sizes, data.dropFirst(header))
    }
}
