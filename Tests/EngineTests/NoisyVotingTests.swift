import Testing

@testable import Engine

/// Counts what it is asked.
private struct Recorder: EndOfTrialEvaluator {
    func metrics(of classifier: any NoisyClassifier) -> [String: Double] {
        var right = 0
        for input in 0..<classifier.certifiedInputs {
            let votes = classifier.votes(ofCopies: 50, of: input, seed: 9)
            if votes.reduce(0, +) != 50 { return ["miscounted": 1] }
            if votes != classifier.votes(ofCopies: 50, of: input, seed: 9) { return ["random": 1] }
            if votes[classifier.label(of: input)] > 25 { right += 1 }
        }
        return ["right": Double(right) / Double(classifier.certifiedInputs)]
    }
}

@Suite("Votes of noisy copies") struct NoisyVotingTests {
    private func metrics(
        _ workload: String, _ options: [String: HyperparameterValue], rate: Double = 0.3, budget: Int = 16_384
    ) throws -> (early: [String: Double], last: [String: Double]) {
        var early: [String: Double] = [:]
        let outcome = try Trainer.run(
            job(workload, options, rate: rate, batch: 32, budget: budget), optimizer: TestSGDFactory(),
            evaluator: Recorder(),
            observe: {
                if early.isEmpty { early = $0.metrics }
                return .proceed
            })
        guard case .completed(let metrics) = outcome else { throw Failure("\(outcome)") }
        return (early, metrics)
    }

    @Test(arguments: ["mlp", "logistic-regression"])
    func aTrainedModelVotesForItsLabelsAndOnlyAtTheEnd(workload: String) throws {
        let found = try metrics(
            workload, ["smoothing_noise": .real(0.1), workload == "mlp" ? "classes" : "inputs": .integer(4)])
        #expect(found.early["right"] == nil)
        #expect(found.last["miscounted"] == nil && found.last["random"] == nil)
        #expect((found.last["right"] ?? 0) > 0.6, "\(found.last)")
    }

    @Test func imagesVoteToo() throws {
        let options: [String: HyperparameterValue] = [
            "smoothing_noise": .real(0.2), "filters": .integer(2), "image_side": .integer(8),
            "classes": .integer(2), "noise": .real(0.5),
        ]
        let found = try metrics("cnn", options, rate: 0.1, budget: 4096)
        #expect((found.last["right"] ?? 0) > 0.6, "\(found.last)")
    }

    @Test func withoutNoiseNothingIsAskedAndNothingChanges() throws {
        let plain = try metrics("mlp", [:]).last
        #expect(plain["right"] == nil)
        #expect(try metrics("mlp", ["smoothing_noise": .real(0)]).last == plain)
        let noisy = try metrics("mlp", ["smoothing_noise": .real(0.5)]).last
        #expect(noisy["validation_loss"] != plain["validation_loss"])
        #expect(try metrics("mlp", ["smoothing_noise": .real(0.5)]).last == noisy)
    }

    @Test func aRegressionHasNoVotes() throws {
        let options: [String: HyperparameterValue] = [
            "task": .text("regression"), "smoothing_noise": .real(0.5),
        ]
        #expect(throws: EngineError.self) { try metrics("mlp", options) }
    }
}
