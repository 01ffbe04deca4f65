internal import Engine
internal import ScalingLaws

/// What a run of private steps has spent.
///
/// On a training set of n examples a step is counted as a sampled Gaussian mechanism of rate `B/n`. Batches here come
/// from shuffled passes, not from Poisson draws: the figure is the usual convention, not a proof, and a fixed-size
/// shuffled batch may lose more. On a stream every example enters one step only; the steps compose in parallel and the
/// whole run costs what one unsampled step costs.
struct PrivacyAccount: Sendable {
    /// Noise deviation over clipping norm that gradient and threshold together amount to.
    let noiseMultiplier: Double
    let delta: Double
    private var steps = 0
    private var batch = 0
    private var examples: Int?

    init(noiseMultiplier: Double, delta: Double) {
        self.noiseMultiplier = noiseMultiplier
        self.delta = delta
    }

    /// Counts a step of `batch` out of `examples`.
    mutating func spend(batch: Int, of examples: Int?) {
        steps += 1
        self.batch = batch
        self.examples = examples
    }

    /// epsilon at `delta`; `nil` before the first step, without noise, and where the bound is not finite.
    var epsilon: Double? {
        guard steps > 0, noiseMultiplier > 0 else { return nil }
        let rate = examples.map { min(1, Double(batch) / Double($0)) } ?? 1
        let guarantee = try? RDPAccountant.whole.guarantee(
            samplingRate: rate, noiseMultiplier: noiseMultiplier, steps: examples == nil ? 1 : steps,
            delta: delta)
        return guarantee.flatMap { $0.epsilon.isFinite ? $0.epsilon : nil }
    }

    /// Steps, batch, examples (0 for a stream); exact in `Float` up to 16.7 million.
    func buffer<Scalar: EngineScalar>() -> [Scalar] { [steps, batch, examples ?? 0].map { Scalar($0) } }

    /// Takes a buffer of the same form.
    mutating func restore<Scalar: EngineScalar>(_ buffer: [Scalar]?) {
        guard let buffer, buffer.count == 3 else { return }
        steps = Int(buffer[0])
        batch = Int(buffer[1])
        examples = buffer[2] > 0 ? Int(buffer[2]) : nil
    }
}
