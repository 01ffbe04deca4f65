import Engine
import Methods

/// What every registered method must do. Each check returns what went wrong, so that the suite can be shown to find
/// the faults of broken methods.
struct MethodConformance {
    enum Check: String, CaseIterable {
        case descriptor, settings, needs, deterministic, copyIsCheckpoint, startForgets, progresses, books,
            finite
    }

    let plugin: MethodPlugin
    private let problem: ConformanceProblem
    private static let rounds = 150

    init(_ plugin: MethodPlugin) throws {
        self.plugin = plugin
        // The settings' defaults may need constants; any problem tells the needs.
        let needs = try plugin.method(for: ConformanceProblem.forNeeds([]).constants).needs
        problem = .forNeeds(needs)
    }

    func failures() throws -> [Check: String] {
        var found: [Check: String] = [:]
        for check in Check.allCases { found[check] = try run(check) }
        return found
    }

    private func fresh() throws -> DistributedRun {
        let method = try plugin.method(for: problem.constants)
        return try DistributedRun(method, pool: problem.pool, start: problem.start)
    }

    private func run(_ check: Check) throws -> String? {
        switch check {
        case .descriptor: return descriptorFault()
        case .settings: return settingsFault()
        case .needs: return try needsFault()
        case .deterministic:
            var (a, b) = (try fresh(), try fresh())
            return a.advance(8) == b.advance(8) && a.iterate == b.iterate ? nil : "two equal runs differ"
        case .copyIsCheckpoint:
            var a = try fresh()
            a.advance(3)
            var b = a
            let before = b.iterate
            let later = a.advance(4)
            if b.iterate != before { return "a copy moved with the original" }
            return b.advance(4) == later && a.iterate == b.iterate ? nil : "a copy goes another way"
        case .startForgets:
            var a = try fresh()
            let expected = a.advance(6)
            var again = try DistributedRun(a.method, pool: problem.pool, start: problem.start)
            return again.advance(6) == expected ? nil : "a used method starts differently"
        case .progresses:
            var a = try fresh()
            let before = problem.measure(problem.start)
            a.advance(Self.rounds)
            let after = problem.measure(a.iterate)
            return after < 0.9 * before ? nil : "\(before) became \(after) in \(Self.rounds) rounds"
        case .books:
            var a = try fresh()
            let reports = a.advance(6)
            if reports.contains(where: { $0.up.floats < 0 || $0.down.bits() < 0 }) { return "negative costs" }
            let moved = (a.iterate - problem.start).norm > 0
            let paid = reports.contains { $0.up.bits() + $0.down.bits() > 0 }
            return !moved || paid ? nil : "the model moved for free"
        case .finite:
            var a = try fresh()
            return a.advance(20).allSatisfy({ $0.loss.isFinite }) && a.iterate.isFinite ? nil : "not finite"
        }
    }

    private func descriptorFault() -> String? {
        let d = plugin.descriptor
        func isName(_ text: String, _ joint: Character) -> Bool {
            !text.isEmpty && text.allSatisfy { $0 == joint || $0.isNumber || ($0.isLetter && $0.isLowercase) }
        }
        if !isName(d.name, "-") { return "name \"\(d.name)\"" }
        if !d.summary.hasSuffix(".") || d.summary.count > 100 { return "summary \"\(d.summary)\"" }
        if d.references.isEmpty { return "no references" }
        for h in d.hyperparameters {
            if !isName(h.name, "_") || !h.summary.hasSuffix(".") { return "setting \(h.name)" }
            if h.defaultValue == nil, (d.theory[h.name] ?? "").isEmpty { return "\(h.name) has no default" }
            if let value = h.defaultValue?.number, case .real(let low, let high) = h.kind,
                value < low || value > high
            {
                return "default of \(h.name) out of range"
            }
        }
        return nil
    }

    private func settingsFault() -> String? {
        if (try? plugin.method(["no_such_setting": 1], for: problem.constants)) != nil {
            return "unknown setting taken"
        }
        for h in plugin.descriptor.hyperparameters {
            if (try? plugin.method([h.name: -1], for: problem.constants)) != nil {
                return "\(h.name) = -1 taken"
            }
            if (try? plugin.method([h.name: .nan], for: problem.constants)) != nil {
                return "\(h.name) = nan taken"
            }
        }
        return nil
    }

    /// A problem that can only answer gradients is refused by methods that need more.
    private func needsFault() throws -> String? {
        let method = try plugin.method(for: problem.constants)
        guard !method.needs.isEmpty else { return nil }
        struct Plain: Oracle {
            var dimension: Int
            var examples: Int { 1 }
            func loss(at x: Vector, batch: Batch) -> Double { x.squaredNorm }
            func gradient(at x: Vector, batch: Batch) -> Vector { 2 * x }
        }
        let d = problem.start.count
        let pool = WorkerPool(problem.pool.oracles.map { _ in Plain(dimension: d) })
        let accepted = (try? DistributedRun(method, pool: pool, start: problem.start)) != nil
        return accepted ? "a problem without \(method.needs) was accepted" : nil
    }
}
