import Engine
import Testing

@testable import Plugins

@Suite("Norms of steps")
struct StepNormTests {
    static func layout() -> ParameterLayout {
        var layout = ParameterLayout()
        layout.add("in", shape: [6, 4], role: .input)
        layout.add("hidden", shape: [5, 6], role: .hidden)
        layout.add("bias", shape: [5], role: .bias)
        layout.add("out", shape: [3, 5], role: .output)
        return layout
    }

    static var norms: [(String, StepNorm)] {
        let layout = layout()
        let plugins: [any ProbedOptimizer] = [SGDPlugin(), SignSGDPlugin(), MuonPlugin(), ScionPlugin()]
        let rules = plugins.compactMap { plugin in
            (try? plugin.stepRule(for: layout, hyperparameters: [:])).map {
                (plugin.descriptor.name, $0.norm)
            }
        }
        return rules + [("spectral", .spectral(layout))]
    }

    @Test("the maximiser has length one and attains the dual norm; no vector of length one does better")
    func duality() {
        #expect(Self.norms.count == 5)
        var generator = SplitMix64(11)
        for (name, norm) in Self.norms {
            for _ in 0..<10 {
                let v = generator.normals(Self.layout().count)
                let d = norm.maximiser(v)
                #expect(abs(norm.primal(d) - 1) < 1e-2, "\(name)")
                #expect(abs(PathMeasures.dot(v, d) / norm.dual(v) - 1) < 1e-9, "\(name)")
                let other = generator.normals(v.count)
                let value = PathMeasures.dot(v, other) / norm.primal(other)
                #expect(value <= norm.dual(v) * 1.001, "\(name)")
            }
        }
    }

    @Test("Muon's norm is spectral on hidden matrices and a cube of the auxiliary ratio elsewhere")
    func muon() throws {
        let rule = try MuonPlugin().stepRule(
            for: Self.layout(), hyperparameters: ["auxiliary_learning_rate_ratio": .real(0.25)])
        #expect(rule.norm.blocks.map(\.norm) == [.sign, .spectral, .sign, .sign])
        #expect(rule.norm.blocks.map(\.radius) == [0.25, 1, 0.25, 0.25])
        #expect(rule.momentum == 0.95)
        #expect(rule.isNesterov)
    }

    @Test("beyond the exact size the nuclear norm of a Gaussian matrix is right to 1 %")
    func largeMatrix() {
        var layout = ParameterLayout()
        layout.add("w", shape: [48, 40], role: .hidden)
        var generator = SplitMix64(4)
        let v = generator.normals(48 * 40)
        let exact = SingularValues(v, rows: 48, columns: 40).values
        let norm = StepNorm.spectral(layout)
        #expect(abs(norm.dual(v) / exact.reduce(0, +) - 1) < 0.01)
        #expect(abs(norm.primal(v) / exact[0] - 1) < 0.02)
    }

    @Test("sgd's buffer sums, unless it is dampened")
    func sums() throws {
        let layout = Self.layout()
        #expect(try SGDPlugin().stepRule(for: layout, hyperparameters: [:]).sums)
        let damped = try SGDPlugin().stepRule(for: layout, hyperparameters: ["dampening": .real(0.9)])
        #expect(!damped.sums)
        #expect(!damped.isNormalized)
    }
}
