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

    /// Writes the examples of a trial with these numbers.
    func write(
        _ examples: Range<Int>, seed: UInt64, x: UnsafeMutablePointer<Scalar>,
        targets: UnsafeMutablePointer<Scalar>)
}

/// A table from a file, a tenth of it (at least one example) kept for validation. Every epoch has its own order.
final class TableSource<Scalar: EngineScalar>: ExampleSource {
    let inputs: Int
    let outputs: Int
    let lossFloor: Double? = nil
    let validationOffset = 0.0
    let validationInputs: [Scalar]
    let validationTargets: [Scalar]
    private let features: [Scalar]
    private let targets: [Scalar]
    private let count: Int
    private var order: (seed: UInt64, epoch: Int, rows: [Int])?

    var trainingExamples: Int? { count }

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
        var generator = SplitMix64(SeedPurpose.validation.seed(from: 0))
        let rows = generator.permutation(table.rows)
        let held = max(1, table.rows / 10)
        let training = Array(rows[held...])
        if standardised { table.standardise(over: training) }
        inputs = table.columns
        self.outputs = outputs
        count = training.count
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
        (validationInputs, validationTargets) = gather(Array(rows[..<held]))
        (features, targets) = gather(training)
    }

    func write(
        _ examples: Range<Int>, seed: UInt64, x: UnsafeMutablePointer<Scalar>,
        targets: UnsafeMutablePointer<Scalar>
    ) {
        for (i, n) in examples.enumerated() {
            let row = rows(of: n / count, seed: seed)[n % count]
            for j in 0..<inputs { x[i * inputs + j] = features[row * inputs + j] }
            for k in 0..<outputs { targets[i * outputs + k] = self.targets[row * outputs + k] }
        }
    }

    private func rows(of epoch: Int, seed: UInt64) -> [Int] {
        if let order, order.seed == seed, order.epoch == epoch { return order.rows }
        var generator = SplitMix64.stream(seed, epoch)
        let rows = generator.permutation(count)
        order = (seed, epoch, rows)
        return rows
    }
}
