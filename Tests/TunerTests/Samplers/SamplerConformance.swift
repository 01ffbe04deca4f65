import Engine
import Foundation

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

    /// Asks with up to three pending at a time; tells the oldest.
    private func play(_ problem: SamplerProblem, trials: Int) throws -> (
        session: SamplerSession, table: [Told]
    ) {
        var session = SamplerSession(make(problem), problem)
        var table: [Told] = []
        var open: [Int] = []
        for _ in 0..<trials {
            let (number, values) = try session.ask()
            table.append(Told(values: values, outcome: SamplerOutcome(values: Self.loss(values, number))))
            open.append(number)
            if open.count > 2 {
                let first = open.removeFirst()
                try session.tell(first, table[first].outcome)
            }
        }
        for number in open { try session.tell(number, table[number].outcome) }
        return (session, table)
    }

    /// The rules that are broken.
    func violations() throws -> [String] {
        var found: [String] = []
        let problem = SamplerProblem(space: try Self.mixedSpace(), seed: 11, plannedTrials: trials)
        var (session, table) = try play(problem, trials: trials)
        found += outside(table, problem.space)
        let again = try play(problem, trials: trials).table
        if again.map(\.values) != table.map(\.values) {
            found.append("the same history and seed: other points")
        }
        var other = problem
        other.seed = 12
        if try play(other, trials: 3).table.map(\.values) == table.prefix(3).map(\.values) {
            found.append("the seed does not matter")
        }

        // Rebuilt from the table: all begun, then told from the last to the first.
        var rebuilt = SamplerSession(make(problem), problem)
        for row in table { try rebuilt.begin(row.values) }
        for number in table.indices.reversed() { try rebuilt.tell(number, table[number].outcome) }
        if try rebuilt.ask().values != session.ask().values {
            found.append("a rebuilt sampler goes on differently")
        }

        if !found.isEmpty { return found }
        found += try pending(problem, table)
        return found + (try failuresOnly(problem))
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
