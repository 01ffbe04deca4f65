import Engine
import Foundation
import Plugins

/// Times training steps of the built-in engine with AdamW, data included: what `scripts/bench-models.py` runs in turn
/// with the same models in PyTorch.
///
///     engine-bench WORKLOAD BATCH_TOKENS SECONDS [option=value ...]
///
/// prints one JSON object: median and best milliseconds of a step, and the rate of a 512 x 512 x 512 single-precision
/// product measured before and after in the same process.
@main
struct EngineBench {
    private let workload: any GradientWorkload<Float>
    private let examples: Int
    private var optimizer: any Optimizer<Float>
    private var parameters: ParameterVector<Float>
    private var gradient: MinibatchGradient<Float>
    private var losses: [Double] = []

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4, let batch = Int(arguments[2]), let seconds = Double(arguments[3]) else {
            FileHandle.standardError.write(
                Data("usage: engine-bench WORKLOAD BATCH_TOKENS SECONDS [option=value ...]\n".utf8))
            exit(64)
        }
        var bench = try EngineBench(arguments[1], batch: batch, options: options(arguments.dropFirst(4)))
        let result = bench.run(seconds: seconds)
        let data = try JSONSerialization.data(withJSONObject: result, options: [.sortedKeys])
        print(String(decoding: data, as: UTF8.self))
    }

    private init(_ name: String, batch: Int, options: [String: HyperparameterValue]) throws {
        workload = try WorkloadRegistry.builtIn.makeWorkload(name, options: options, Float.self)
        examples = batch / workload.tokensPerExample
        optimizer = try AdamWPlugin().makeOptimizer(
            Float.self, layout: workload.layout, hyperparameters: ["learning_rate": .real(1e-3)])
        parameters = workload.initialParameters(seed: 1)
        gradient = MinibatchGradient(mean: ParameterVector(layout: workload.layout))
    }

    /// Options as typed: whole numbers, reals, and anything else as text.
    private static func options(_ arguments: some Sequence<String>) -> [String: HyperparameterValue] {
        var options: [String: HyperparameterValue] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let text = String(parts[1])
            options[String(parts[0])] =
                Int(text).map { .integer($0) } ?? Double(text).map { .real($0) } ?? .text(text)
        }
        return options
    }

    private mutating func run(seconds: Double) -> [String: Any] {
        let before = Self.productRate()
        for _ in 0..<3 { step() }
        var times: [Double] = []
        var processor: [Double] = []
        let clock = ContinuousClock()
        let start = clock.now
        while times.count < 5 || Self.milliseconds(clock.now - start) < seconds * 1e3 {
            let begin = clock.now
            let began = Self.threadMilliseconds()
            step()
            processor.append(Self.threadMilliseconds() - began)
            times.append(Self.milliseconds(clock.now - begin))
        }
        times.sort()
        processor.sort()
        return [
            "cpu_ms": processor[processor.count / 2],
            "median_ms": times[times.count / 2], "best_ms": times[0], "steps": times.count,
            "parameters": workload.layout.count, "sgemm_gflops": max(before, Self.productRate()),
            "first_loss": losses.first ?? 0, "last_loss": losses.last ?? 0,
        ]
    }

    private mutating func step() {
        let first = losses.count * examples
        let loss = workload.minibatchGradient(
            of: first..<(first + examples), seed: 1, at: parameters, into: &gradient, perExample: false)
        let context = StepContext<Float>(
            learningRate: 1e-3, step: losses.count, totalSteps: 1_000_000, loss: Float(loss))
        optimizer.step(&parameters, gradient: gradient, context: context)
        losses.append(loss)
    }

    private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }

    /// Processor time of this thread, which suffers less from other programs than wall time.
    private static func threadMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }

    /// GFLOP/s of a square product, best of thirty.
    private static func productRate() -> Double {
        let n = 512
        let a = [Float](repeating: 0.5, count: n * n)
        var c = a
        let clock = ContinuousClock()
        var best = Double.infinity
        for _ in 0..<30 {
            let start = clock.now
            Float.gemm(
                transposeA: false, transposeB: true, m: n, n: n, k: n, alpha: 1, a: a, lda: n, b: a, ldb: n,
                beta: 0, c: &c, ldc: n)
            best = min(best, milliseconds(clock.now - start))
        }
        return 2 * pow(Double(n), 3) / best / 1e6
    }
}
