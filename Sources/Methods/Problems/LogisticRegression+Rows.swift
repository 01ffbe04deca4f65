import Engine

extension LogisticRegression {
    /// Rows that are there, dealt out unevenly over workers (`DirichletSplit`).
    ///
    /// The minimiser is found by Newton steps that are halved until the loss falls, to a gradient below 1e-12 of the first.
    ///
    /// - Parameters:
    ///   - design: rows a.
    ///   - labels: y = +-1.
    ///   - n: workers.
    ///   - most: most rows a worker gets.
    ///   - regularization: lambda, above 0.
    ///   - concentration: of the Dirichlet distribution of the workers' labels.
    ///   - seed: names the split.
    public init(
        design: Matrix, labels: Vector, workers n: Int, most: Int = .max, regularization: Double,
        concentration: Double, seed: UInt64
    ) {
        let split = DirichletSplit(
            classes: labels.values.map { $0 > 0 ? 1 : 0 }, workers: n, most: most,
            concentration: concentration, seed: seed)
        let functions = split.rows.map { rows in
            Worker(
                design: Matrix(rows.map { design.row($0) }), labels: Vector(rows.map { labels[$0] }),
                regularization: regularization)
        }
        self.init(workers: functions, solution: Self.minimizer(of: functions))
    }

    private static func minimizer(of workers: [Worker]) -> Vector {
        func loss(_ x: Vector) -> Double {
            workers.reduce(0) { $0 + $1.loss(at: x, batch: .all) } / Double(workers.count)
        }
        var x = Vector.zero(workers[0].dimension)
        var value = loss(x)
        var first: Double?
        for _ in 0..<100 {
            let gradient = Vector.mean(workers.map { $0.gradient(at: x, batch: .all) })
            let start = first ?? gradient.norm
            first = start
            guard gradient.norm > 1e-12 * start else { return x }
            let step = Matrix.mean(workers.map { $0.hessian(at: x) }).solve(gradient)
            var scale = 1.0
            while scale > 1e-8, loss(x - scale * step) > value { scale /= 2 }
            guard scale > 1e-8 else { return x }
            x -= scale * step
            value = loss(x)
        }
        return x
    }
}
