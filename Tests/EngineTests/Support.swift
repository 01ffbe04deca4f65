import Foundation

@testable import Engine

/// Plain SGD with a momentum buffer: enough of an optimizer for tests of the loop.
struct TestSGD<Scalar: EngineScalar>: Optimizer {
    var momentum: Scalar
    var buffer: [Scalar]

    mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        let (beta, rate, count) = (momentum, context.learningRate, buffer.count)
        buffer.withUnsafeMutableBufferPointer { buffer in
            gradient.mean.values.withUnsafeBufferPointer { gradient in
                parameters.values.withUnsafeMutableBufferPointer { w in
                    for i in 0..<count {
                        buffer[i] = beta * buffer[i] + gradient[i]
                        w[i] -= rate * buffer[i]
                    }
                }
            }
        }
    }

    var state: [String: [Scalar]] {
        get { ["buffer": buffer] }
        set { buffer = newValue["buffer"] ?? buffer }
    }
}

/// Makes `TestSGD`.
struct TestSGDFactory: OptimizerFactory {
    var needsPerExampleGradients = false

    func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        TestSGD(
            momentum: Scalar(hyperparameters["momentum"]?.number ?? 0),
            buffer: [Scalar](repeating: 0, count: layout.count))
    }
}

/// The numbers of a buffer of random normals.
func normals<Scalar: EngineScalar>(_ count: Int, seed: UInt64, _ scalar: Scalar.Type = Scalar.self)
    -> [Scalar]
{
    var generator = SplitMix64(seed)
    return generator.normals(count).map { Scalar($0) }
}

/// Largest difference of two lists, relative to the largest number of the second (at least 1e-3).
func worstDifference<Scalar: EngineScalar>(_ a: [Scalar], _ b: [Scalar]) -> Double {
    guard a.count == b.count else { return .infinity }
    let scale = b.map { Double(abs($0)) }.max() ?? 0
    let worst = zip(a, b).map { Double(abs($0 - $1)) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
    return worst / max(scale, 1e-3)
}

/// Central differences of a function of many variables at some of its coordinates.
func numericalGradient(_ x: [Double], at coordinates: [Int], _ f: ([Double]) -> Double) -> [Double] {
    coordinates.map { i in
        var moved = x
        let h = 1e-5
        moved[i] = x[i] + h
        let up = f(moved)
        moved[i] = x[i] - h
        return (up - f(moved)) / (2 * h)
    }
}

/// A job with the settings most tests share.
func job(
    _ workload: String, _ options: [String: HyperparameterValue] = [:], rate: Double, batch: Int, budget: Int,
    seed: UInt64 = 1, momentum: Double = 0, schedule: LearningRateSchedule = .init(), folder: URL? = nil
) -> TrainingJob {
    TrainingJob(
        workload: workload, workloadOptions: options,
        hyperparameters: ["learning_rate": .real(rate), "momentum": .real(momentum)], schedule: schedule,
        batchSizeTokens: batch, tokenBudget: budget, seed: seed, checkpointDirectory: folder)
}

/// Metrics of a run that must complete.
func completed(_ job: TrainingJob, observe: (TrainingObservation) -> Void = { _ in }) throws -> [String:
    Double]
{
    let outcome = try Trainer.run(
        job, optimizer: TestSGDFactory(),
        observe: {
            observe($0)
            return .proceed
        })
    guard case .completed(let metrics) = outcome else { throw Failure("the run ended as \(outcome)") }
    return metrics
}

/// A test's own failure.
struct Failure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// A fresh folder, removed after the body.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// A file of the data folder beside the working tree, or `nil` where there is none.
func sharedData(_ path: String) -> String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let file = root.appendingPathComponent("../shared/data").appendingPathComponent(path).standardizedFileURL
        .path
    return FileManager.default.fileExists(atPath: file) ? file : nil
}
