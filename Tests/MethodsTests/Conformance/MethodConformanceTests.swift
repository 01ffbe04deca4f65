import Engine
import Methods
import Synchronization
import Testing

@Suite("Conformance of methods")
struct MethodConformanceTests {
    @Test("every registered method conforms", arguments: MethodRegistry.all.map(\.descriptor.name))
    func conforms(name: String) throws {
        #expect(try MethodConformance(MethodRegistry.plugin(name)).failures() == [:])
    }

    @Test("names are unique, an unknown one is an error")
    func names() {
        let names = MethodRegistry.all.map(\.descriptor.name)
        #expect(Set(names).count == names.count)
        #expect(throws: MethodError.unknownMethod("sgdd")) { try MethodRegistry.plugin("sgdd") }
    }

    @Test("a step follows the settings it depends on")
    func derivedDefaults() throws {
        let plugin = try MethodRegistry.plugin("ef21")
        let constants = LeastSquares().constants
        let sparse = try plugin.values(["kept": 1], for: constants)["step"]
        let dense = try plugin.values(["kept": 6], for: constants)["step"]
        #expect(sparse < dense / 3)
        #expect(abs(dense - min(1 / constants.smoothness, 0.5 / constants.strongConvexity)) < 1e-12)
    }

    @Test("each fault of a broken method is found by its check", arguments: BrokenMethod.Fault.allCases)
    func findsFaults(fault: BrokenMethod.Fault) throws {
        let plugin = MethodPlugin(
            fault == .badName ? "Bad Name" : "broken", fault == .badSummary ? "no full stop" : "Broken.",
            [], references: ["none"]
        ) { _, c in BrokenMethod(fault: fault, step: 1 / c.smoothness) }
        let found = try MethodConformance(plugin).failures()
        if let check = fault.check {
            #expect(found[check] != nil, "\(fault): \(found)")
        } else {
            #expect(found == [:])
        }
    }
}

/// Gradient descent with one deliberate fault.
struct BrokenMethod: RoundMethod {
    enum Fault: CaseIterable {
        case none, badName, badSummary, drawsElsewhere, sharesState, remembers, climbs, forgetsToPay, explodes

        /// The check that must notice.
        var check: MethodConformance.Check? {
            switch self {
            case .none: nil
            case .badName, .badSummary: .descriptor
            case .drawsElsewhere: .deterministic
            case .sharesState: .copyIsCheckpoint
            case .remembers: .startForgets
            case .climbs: .progresses
            case .forgetsToPay: .books
            case .explodes: .finite
            }
        }
    }

    final class Shared: Sendable {
        let x = Mutex(Vector([]))
    }

    let fault: Fault
    let step: Double
    private var point = Vector([])
    private var memory = Vector([])
    private let shared = Shared()

    init(fault: Fault, step: Double) {
        self.fault = fault
        self.step = step
    }

    var iterate: Vector { fault == .sharesState ? shared.x.withLock { $0 } : point }

    mutating func start(at x: Vector, in pool: inout WorkerPool) {
        point = x
        shared.x.withLock { $0 = x }
        if memory.count != x.count || fault != .remembers { memory = .zero(x.count) }
    }

    mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        var gradient = Vector.mean(pool.gradients(at: iterate))
        switch fault {
        case .drawsElsewhere: gradient = gradient.map { $0 * Double.random(in: 0.9...1.1) }
        case .climbs: gradient = -0.01 * gradient
        case .explodes: gradient = gradient.map { $0 / 0 }
        case .remembers:
            memory = 0.5 * memory + gradient
            gradient = 0.5 * memory
        default: break
        }
        if fault != .forgetsToPay {
            pool.sendFromAll(.dense(gradient.count))
            pool.broadcastModel()
        }
        let next = iterate - step * gradient
        point = next
        shared.x.withLock { $0 = next }
        return [:]
    }
}
