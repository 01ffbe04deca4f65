import Foundation
import Testing

@testable import Engine

@Suite struct LanguageTests {
    private let language = SyntheticLanguage(vocabulary: 16, exponent: 1.5, seed: 3)

    /// 200,000 symbols: the mean of -ln p has a standard error of 0.003.
    @Test func theEntropyRateIsThatOfALongText() {
        var symbols = [Int32](repeating: 0, count: 200_001)
        var states = [Int32](repeating: 0, count: 200_000)
        language.write(text: 0, seed: 1, length: 200_000, symbols: &symbols, states: &states)
        let table = (0..<language.states).map { language.distribution(in: $0) }
        var total = 0.0
        var counts = [Int: [Int: Int]]()
        for k in 0..<200_000 {
            total -= log(table[Int(states[k])][Int(symbols[k + 1])])
            counts[Int(states[k]), default: [:]][Int(symbols[k + 1]), default: 0] += 1
        }
        #expect(abs(total / 200_000 - language.entropyRate) < 0.012)
        // Counted frequencies in the state seen most are the state's distribution, so p itself is right.
        let most = counts.max { $0.value.values.reduce(0, +) < $1.value.values.reduce(0, +) }
        guard let most else { return }
        let seen = Double(most.value.values.reduce(0, +))
        for symbol in 0..<16 {
            let share = Double(most.value[symbol] ?? 0) / seen
            #expect(abs(share - table[most.key][symbol]) < 4 * (0.25 / seen).squareRoot())
        }
    }

    @Test func theStateIsAFunctionOfTheLastThreeSymbols() {
        var symbols = [Int32](repeating: 0, count: 5001)
        var states = [Int32](repeating: 0, count: 5000)
        language.write(text: 2, seed: 9, length: 5000, symbols: &symbols, states: &states)
        var known: [[Int32]: Int32] = [:]
        for k in 2..<5000 {
            let context = Array(symbols[(k - 2)...k])
            #expect(known[context, default: states[k]] == states[k])
            known[context] = states[k]
        }
    }

    @Test func everyDistributionSumsToOneAndHasTheSameEntropy() {
        for state in stride(from: 0, to: language.states, by: 7) {
            let p = language.distribution(in: state)
            #expect(abs(p.reduce(0, +) - 1) < 1e-12)
            #expect(abs(-p.reduce(0) { $0 + $1 * log($1) } - language.entropyRate) < 1e-12)
        }
    }

    @Test func trialsShareTheLanguageAndDifferInTheirTexts() throws {
        let again = SyntheticLanguage(vocabulary: 16, exponent: 1.5, seed: 3)
        #expect(again.distribution(in: 5) == language.distribution(in: 5))
        var (a, b) = ([Int32](repeating: 0, count: 33), [Int32](repeating: 0, count: 33))
        language.write(text: 0, seed: 1, length: 32, symbols: &a)
        language.write(text: 0, seed: 2, length: 32, symbols: &b)
        #expect(a != b)
        language.write(text: 0, seed: 1, length: 32, symbols: &b)
        #expect(a == b)
        let first = try WorkloadRegistry.builtIn.makeWorkload("char-gpt")
        let second = try WorkloadRegistry.builtIn.makeWorkload("char-gpt")
        #expect(first.lossFloor == second.lossFloor)
    }

    @Test func teachersKnowTheirFloor() throws {
        for (name, options) in [
            ("mlp", [:]), ("logistic-regression", [:]),
            ("mlp", ["task": HyperparameterValue.text("regression")]),
        ] {
            let metrics = try completed(
                job(name, options, rate: 0.02, batch: 32, budget: 20_000, momentum: 0.9))
            let loss = try #require(metrics["validation_loss"])
            let floor = try #require(metrics["loss_floor"])
            #expect(loss > floor && floor >= 0)
        }
    }

    @Test(arguments: ["mlp", "logistic-regression", "char-gpt"])
    func aQuickEvaluationIsCloseToTheFullOne(name: String) throws {
        let workload = try WorkloadRegistry.builtIn.makeWorkload(name, options: [:], Float.self)
        try compare(workload)
    }

    private func compare<W: GradientWorkload>(_ workload: W) throws where W.Scalar == Float {
        let start = workload.initialParameters(seed: 1)
        let quick = try #require(workload.validationMetrics(at: start, full: false)["validation_loss"])
        let full = try #require(workload.validationMetrics(at: start, full: true)["validation_loss"])
        let floor = try #require(workload.lossFloor)
        #expect(abs(quick - full) < 0.05)
        #expect(min(quick, full) > floor)
    }
}
