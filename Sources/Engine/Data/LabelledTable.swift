import Foundation

/// Examples with labels, dense: what the readers of data files make.
public struct LabelledTable: Sendable, Hashable {
    /// Number of features.
    public var columns: Int
    /// `(rows, columns)`, row-major.
    public var features: [Float]
    /// One number a row: a class number from 0, or a value.
    public var labels: [Float]

    /// Number of examples.
    public var rows: Int { labels.count }

    /// The largest table that is read: 400 million numbers, 1.6 GB.
    static let largest = 400_000_000

    /// Replaces the labels by class numbers in the order of the labels' values, and returns how many there are.
    ///
    /// - Throws: `EngineError` when there are more than 10,000, which means that the labels are values.
    mutating func numberClasses(path: String) throws -> Int {
        let known = Set(labels).sorted()
        guard (2...10_000).contains(known.count) else {
            throw EngineError.badData(
                path, "has \(known.count) different labels", why: "a classification needs 2 to 10,000",
                help: "for numeric labels use 'task: regression'")
        }
        let numbers = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, Float($0)) })
        labels = labels.map { numbers[$0] ?? 0 }
        return known.count
    }

    /// Shifts and scales every feature to mean 0 and deviation 1 over the given rows; constant ones become 0.
    mutating func standardise(over rows: [Int]) {
        for j in 0..<columns {
            var sum = 0.0
            var squares = 0.0
            for row in rows { sum += Double(features[row * columns + j]) }
            let mean = sum / Double(max(1, rows.count))
            for row in rows { squares += pow(Double(features[row * columns + j]) - mean, 2) }
            let deviation = (squares / Double(max(1, rows.count))).squareRoot()
            let factor = deviation > 1e-12 ? 1 / deviation : 0
            for row in 0..<self.rows {
                let index = row * columns + j
                features[index] = Float((Double(features[index]) - mean) * factor)
            }
        }
    }
}
