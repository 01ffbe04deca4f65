/// A classifier that can be asked what it says about noisy copies of an input: what a smoothed classifier is made of.
public protocol NoisyClassifier {
    /// Deviation of the noise on every coordinate; zero when nothing is asked for.
    var inputNoise: Double { get }
    /// Copies of an input that vote when its radius is certified.
    var certificationVotes: Int { get }
    /// Inputs that are voted on: the first of the validation set, at most 256.
    var certifiedInputs: Int { get }

    /// The right class of an input; the most probable one where labels are probabilities.
    func label(of input: Int) -> Int

    /// Votes by class.
    ///
    /// - Parameters:
    ///   - copies: how many noisy copies of the input vote.
    ///   - input: its number.
    ///   - seed: names the noise; votes with unrelated seeds are independent.
    /// - Returns: a count a class, `copies` in all.
    func votes(ofCopies copies: Int, of input: Int, seed: UInt64) -> [Int]
}

/// What is measured of a finished model besides its validation metrics.
public protocol EndOfTrialEvaluator: Sendable {
    /// Metrics of a classifier under noise; finite numbers only.
    func metrics(of classifier: any NoisyClassifier) -> [String: Double]
}

/// Noise on the inputs of a classifier: the options `smoothing_noise` and `smoothing_votes`.
struct Smoothing: Sendable, Hashable {
    /// Deviation.
    var noise: Double
    /// Votes that certify an input.
    var votes: Int

    /// No noise.
    static let none = Smoothing(noise: 0, votes: 0)

    init(noise: Double, votes: Int) {
        self.noise = noise
        self.votes = votes
    }

    /// Reads the options; a regression has no classes to vote for.
    init(_ options: WorkloadOptions, classifies: Bool) throws {
        self.init(noise: options.real("smoothing_noise"), votes: options.integer("smoothing_votes"))
        guard classifies || noise == 0 else {
            throw EngineError.badOption(
                "option 'smoothing_noise' is \(noise) with 'task: regression'",
                why: "noisy copies vote for a class", help: "remove it")
        }
    }
}

extension HyperparameterDescriptor {
    /// The options of `Smoothing`.
    static let smoothing: [HyperparameterDescriptor] = [
        .real(
            "smoothing_noise",
            "Deviation of the noise on training inputs, and on the copies that certify; 0 is none.",
            0...1e3, 0),
        .whole("smoothing_votes", "Noisy copies of an input that vote on its class.", 100...1_000_000, 1_000),
    ]
}

/// A labelled model with the parameters it ended with.
struct VotingModel<Scalar: EngineScalar>: NoisyClassifier {
    let workload: LabelledWorkload<Scalar>
    let parameters: ParameterVector<Scalar>

    /// `nil` for a workload without noise, or without classes.
    init?(_ workload: any GradientWorkload<Scalar>, _ parameters: ParameterVector<Scalar>) {
        guard let labelled = workload as? LabelledWorkload<Scalar>, labelled.inputNoise > 0,
            labelled.kind != .squared
        else { return nil }
        self.workload = labelled
        self.parameters = parameters
    }

    var inputNoise: Double { workload.inputNoise }
    var certificationVotes: Int { workload.certificationVotes }
    var certifiedInputs: Int { min(256, workload.source.validationInputs.count / workload.source.inputs) }

    func label(of input: Int) -> Int {
        let k = workload.source.outputs
        return Self.choice(k) { workload.source.validationTargets[input * k + $0] } ?? 0
    }

    func votes(ofCopies copies: Int, of input: Int, seed: UInt64) -> [Int] {
        let (inputs, k) = (workload.source.inputs, workload.source.outputs)
        let clean = workload.source.validationInputs[(input * inputs)..<((input + 1) * inputs)]
        var generator = SplitMix64.stream(SeedPurpose.noise.seed(from: seed), input)
        var counts = [Int](repeating: 0, count: max(2, k))
        for first in stride(from: 0, to: copies, by: workload.rowsAtOnce) {
            let rows = min(workload.rowsAtOnce, copies - first)
            var x: [Scalar] = []
            x.reserveCapacity(rows * inputs)
            for _ in 0..<rows {
                for value in clean { x.append(value + Scalar(inputNoise * generator.normal())) }
            }
            parameters.values.withUnsafeBufferPointer { w in
                if let w = w.baseAddress { workload.model.forward(w, x: x, rows: rows) }
            }
            let z = workload.model.outputs
            for row in 0..<rows {
                let chosen = k == 1 ? (z[row] > 0 ? 1 : 0) : Self.choice(k) { z[row * k + $0] } ?? 0
                counts[chosen] += 1
            }
        }
        return counts
    }

    /// The class of the largest number; with one number, whether it is above a half.
    private static func choice(_ k: Int, _ value: (Int) -> Scalar) -> Int? {
        k == 1 ? (value(0) > 0.5 ? 1 : 0) : (0..<k).max { value($0) < value($1) }
    }
}
