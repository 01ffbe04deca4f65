/// Numbers that were drawn for a minibatch, kept for the runs that share it.
struct HeldMinibatch<Scalar: EngineScalar> {
    /// Which examples, and of which seed; none at first.
    private(set) var examples = 0..<0
    private var seed: UInt64 = 0
    /// What was drawn; what it means is the workload's business.
    private(set) var inputs: [Scalar] = []
    /// What belongs to the inputs.
    private(set) var targets: [Scalar] = []

    /// Numbers that are kept at most: 32 MiB of `Float`. A larger minibatch is drawn for each run, beside whose
    /// arithmetic this is little.
    static var capacity: Int { 8 << 20 }

    /// Makes room for a minibatch.
    ///
    /// - Parameters:
    ///   - examples: of the minibatch; none: the memory is freed.
    ///   - seed: of the trial.
    ///   - inputs: numbers an example has in `inputs`.
    ///   - targets: numbers an example has in `targets`.
    /// - Returns: whether there is room and something to be drawn.
    mutating func begin(_ examples: Range<Int>, seed: UInt64, inputs: Int, targets: Int) -> Bool {
        if holds(examples, seed: seed), !examples.isEmpty { return false }
        guard !examples.isEmpty, examples.count * (inputs + targets) <= Self.capacity else {
            self = .init()
            return false
        }
        (self.examples, self.seed) = (examples, seed)
        if self.inputs.count != examples.count * inputs {
            self.inputs = [Scalar](repeating: 0, count: examples.count * inputs)
        }
        if self.targets.count != examples.count * targets {
            self.targets = [Scalar](repeating: 0, count: examples.count * targets)
        }
        return true
    }

    /// Lets the body write what is to be kept: inputs, then targets.
    mutating func fill(_ body: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void) {
        Self.open(&inputs, &targets, body)
    }

    private static func open(
        _ inputs: inout [Scalar], _ targets: inout [Scalar],
        _ body: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
    ) {
        inputs.withUnsafeMutableBufferPointer { inputs in
            targets.withUnsafeMutableBufferPointer { targets in
                guard let inputs = inputs.baseAddress, let targets = targets.baseAddress else { return }
                body(inputs, targets)
            }
        }
    }

    /// Whether these are the examples that are kept.
    func holds(_ examples: Range<Int>, seed: UInt64) -> Bool {
        examples == self.examples && seed == self.seed
    }
}
