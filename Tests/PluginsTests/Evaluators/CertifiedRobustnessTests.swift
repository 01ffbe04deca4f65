import Engine
import Foundation
import Methods
import Testing

@testable import Plugins

/// Votes of a classifier whose chance of the right class is known.
private struct KnownClassifier: NoisyClassifier {
    /// Out of 1000.
    var right: Int
    var inputNoise = 0.5
    var certificationVotes = 1000
    var certifiedInputs = 4

    func label(of input: Int) -> Int { input == 3 ? 0 : 1 }

    func votes(ofCopies copies: Int, of input: Int, seed: UInt64) -> [Int] {
        let right = copies * right / 1000
        return [copies - right, right]
    }
}

@Suite("Certified robustness") struct CertifiedRobustnessTests {
    @Test func theMeanRadiusCountsWrongClassesAsNothing() throws {
        let metrics = CertifiedRobustness().metrics(of: KnownClassifier(right: 900))
        let one = try #require(
            CertifiedRadius(successes: 900, votes: 1000, level: 0.001, noise: 0.5).radius)
        // Three of four labels are the class that wins.
        #expect(metrics["certified_radius"] == 3 * one / 4)
        #expect(metrics["certified_accuracy"] == 0.75)
        // 0.9 less the bound's margin, in deviations: Phi^-1(0.868) / 2.
        #expect(abs(one - 0.558) < 0.01)
    }

    @Test func whatIsNotClearlyAboveAHalfIsNotCertified() {
        for right in [500, 520, 540] {
            let metrics = CertifiedRobustness().metrics(of: KnownClassifier(right: right))
            #expect(metrics == ["certified_radius": 0, "certified_accuracy": 0], "\(right)")
        }
    }

    @Test func moreVotesCertifyMoreAndNoRadiusExceedsWhatTheyAllow() {
        var classifier = KnownClassifier(right: 1000)
        var last = 0.0
        for votes in [100, 1000, 10_000] {
            classifier.certificationVotes = votes
            let radius = (CertifiedRobustness().metrics(of: classifier)["certified_radius"] ?? 0) * 4 / 3
            let most = 0.5 * NormalQuantile.value(pow(0.001, 1 / Double(votes)))
            #expect(abs(radius - most) < 1e-9)
            #expect(radius > last)
            last = radius
        }
    }

    @Test func aSweepsTrialReportsIt() throws {
        let job = TrainingJob(
            workload: "logistic-regression",
            workloadOptions: [
                "smoothing_noise": .real(0.25), "smoothing_votes": .integer(200), "inputs": .integer(8),
            ], hyperparameters: ["learning_rate": .real(0.3)], batchSizeTokens: 32, tokenBudget: 8192, seed: 1
        )
        let outcome = try PluginCatalog.run(job, optimizer: "sgd", observe: { _ in .proceed })
        guard case .completed(let metrics) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let radius = try #require(metrics["certified_radius"])
        #expect(radius > 0.1 && radius < 0.25 * 1.9)
        #expect((metrics["certified_accuracy"] ?? 0) > 0.5)
        let workload = try #require(PluginCatalog.workloads.first { $0.name == "logistic-regression" })
        #expect(workload.conditionalMetrics["certified_radius"] == "smoothing_noise")
    }
}
