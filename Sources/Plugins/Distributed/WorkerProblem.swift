internal import Engine
internal import Methods

/// The problems of workloads that have workers.
///
/// | name | f_i of worker i | for |
/// |---|---|---|
/// | `federated-logistic` | regularised logistic loss of its rows | all methods of gradients and Hessians |
/// | `federated-quadratic` | least squares around its own point | the same |
/// | `federated-quartic` | fourth powers around its own point: no Lipschitz gradient | methods of gradients |
/// | `federated-constrained` | `|x - c_i|_1` under a linear constraint | methods for corners and constraints |
/// | `federated-personal` | least squares with a shared and a private part | personalised methods |
/// | `decentralized-quadratic` | a strongly convex quadratic of a node | methods without a server |
/// | `bilinear-saddle` | a bilinear field | extragradient |
enum WorkerProblem: String, CaseIterable, Sendable {
    case logistic = "federated-logistic"
    case quadratic = "federated-quadratic"
    case quartic = "federated-quartic"
    case constrained = "federated-constrained"
    case personal = "federated-personal"
    case decentralized = "decentralized-quadratic"
    case saddle = "bilinear-saddle"

    /// A problem of chosen sizes, ready to run.
    struct Instance: Sendable {
        var pool: WorkerPool
        var start: Vector
        var constants: ProblemConstants
        /// The least loss, where known.
        var lowestLoss: Double?
        /// Metrics of a point beside the loss.
        var extra: @Sendable (Vector) -> [String: Double] = { _ in [:] }
    }

    /// What a method must ask for to be listed; `nil` where any need the problem can meet is enough.
    private var specialNeed: Capability? {
        switch self {
        case .logistic, .quadratic, .quartic: nil
        case .constrained: .constraint
        case .personal: .privateBlock
        case .decentralized: .dualGradient
        case .saddle: .field
        }
    }

    private var summary: String {
        switch self {
        case .logistic: "Logistic regression spread unevenly over workers, trained in rounds."
        case .quadratic: "Least squares of workers that disagree, trained in rounds."
        case .quartic: "Fourth powers of workers that disagree: curvature grows with the gradient."
        case .constrained: "Distances with corners under a linear constraint, spread over workers."
        case .personal: "Least squares with a part shared by all clients and a part of each one's own."
        case .decentralized: "Quadratics on the nodes of a changing graph, without a server."
        case .saddle: "A bilinear saddle point of several samples."
        }
    }

    /// Options, metrics and the methods that can run on it.
    var descriptor: WorkloadDescriptor {
        WorkloadDescriptor(
            name: rawValue, summary: summary, options: options,
            metrics: [
                "validation_loss", "gradient_norm", "bits", "bits_down", "floats", "floats_down",
                "train_loss",
                "tokens", "epochs", "model_size",
            ] + metrics, supportedOptimizers: Self.supported[self] ?? [],
            defaultSchedule: LearningRateSchedule(shape: .constant))
    }

    private var metrics: [String] {
        switch self {
        case .logistic, .quadratic, .quartic, .decentralized: ["loss_gap", "loss_floor"]
        case .constrained: ["constraint"]
        case .personal: []
        case .saddle: ["distance"]
        }
    }

    private var options: [HyperparameterDescriptor] {
        var options: [HyperparameterDescriptor] = [
            .count("workers", "Workers.", 2...1000, self == .personal ? 3 : 10),
            .count("dimension", "Parameters of the (shared) model.", 1...500, 20),
            .init(
                name: "problem_seed", summary: "Names the problem; all trials of a sweep share it.",
                kind: .integer(min: 0, max: .max), defaultValue: .integer(1)),
        ]
        if hasRows { options.append(.count("rows", "Examples of a worker.", 1...10_000, 20)) }
        switch self {
        case .logistic:
            options += [
                .init(
                    name: "heterogeneity",
                    summary:
                        "Dirichlet concentration of the workers' labels: small is uneven, large is even.",
                    kind: .real(min: 1e-3, max: 1e6), defaultValue: .real(0.5), scale: .log),
                .init(
                    name: "l2", summary: "Factor of half the squared weights.",
                    kind: .real(min: 1e-8, max: 1e3),
                    defaultValue: .real(0.01), scale: .log),
                .init(
                    name: "path",
                    summary:
                        "LIBSVM file with two labels, dealt out over the workers; without it drawn rows.",
                    kind: .path, defaultValue: nil),
                .count("most_rows", "Most rows of the file that a worker gets.", 1...100_000, 500),
            ]
        case .quadratic:
            options.append(
                .init(
                    name: "heterogeneity",
                    summary: "Half-width of the workers' own points around the common one.",
                    kind: .real(min: 0, max: 1e3), defaultValue: .real(0.5)))
            options.append(
                .init(
                    name: "row_spread",
                    summary: "How many times longer a worker's longest row is than its shortest.",
                    kind: .real(min: 1, max: 1e6), defaultValue: .real(1), scale: .log))
        case .quartic:
            options += [
                .init(
                    name: "heterogeneity", summary: "Half-width of the workers' own points around zero.",
                    kind: .real(min: 0, max: 1e3), defaultValue: .real(1)),
                .init(
                    name: "start_distance", summary: "Every coordinate of the start.",
                    kind: .real(min: 0, max: 1e6), defaultValue: .real(5), scale: .log),
            ]
        case .personal:
            options += [
                .count("private_dimension", "Parameters of a client's own.", 1...500, 2),
                .init(
                    name: "interpolates",
                    summary: "Leave the noise out, so that every client can fit its data at one shared part.",
                    kind: .flag, defaultValue: .flag(false)),
            ]
        default: break
        }
        if specialNeed == nil {
            options += [
                .init(
                    name: "byzantine", summary: "Colluding workers beside the honest ones.",
                    kind: .integer(min: 0, max: 1000), defaultValue: .integer(0)),
                .init(
                    name: "attack", summary: "What colluding workers send.",
                    kind: .choice(AttackRegistry.all.map(\.descriptor.name)),
                    defaultValue: (AttackRegistry.all.first?.descriptor.name).map { .text($0) }),
            ]
        }
        return options
    }

