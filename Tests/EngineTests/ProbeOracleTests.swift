import Testing

@testable import Engine

@Suite("Probe oracle")
struct ProbeOracleTests {
    @Test("a quadratic's Hessian-vector product is the spectrum times the vector, and costs two gradients")
    func quadratic() throws {
        let oracle = try ProbeOracle(
            "quadratic", options: ["dimension": .integer(8), "spectrum_exponent": .real(1)], seed: 3)
        let v: [Double] = normals(8, seed: 5)
        let product = oracle.hessianProduct(of: 0..<4, at: oracle.start, along: v)
        #expect(worstDifference(product, v.enumerated().map { $1 / Double($0 + 1) }) < 1e-8)
        #expect(oracle.tokensSpent == 8)
        #expect(
            oracle.hessianProduct(of: 0..<4, at: oracle.start, along: v.map { _ in 0 }) == v.map { _ in 0 })
        #expect(oracle.lossFloor == 0)
    }

    @Test("at zero weights logistic regression has the Hessian E x x^T / 4 and examples of length |x| / 2")
    func logistic() throws {
        let oracle = try ProbeOracle("logistic-regression", options: ["inputs": .integer(16)], seed: 1)
        #expect(abs(oracle.gradient(of: 0..<64, at: oracle.start).loss - 0.693_147) < 1e-6)
        var unit = oracle.start
        unit[0] = 1
        let product = oracle.hessianProduct(of: 0..<8192, at: oracle.start, along: unit)
        // The inputs are standard normal: the standard error of E x^2 over 8192 examples is 1.6 %.
        #expect(abs(product[0] - 0.25) < 0.02)
        #expect(product.dropFirst().allSatisfy { abs($0) < 0.02 })
        let squares = oracle.exampleNorms(of: 0..<2048, at: oracle.start).map { $0 * $0 }
        // 16 inputs and a bias.
        let mean: Double = squares.reduce(0, +) / 2048
        #expect(abs(mean - 4.25) < 0.15)
    }

    @Test("the same seed gives the same bits, another one other data")
    func determinism() throws {
        func gradient(_ seed: UInt64) throws -> [Double] {
            let oracle = try ProbeOracle("mlp", seed: seed)
            return oracle.gradient(of: 5..<9, at: oracle.start).gradient
        }
        #expect(try gradient(4) == gradient(4))
        #expect(try gradient(4) != gradient(5))
    }

    @Test("a workload without gradients is refused")
    func refusal() {
        let error = #expect(throws: EngineError.self) { try ProbeOracle("stream-least-squares", seed: 1) }
        #expect(error?.code == "no-gradients")
    }
}
