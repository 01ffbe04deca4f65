import Engine
import Methods
import Testing

@Suite("Golden: random numbers and problems")
struct ProblemGoldenTests {
    private func expected(_ what: String) throws -> [Double] {
        try goldenCase("rng.json", "what", what)["values"].numbers
    }

    @Test("the generator gives its known answers")
    func generator() throws {
        #expect(try goldenCases("rng.json").count == 8)
        var a = SplitMix64(42)
        let words = try goldenCase("rng.json", "what", "SplitMix64(42).u64 (hex)")["values"].list.map(\.text)
        #expect(words == (0..<4).map { _ in hexadecimal(a.next()) })
        a = .stream(7, 3)
        let stream = try goldenCase("rng.json", "what", "stream(7,3).u64 (hex)")["values"].list.map(\.text)
        #expect(stream == (0..<3).map { _ in hexadecimal(a.next()) })
        a = SplitMix64(42)
        #expect(try expected("SplitMix64(42).uniform") == (0..<4).map { _ in a.uniform() })
        a = SplitMix64(42)
        #expect(try expected("SplitMix64(42).sym") == (0..<4).map { _ in a.sym() })
        a = SplitMix64(42)
        #expect(deviation(a.normals(6), try expected("SplitMix64(42).normal")) < 1e-14)
        a = SplitMix64(42)
        #expect(try expected("SplitMix64(42).index(10)") == (0..<8).map { _ in Double(a.index(10)) })
        a = SplitMix64(42)
        #expect(try expected("SplitMix64(42).sample(10,4)") == a.sample(10, 4).map(Double.init))
        a = SplitMix64(42)
        #expect(try expected("SplitMix64(42).permutation(6)") == a.permutation(6).map(Double.init))
    }

    private func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @Test(
        "least squares: data bit for bit, constants, solution", arguments: [(4, UInt64(1)), (6, UInt64(8))])
    func leastSquares(workers: Int, seed: UInt64) throws {
        let name = workers == 4 ? "LSQ-4x5x6" : "LSQ-6x5x6-seed8"
        let golden = try goldenCase("problems.json", "name", name)
        let problem = LeastSquares(workers: workers, seed: seed)
        let joined = problem.joined
        #expect(joined.design.values == golden["A"].numbers)
        #expect(deviation(joined.targets.values, golden["b"].numbers) < 1e-15)
        #expect(deviation([joined.loss(at: problem.start)], golden["f0"].numbers) < 1e-14)
        #expect(deviation(problem.solution.values, golden["xstar"].numbers) < 1e-12)
        #expect(deviation([joined.loss(at: problem.solution)], golden["fstar"].numbers) < 1e-12)
        let c = problem.constants
        #expect(
            deviation([c.smoothness, c.largestSmoothness], golden["L"].numbers + golden["Lmax"].numbers)
                < 1e-13)
        guard workers == 4 else { return }
        #expect(deviation(joined.gradient(at: problem.start).values, golden["g0"].numbers) < 1e-14)
        let others = [c.strongConvexity, c.meanSmoothness] + c.workerSmoothness
        let wanted = golden["mu"].numbers + golden["Ltilde"].numbers + golden["Li"].numbers
        #expect(deviation(others, wanted) < 1e-13)
    }

    @Test("logistic regression: data, derivatives, solution")
    func logistic() throws {
        let golden = try goldenCase("problems.json", "name", "LOG-4x6x5")
        let problem = LogisticRegression()
        let pool = problem.pool()
        #expect(problem.workers.flatMap { $0.design.values } == golden["A"].numbers)
        #expect(problem.workers.flatMap { $0.labels.values } == golden["y"].numbers)
        #expect(deviation([pool.loss(at: problem.start)], golden["f0"].numbers) < 1e-15)
        #expect(deviation(pool.exactGradient(at: problem.start).values, golden["g0"].numbers) < 1e-14)
        let hessian = Matrix.mean(problem.workers.map { $0.hessian(at: problem.start) })
        #expect(deviation(hessian.values, golden["H0"].numbers) < 1e-14)
        #expect(deviation(problem.solution.values, golden["xstar"].numbers) < 1e-12)
        #expect(deviation([pool.loss(at: problem.solution)], golden["fstar"].numbers) < 1e-14)
        #expect(deviation([problem.constants.hessianLipschitz], golden["hessian_lipschitz"].numbers) < 1e-14)
    }

    @Test("network, saddle, gossip, personal and constrained problems")
    func others() throws {
        #expect(try goldenCases("problems.json").count == 8)
        let network = TanhNetwork()
        var golden = try goldenCase("problems.json", "name", "MLP-3-4-2")
        #expect(network.inputs.values == golden["X"].numbers && network.targets.values == golden["Y"].numbers)
        #expect(network.start.flatMap(\.values) == golden["p0"].numbers)
        #expect(deviation([network.loss(at: network.start)], golden["f0"].numbers) < 1e-14)
        #expect(
            deviation(network.gradient(at: network.start).flatMap(\.values), golden["g0"].numbers) < 1e-13)

        let safe = ConstrainedDistance()
        golden = try goldenCase("problems.json", "name", "SAFE-3x5")
        #expect(safe.workers.flatMap { $0.centre.values } == golden["c"].numbers)
        #expect(safe.workers.flatMap { $0.normal.values } == golden["q"].numbers)
        #expect(deviation([safe.pool().loss(at: safe.start)], golden["f0"].numbers) < 1e-14)

        let saddle = BilinearSaddle()
        golden = try goldenCase("problems.json", "name", "SADDLE-4x3")
        #expect(saddle.samples.flatMap { $0.coupling.values } == golden["B"].numbers)
        #expect(saddle.samples.flatMap { $0.left.values + $0.right.values }.count == 24)
        #expect(deviation(saddle.solution.values, golden["zstar"].numbers) < 1e-13)
        #expect(deviation([saddle.lipschitz], golden["L"].numbers) < 1e-14)

        let gossip = GossipQuadratics()
        golden = try goldenCase("problems.json", "name", "QUADNET-4x3")
        #expect(deviation(gossip.nodes.flatMap { $0.curvature.values }, golden["Q"].numbers) < 1e-14)
        #expect(deviation(gossip.solution.values, golden["xstar"].numbers) < 1e-13)
        #expect(gossip.topology.matrices.flatMap(\.values) == golden["W"].numbers)
        let spectrum = [
            gossip.constants.strongConvexity, gossip.constants.smoothness, gossip.topology.lambdaMax,
            gossip.topology.lambdaMinPositive,
        ]
        let wanted = ["mu", "L", "lambda_max", "lambda_min_plus"].map { golden[$0].number }
        #expect(deviation(spectrum, wanted) < 1e-13)

        let personal = PersonalLeastSquares()
        golden = try goldenCase("problems.json", "name", "PERS-3x8")
        #expect(personal.clients.flatMap { $0.shared.values } == golden["A"].numbers)
        #expect(personal.clients.flatMap { $0.own.values } == golden["B"].numbers)
        #expect(deviation(personal.clients.flatMap { $0.targets.values }, golden["b"].numbers) < 1e-14)
        #expect(deviation([personal.pool().loss(at: personal.start)], golden["f0"].numbers) < 1e-13)
    }
}
