/// Where labelled examples come from. Not `Sendable`: a generated source computes with scratch memory of its own.
///
/// Shapes: x `(N, inputs)`, targets `(N, outputs)`: class probabilities, the probability of the positive class when
/// there is one output, or values.
protocol ExampleSource<Scalar>: AnyObject {
    associatedtype Scalar: EngineScalar

    var inputs: Int { get }
    var outputs: Int { get }
    /// Size of the training set, or `nil` for a stream without end.
    var trainingExamples: Int? { get }
    /// Loss of the best predictor, and what a validation loss against noiseless values lacks.
    var lossFloor: Double? { get }
    var validationOffset: Double { get }
    /// The validation set, whole.
    var validationInputs: [Scalar] { get }
    var validationTargets: [Scalar] { get }

    /// Loss of the best predictor over the first examples of the validation set, where it is known.
    func lossFloor(ofFirst count: Int) -> Double?

    /// The training features as sparse rows, where they are mostly zeros.
    var sparse: SparseRows<Scalar>? { get }

    /// Writes row numbers into `sparse` and targets of the examples of a trial with these numbers. An epoch that is
    /// summed as a whole may be taken in the table's own order, which is faster than a random one.
    func writeRows(
        _ examples: Range<Int>, seed: UInt64, inTableOrder: Bool, rows: UnsafeMutablePointer<Int32>,
        targets: UnsafeMutablePointer<Scalar>)

    /// Writes the examples of a trial with these numbers.
    func write(
        _ examples: Range<Int>, seed: UInt64, x: UnsafeMutablePointer<Scalar>,
        targets: UnsafeMutablePointer<Scalar>)
}

extension ExampleSource {
    var sparse: SparseRows<Scalar>? { nil }

    func writeRows(
        _ examples: Range<Int>, seed: UInt64, inTableOrder: Bool, rows: UnsafeMutablePointer<Int32>,
        targets: UnsafeMutablePointer<Scalar>
    ) {
        preconditionFailure("a source without sparse rows")
    }
}

/// A table from a file, a tenth of it (at least one example) kept for validation. Every epoch has its own order.
final class TableSource<Scalar: EngineScalar>: ExampleSource {
    let inputs: Int
    let outputs: Int
    let lossFloor: Double? = nil
    let validationOffset = 0.0
    let validationInputs: [Scalar]
    let validationTargets: [Scalar]
    let sparse: SparseRows<Scalar>?
    private let features: [Scalar]
    private let targets: [Scalar]
    private var split: RowSplit

    var trainingExamples: Int? { split.training.count }

    func lossFloor(ofFirst count: Int) -> Double? { nil }

    /// Splits a table.
    ///
    /// - Parameters:
    ///   - table: two examples or more.
    ///   - outputs: classes, or 1.
    ///   - oneHot: whether labels are class numbers to be spread over the outputs.
    ///   - standardised: whether features are brought to mean 0 and deviation 1.
    init(_ table: LabelledTable, outputs: Int, oneHot: Bool, standardised: Bool) {
        var table = table
        let split = RowSplit(rows: table.rows)
        if standardised { table.standardise(over: split.training) }
        inputs = table.columns
        self.outputs = outputs
        self.split = split
        func gather(_ rows: [Int]) -> (x: [Scalar], targets: [Scalar]) {
            var x: [Scalar] = []
            var targets = [Scalar](repeating: 0, count: rows.count * outputs)
            x.reserveCapacity(rows.count * table.columns)
            for (i, row) in rows.enumerated() {
                for j in 0..<table.columns { x.append(Scalar(table.features[row * table.columns + j])) }
                if oneHot {
                    targets[i * outputs + Int(table.labels[row])] = 1
                } else {
                    targets[i * outputs] = Scalar(table.labels[row])
                }
            }
            return (x, targets)
        }
        (validationInputs, validationTargets) = gather(split.validation)
        (features, targets) = gather(split.training)
        sparse = SparseRows(features, columns: inputs)
    }

    func write(
        _ examples: Range<Int>, seed: UInt64, x: UnsafeMutablePointer<Scalar>,
        targets: UnsafeMutablePointer<Scalar>
    ) {
        features.withUnsafeBufferPointer { source in
            self.targets.withUnsafeBufferPointer { labels in
                guard let source = source.baseAddress, let labels = labels.baseAddress else { return }
                split.forEachPlace(of: examples, seed: seed) { i, row in
                    (x + i * inputs).update(from: source + row * inputs, count: inputs)
                    (targets + i * outputs).update(from: labels + row * outputs, count: outputs)
                }
            }
        }
    }

    func writeRows(
        _ examples: Range<Int>, seed: UInt64, inTableOrder: Bool, rows: UnsafeMutablePointer<Int32>,
        targets: UnsafeMutablePointer<Scalar>
    ) {
        self.targets.withUnsafeBufferPointer { labels in
            guard let labels = labels.baseAddress else { return }
            func take(_ i: Int, _ row: Int) {
                rows[i] = Int32(row)
                (targets + i * outputs).update(from: labels + row * outputs, count: outputs)
            }
            if inTableOrder {
                let count = split.training.count
                for (i, example) in examples.enumerated() { take(i, example % count) }
            } else {
                split.forEachPlace(of: examples, seed: seed, take)
            }
        }
    }
}