    /// Whether a worker's function is a mean over rows, from which minibatches can be drawn.
    var hasRows: Bool { self == .logistic || self == .quadratic || self == .personal }

    // MARK: Problems

    /// The problem of the options. Its workers draw minibatches of `rows` examples; `nil` is all of them.
    func instance(_ options: WorkloadOptions, seed: UInt64, rows: Int?) throws -> Instance {
        let workers = options.integer("workers")
        let dimension = options.integer("dimension")
        let problem = options.seed("problem_seed")
        let sampling = rows.map { GradientSampling.rows($0) } ?? .full
        var found: Instance
        switch self {
        case .logistic:
            let p = try Self.logistic(options)
            found = Self.withMinimum(p.pool(seed: seed, sampling: sampling), p.start, p.solution, p.constants)
        case .quadratic:
            let p = LeastSquares(
                workers: workers, rows: options.integer("rows"), dimension: dimension,
                spread: options.real("heterogeneity"), rowSpread: options.real("row_spread"),
                seed: problem)
            found = Self.withMinimum(p.pool(seed: seed, sampling: sampling), p.start, p.solution, p.constants)
        case .quartic:
            let p = QuarticValley(
                workers: workers, dimension: dimension, spread: options.real("heterogeneity"),
                distance: options.real("start_distance"), seed: problem)
            found = Self.withMinimum(p.pool(seed: seed), p.start, p.solution, p.constants)
        case .constrained:
            let p = ConstrainedDistance(workers: workers, dimension: dimension, seed: problem)
            found = Instance(
                pool: p.pool(seed: seed), start: p.start,
                constants: ProblemConstants(
                    strongConvexity: 0.1, smoothness: 1,
                    workerSmoothness: .init(repeating: 1, count: workers),
                    dimension: dimension))
            found.extra = { ["constraint": p.constraint(at: $0)] }
        case .personal:
            let p = PersonalLeastSquares(
                clients: workers, rows: options.integer("rows"), shared: dimension,
                private: options.integer("private_dimension"), seed: problem,
                interpolates: options.real("interpolates") > 0)
            let tops = p.clients.map { client in
                let gram = client.shared.transposed * client.shared
                return (SymmetricEigen(gram).eigenvalues.values.last ?? 1) / Double(client.examples)
            }
            found = Instance(
                pool: p.pool(seed: seed), start: p.start,
                constants: ProblemConstants(
                    strongConvexity: 0.01, smoothness: tops.max() ?? 1, workerSmoothness: tops,
                    dimension: dimension))
        case .decentralized:
            let p = GossipQuadratics(nodes: workers, dimension: dimension, seed: problem)
            found = Self.withMinimum(p.pool(seed: seed), p.start, p.solution, p.constants)
        case .saddle:
            let p = BilinearSaddle(samples: workers, dimension: dimension, seed: problem, interpolates: true)
            found = Instance(
                pool: p.pool(seed: seed), start: p.start,
                constants: ProblemConstants(
                    strongConvexity: 0.1, smoothness: p.lipschitz,
                    workerSmoothness: .init(repeating: p.lipschitz, count: workers), dimension: 2 * dimension)
            )
            found.extra = { ["distance": p.distance($0)] }
        }
        if options.integer("byzantine") > 0, let name = options.text("attack") {
            found.pool.byzantine = options.integer("byzantine")
            found.pool.attack = AttackRegistry.all.first { $0.descriptor.name == name }?.make()
        }
        return found
    }

    private static func withMinimum(
        _ pool: WorkerPool, _ start: Vector, _ solution: Vector, _ constants: ProblemConstants
    ) -> Instance {
        let lowest = pool.loss(at: solution)
        var instance = Instance(pool: pool, start: start, constants: constants, lowestLoss: lowest)
        instance.extra = { ["loss_gap": pool.loss(at: $0) - lowest] }
        return instance
    }

    // MARK: Which methods

    /// Names of the methods each problem can run.
    private static let supported: [WorkerProblem: [String]] = {
        var found: [WorkerProblem: [String]] = [:]
        for problem in allCases {
            let small: [String: HyperparameterValue] = ["workers": .integer(3), "dimension": .integer(4)]
            let bare = WorkloadDescriptor(
                name: problem.rawValue, summary: "", options: problem.options, metrics: [])
            guard let options = try? WorkloadOptions(small, for: bare),
                let instance = try? problem.instance(options, seed: 0, rows: nil)
            else { continue }
            let able = instance.pool.capabilities
            found[problem] = MethodRegistry.all.filter { plugin in
                guard let needs = try? plugin.method(for: instance.constants).needs else { return false }
                return needs.isSubset(of: able) && (problem.specialNeed.map(needs.contains) ?? true)
            }.map(\.descriptor.name)
        }
        return found
    }()
}

extension HyperparameterDescriptor {
    fileprivate static func count(
        _ name: String, _ summary: String, _ range: ClosedRange<Int>, _ value: Int
    ) -> HyperparameterDescriptor {
        HyperparameterDescriptor(
            name: name, summary: summary, kind: .integer(min: range.lowerBound, max: range.upperBound),
            defaultValue: .integer(value), scale: .log)
    }
}
