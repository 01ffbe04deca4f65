import Methods
import Testing

/// What every registered rule must do on the network.
struct RuleConformance {
    enum Check: CaseIterable {
        case repeatable, copyIsCheckpoint, descends, keepsShapes, zeroGradient, finite
    }

    let rule: any TensorRule
    private let network = TanhNetwork()

    static let constants = ProblemConstants(
        strongConvexity: 0.1, smoothness: 2, workerSmoothness: [2], dimension: 26)

    init(_ rule: any TensorRule) { self.rule = rule }

    private func run(_ rule: inout any TensorRule, _ p: inout [Matrix], _ steps: Int, zero: Bool = false) {
        for _ in 0..<steps {
            let gradient = network.gradient(at: p).map { zero ? 0 * $0 : $0 }
            rule.step(&p, gradient: gradient, loss: zero ? 0 : network.loss(at: p))
        }
    }

    func failures() -> Set<Check> {
        var found: Set<Check> = []
        var (a, p) = (rule, network.start)
        run(&a, &p, 3)
        var (b, q) = (rule, network.start)
        run(&b, &q, 3)
        if p != q { found.insert(.repeatable) }
        if zip(p, network.start).contains(where: { $0.rows != $1.rows || $0.columns != $1.columns }) {
            return [.keepsShapes]
        }
        var (copy, r) = (a, p)
        run(&a, &p, 3)
        run(&copy, &r, 3)
        if p != r { found.insert(.copyIsCheckpoint) }
        run(&a, &p, 60)
        if !(network.loss(at: p) < 0.9 * network.loss(at: network.start)) { found.insert(.descends) }
        if !p.allSatisfy(\.flat.isFinite) { found.insert(.finite) }
        var (still, s) = (rule, network.start)
        run(&still, &s, 3, zero: true)
        // A zero gradient moves nothing; decay may shrink parameters.
        if zip(s, network.start).contains(where: { !($0.frobeniusNorm <= $1.frobeniusNorm + 1e-12) }) {
            found.insert(.zeroGradient)
        }
        return found
    }
}

@Suite("Conformance of rules")
struct RuleConformanceTests {
    @Test("every registered rule conforms with its defaults")
    func conforms() throws {
        #expect(Set(RuleRegistry.all.map(\.descriptor.name)).count == RuleRegistry.all.count)
        for plugin in RuleRegistry.all {
            let rule = try plugin.rule(for: RuleConformance.constants)
            #expect(RuleConformance(rule).failures() == [], "\(plugin.descriptor.name)")
            #expect(throws: SettingError.self) { try plugin.rule(["no": 1], for: RuleConformance.constants) }
            #expect(plugin.descriptor.summary.hasSuffix(".") && !plugin.descriptor.references.isEmpty)
        }
    }

    @Test("broken rules are found")
    func broken() {
        struct Broken: TensorRule {
            var fault: RuleConformance.Check
            mutating func step(_ p: inout [Matrix], gradient: [Matrix], loss: Double) {
                for i in p.indices {
                    switch fault {
                    case .repeatable, .copyIsCheckpoint:
                        p[i] = p[i] - Double.random(in: 0.1...0.2) * gradient[i]
                    case .descends: p[i] = p[i] + 0.1 * gradient[i]
                    case .keepsShapes: p[i] = (p[i] - 0.1 * gradient[i]).transposed
                    case .zeroGradient: p[i] = 1.1 * p[i]
                    case .finite: p[i] = gradient[i].map { $0 / 0 }
                    }
                }
            }
        }
        for check in RuleConformance.Check.allCases where check != .keepsShapes {
            #expect(RuleConformance(Broken(fault: check)).failures().contains(check), "\(check)")
        }
    }
}
