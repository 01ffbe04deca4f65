import Engine
import Foundation
import Testing

@testable import Plugins

/// Problems whose constants are known in closed form.
@Suite("Probes")
struct GradientProbeTests {
    private func probe(
        _ workload: String, _ options: [String: HyperparameterValue], _ optimizer: String,
        _ hyperparameters: [String: HyperparameterValue] = [:], batch: Int = 16, floor: Double? = nil
    ) throws -> ProbeReport {
        try #require(
            try GradientProbe.run(
                ProbeRequest(
                    workload: workload, workloadOptions: options, optimizer: optimizer,
                    hyperparameters: hyperparameters, batchSizeTokens: batch, seed: 7, lossFloor: floor,
                    pilotSteps: 40)))
    }

    private func harmonic(_ count: Int) -> Double {
        var sum = 0.0
        for i in 1...count { sum += 1 / Double(i) }
        return sum
    }

    /// f = |w|^2 / 2 in 64 dimensions: H = I in every norm; noise of length 2 in equal parts.
    private let isotropic: [String: HyperparameterValue] = ["spectrum_exponent": .real(0), "noise": .real(2)]

    @Test("Euclidean constants of an isotropic quadratic")
    func euclidean() throws {
        let report = try probe("quadratic", isotropic, "normalized-sgd")
        #expect(abs(report.gap - 32) < 1e-12)
        #expect(report.floorSource == .workload)
        // The length of 64 normals of deviation 1/8 is 1 within 1 %; ten pairs average it.
        #expect(abs(report.noise / 2 - 1) < 0.1)
        #expect(abs(report.euclideanNoise / 2 - 1) < 0.1)
        #expect(abs(report.smoothness - 1) < 1e-6)
        #expect(abs(report.directionalSmoothness - 1) < 1e-6)
        #expect(abs((report.sharpness ?? 0) - 1) < 1e-6)
        #expect(report.endLoss < report.startLoss)
        // B_noise = sigma1^2 / |grad|^2 with |grad|^2 = 2 f along the path.
        let low = 4 / (2 * report.startLoss), high = 4 / (2 * report.endLoss)
        let scale = try #require(report.noiseScale)
        #expect(scale > 0.7 * low && scale < 1.3 * high)
    }

    @Test("constants of the cube: L = S = trace of the spectrum, s = E|xi|_1")
    func cube() throws {
        let report = try probe("quadratic", isotropic, "sign-sgd")
        let exact = 2 * 8 * (2 / Double.pi).squareRoot()
        #expect(abs(report.noise / exact - 1) < 0.1)
        // Steps are all of +-eta: |H d|_1 = d^T d = 64.
        #expect(abs(report.smoothness - 64) < 1e-4)
        #expect(abs(report.directionalSmoothness - 64) < 1e-4)
        #expect(abs((report.sharpness ?? 0) - 64) < 1e-4)
        #expect(abs((report.euclideanSharpness ?? 0) - 1) < 1e-6)
        let steep = try probe(
            "quadratic", ["dimension": .integer(16), "spectrum_exponent": .real(1)], "sign-sgd")
        let trace = harmonic(16)
        #expect(abs((steep.sharpness ?? 0) / trace - 1) < 1e-6)
        #expect(abs((steep.euclideanSharpness ?? 0) - 1) < 0.05)
    }

    @Test("the spectral ball on a matrix problem: S = tr C / rows over orthogonal steps")
    func spectral() throws {
        let oracle = try ProbeOracle(
            "matrix-regression",
            options: ["rows": .integer(8), "columns": .integer(8), "input_exponent": .real(1)],
            seed: 2)
        var generator = SplitMix64(3)
        let found = EndMeasures.sharpness(
            .spectral(oracle.layout), at: oracle.start, 0..<4096, oracle,
            starts: [generator.normals(64), generator.normals(64)])
        // A square orthogonal D attains tr(D C D^T) = tr C, C the inputs' covariance diag(1/j).
        let exact = harmonic(8) / 8
        #expect(abs(try #require(found) / exact - 1) < 0.05)
    }

    @Test("Muon's smoothness on matrix regression lies between its step's curvature and its sharpness")
    func muon() throws {
        let report = try probe("matrix-regression", [:], "muon", batch: 64)
        #expect(report.directionalSmoothness <= report.smoothness * 1.1)
        #expect(report.directionalSmoothness <= (report.sharpness ?? 0) * 1.2)
        #expect(report.layers.map(\.name) == ["w"])
        #expect(abs(report.lossFloor - 0.005) < 1e-12)
    }

    @Test("heavy tails show in the tail index and in the quantiles of single examples")
    func tails() throws {
        let options: [String: HyperparameterValue] = [
            "noise": .real(100), "tail_index": .real(1.5), "spectrum_exponent": .real(0),
        ]
        let heavy = try probe("quadratic", options, "normalized-sgd")
        // Hill's estimate from the 11 largest of 128 has a deviation of 30 %.
        #expect(try #require(heavy.tailIndex) < 3)
        let light = try probe("quadratic", isotropic, "normalized-sgd")
        #expect(try #require(light.tailIndex) > 5)
        #expect(heavy.exampleNormQuantiles[2] / heavy.exampleNormQuantiles[0] > 3)
        #expect(light.exampleNormQuantiles[2] / light.exampleNormQuantiles[0] < 2)
    }

    @Test("a probe is the same each time but for its seconds, and counts what it spends")
    func determinism() throws {
        var one = try probe("mlp", ["width": .integer(8)], "muon")
        var two = try probe("mlp", ["width": .integer(8)], "muon")
        (one.seconds, two.seconds) = (0, 0)
        #expect(one == two)
        #expect(one.tokens > one.pilotRuns.count * 40 * 16)
        let data = try JSONEncoder().encode(one)
        #expect(try JSONDecoder().decode(ProbeReport.self, from: data) == one)
    }

    @Test("the rate of the short runs beats its half and its double")
    func pilot() throws {
        let report = try probe("quadratic", isotropic, "sign-sgd")
        let rate = try #require(report.pilotLearningRate)
        func loss(_ rate: Double) throws -> Double {
            let job = TrainingJob(
                workload: "quadratic", workloadOptions: isotropic,
                hyperparameters: ["learning_rate": .real(rate)],
                schedule: .init(), batchSizeTokens: 16, tokenBudget: 640, seed: 7)
            let outcome = try Trainer.run(job, optimizer: SignSGDPlugin(), observe: { _ in .proceed })
            guard case .completed(let metrics) = outcome else { return .infinity }
            return metrics["validation_loss"] ?? .infinity
        }
        #expect(try loss(rate) < loss(rate / 2))
        #expect(try loss(rate) < loss(rate * 2))
        #expect(report.pilotRuns.count <= 14)
    }

    @Test("the forecast moves as T^-1/2, as B^1/2 at a fixed budget, and widens away from the short runs")
    func forecast() throws {
        let forecast = LearningRateForecast(try probe("quadratic", isotropic, "sign-sgd"))
        let near = try #require(forecast.learningRate(batchSize: 16, tokenBudget: 640))
        #expect(near.value == forecast.report.pilotLearningRate)
        let far = try #require(forecast.learningRate(batchSize: 16, tokenBudget: 64_000))
        #expect(abs(far.value / near.value - 0.1) < 1e-12)
        #expect(far.decades > near.decades)
        let wide = try #require(forecast.learningRate(batchSize: 64, tokenBudget: 64_000))
        #expect(abs(wide.value / far.value - 2) < 1e-12)
        let bound = try #require(forecast.bound(batchSize: 16, tokenBudget: 640))
        let free = try #require(forecast.bound(batchSize: 16, tokenBudget: 640, withLag: false))
        // c = 1/2 + 18 against 1/2.
        #expect(abs(free / bound - 37.0.squareRoot()) < 1e-9)
    }

    @Test("a floor that is not known is guessed or given; a start below it is an error")
    func floors() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "probe-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "two.svm")
        let rows = (0..<200).map {
            "\($0 % 2 == 0 ? "+1" : "-1") 1:\(Double($0 % 7) / 7) 2:\(Double($0 % 2))"
        }
        try rows.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        let options: [String: HyperparameterValue] = ["path": .text(file.path)]
        let guessed = try probe("logistic-regression", options, "sign-sgd")
        #expect(guessed.floorSource == .guessed)
        #expect(guessed.lossFloor < guessed.endLoss && guessed.lossFloor > 0)
        let given = try probe("logistic-regression", options, "sign-sgd", floor: 0.1)
        #expect(given.floorSource == .given)
        #expect(given.lossFloor == 0.1)
        let error = #expect(throws: EngineError.self) {
            try probe("logistic-regression", options, "sign-sgd", floor: 5)
        }
        #expect(error?.code == "no-gap")
    }

    @Test("an optimizer without a known norm, a wrong batch and a bad option are refused")
    func refusals() {
        let unknown = #expect(throws: EngineError.self) { try probe("quadratic", [:], "qc-sgd") }
        #expect(unknown?.code == "no-geometry")
        #expect(unknown?.help?.contains("muon") == true)
        let batch = #expect(throws: EngineError.self) { try probe("char-gpt", [:], "sgd", batch: 33) }
        #expect(batch?.code == "bad-option")
        #expect(throws: EngineError.self) { try probe("quadratic", [:], "sgd", ["momentum": .real(2)]) }
        #expect(throws: EngineError.self) { try probe("nothing", [:], "sgd") }
    }

    @Test("a probe that is asked to stop gives no report")
    func stopping() throws {
        let request = ProbeRequest(workload: "quadratic", optimizer: "sgd", batchSizeTokens: 16)
        #expect(try GradientProbe.run(request, shouldStop: { true }) == nil)
    }
}
