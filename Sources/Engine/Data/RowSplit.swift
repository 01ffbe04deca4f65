/// Which rows of a finite set are trained on, and in which order: a tenth (at least one row) is kept for validation,
/// the same for every trial, and every epoch goes over the rest in an order of its own.
struct RowSplit: Sendable {
    /// Rows kept for validation.
    let validation: [Int]
    /// Rows that are trained on.
    let training: [Int]
    private var order: (seed: UInt64, epoch: Int, places: [Int]) = (0, -1, [])

    /// Splits a set of two rows or more.
    init(rows: Int) {
        var generator = SplitMix64(SeedPurpose.validation.seed(from: 0))
        let shuffled = generator.permutation(rows)
        let held = max(1, rows / 10)
        validation = Array(shuffled[..<held])
        training = Array(shuffled[held...])
    }

    /// Calls the body with the index of each example of a trial and its place in `training`.
    ///
    /// - Parameters:
    ///   - examples: numbers of a trial's examples, from 0; an epoch is `training.count` of them.
    ///   - seed: of the trial's data.
    ///   - body: gets the index from the first of `examples`, and the place.
    mutating func forEachPlace(
        of examples: Range<Int>, seed: UInt64, _ body: (_ index: Int, _ place: Int) -> Void
    ) {
        let count = training.count
        var n = examples.lowerBound
        while n < examples.upperBound {
            let epoch = n / count
            let end = min(examples.upperBound, (epoch + 1) * count)
            if order.seed != seed || order.epoch != epoch {
                var generator = SplitMix64.stream(seed, epoch)
                order = (seed, epoch, generator.permutation(count))
            }
            order.places.withUnsafeBufferPointer { places in
                for example in n..<end {
                    body(example - examples.lowerBound, places[example - epoch * count])
                }
            }
            n = end
        }
    }
}
