import Engine
import Foundation
import Synchronization

@testable import Tuner

/// What every sampler must keep, as a list of broken rules; empty for a good one.
///
/// Shown to find broken samplers in `SamplerConformanceTests`.
struct SamplerConformance {
    /// Makes the sampler that is judged.
    let make: (SamplerProblem) -> any Sampler
    var trials = 17

    /// Mixed, with a condition: every kind of axis.
    static func mixedSpace() throws -> SamplerSpace {
        try SamplerSpace([
            SamplerAxis("learning_rate", .real(low: 1e-4, high: 1, scale: .log)),
            SamplerAxis("momentum", .real(low: 0.5, high: 0.99, scale: .complementLog)),
            SamplerAxis("layers", .integer(low: 1, high: 6, quantum: 1, scale: .linear)),
            SamplerAxis("batch", .integer(low: 8, high: 512, quantum: 8, scale: .log)),
            SamplerAxis("kind", .choices([.text("adam"), .text("sgd"), .flag(true)], ordered: false)),
            SamplerAxis(
                "beta", .real(low: 0, high: 1, scale: .linear),
                when: .init(axis: "kind", values: [.text("adam")])),
        ])
    }

    /// A loss that fails now and then.
    static func loss(_ values: [String: HyperparameterValue], _ number: Int) -> [Double]? {
        if number % 7 == 3 { return nil }
        if number % 11 == 5 { return [.nan] }
        let rate = log(values["learning_rate"]?.number ?? 1) + 4
        let kind = values["kind"] == .text("adam") ? 0.0 : 1
        return [rate * rate + kind + 0.1 * (values["layers"]?.number ?? 0) + (values["beta"]?.number ?? 0.5)]
    }

    private struct Told {
        var values: [String: HyperparameterValue]
        var outcome: SamplerOutcome
    }

    /// Asks with up to three pending at a time; tells the oldest. The last two trials stay under way.
    private func play(_ problem: SamplerProblem, trials: Int, watch: ProposalWatch? = nil) throws -> (
        session: SamplerSession, table: [Told]
    ) {
        var session = SamplerSession(Watched(inner: make(problem), problem: problem, watch: watch), problem)
        var table: [Told] = []
        for _ in 0..<trials {
            let (number, values) = try session.ask()
            table.append(Told(values: values, outcome: SamplerOutcome(values: Self.loss(values, number))))
            if number >= 2 { try session.tell(number - 2, table[number - 2].outcome) }
        }
        return (session, table)
    }

    /// The rules that are broken.
    func violations() throws -> [String] {
        let problem = SamplerProblem(space: try Self.mixedSpace(), seed: 11, plannedTrials: trials)
        let watch = ProposalWatch()
        let (session, table) = try play(problem, trials: trials, watch: watch)
        var found = watch.complaints + outside(table, problem.space)
        let again = try play(problem, trials: trials).table
        if again.map(\.values) != table.map(\.values) {
            found.append("the same history and seed: other points")
        }
        var other = problem
        other.seed = 12
        if try play(other, trials: 3).table.map(\.values) == table.prefix(3).map(\.values) {
            found.append("the seed does not matter")
        }
        if try asks(session) != asks(rebuilt(problem, table, told: Array(0..<(trials - 2)))) {
            found.append("a rebuilt sampler goes on differently")
        } else if try asks(session) != asks(rebuilt(problem, table, told: (0..<(trials - 2)).reversed())) {
            found.append("the order of telling matters")
        }
        if !found.isEmpty { return found }
        return try pending(problem, table) + failuresOnly(problem)
    }

    /// Made anew from a table: all begun, then some told.
    private func rebuilt(_ problem: SamplerProblem, _ table: [Told], told: [Int]) throws -> SamplerSession {
        var session = SamplerSession(
            Watched(inner: make(problem), problem: problem, watch: nil), problem)
        for row in table { try session.begin(row.values) }
        for number in told { try session.tell(number, table[number].outcome) }
        return session
    }

    /// The next three points: the first with two trials under way, the second with the first beside them, the third
    /// after all have ended.
    private func asks(_ session: SamplerSession) throws -> [[String: HyperparameterValue]] {
        var session = session
        let first = try session.ask(), second = try session.ask()
        for number in session.pending.keys.sorted() {
            try session.tell(number, SamplerOutcome(values: [Double(number) * 0.1]))
        }
        return [first.values, second.values, try session.ask().values]
    }

    private func outside(_ table: [Told], _ space: SamplerSpace) -> [String] {
        var found: [String] = []
        for (number, row) in table.enumerated() {
            guard let point = space.point(of: row.values) else {
                found.append("trial \(number) lies outside the space: \(row.values)")
                continue
            }
            if space.values(of: point) != row.values {
                found.append("trial \(number) has values of a wrong type")
            }
            if (row.values["beta"] != nil) != (row.values["kind"] == .text("adam")) {
                found.append("trial \(number) breaks the condition")
            }
        }
        return found
    }

    /// Many trials under way at once are not all the same.
    private func pending(_ problem: SamplerProblem, _ table: [Told]) throws -> [String] {
        var session = SamplerSession(make(problem), problem)
        for row in table { try session.begin(row.values) }
        for (number, row) in table.enumerated() { try session.tell(number, row.outcome) }
        var points: Set<[String: HyperparameterValue]> = []
        for _ in 0..<5 { points.insert(try session.ask().values) }
        return points.count < 4 ? ["five trials under way are only \(points.count) points"] : []
    }

    /// A history without a single value.
    private func failuresOnly(_ problem: SamplerProblem) throws -> [String] {
        var session = SamplerSession(make(problem), problem)
        for _ in 0..<15 { try session.tell(session.ask().number, SamplerOutcome(values: nil)) }
        return problem.space.point(of: try session.ask().values) == nil ? ["only failures: no point"] : []
    }
}

/// What was wrong with raw proposals: a space settles them, so that nobody behind it would notice.
final class ProposalWatch: Sendable {
    private let found = Mutex<[String]>([])

    /// One for each kind.
    var complaints: [String] { found.withLock { $0 } }

    func judge(_ coordinates: [Double], axes: Int) {
        var complaint: String?
        if coordinates.count != axes {
            complaint = "\(coordinates.count) coordinates for \(axes) axes"
        } else if !coordinates.allSatisfy({ (0...1).contains($0) }) {
            complaint = "coordinates outside 0...1"
        }
        guard let complaint else { return }
        found.withLock { found in
            if !found.contains(complaint) { found.append(complaint) }
        }
    }
}

/// A sampler whose proposals are looked at on their way.
struct Watched: Sampler {
    var inner: any Sampler
    let problem: SamplerProblem
    let watch: ProposalWatch?

    mutating func propose(_ number: Int) -> [Double]? {
        guard let coordinates = inner.propose(number) else { return nil }
        let axes = problem.space.axes.count
        watch?.judge(coordinates, axes: axes)
        return (0..<axes).map { $0 < coordinates.count ? coordinates[$0] : 0.5 }
    }

    mutating func began(_ number: Int, at point: SamplerPoint) { inner.began(number, at: point) }

    mutating func finished(_ trial: SampledTrial) { inner.finished(trial) }
}
