import Foundation

/// Sign flip: `-scale` times the honest mean.
public struct SignFlipAttack: Attack {
    /// scale.
    public var scale: Double
    /// The attack.
    public init(scale: Double = 1) { self.scale = scale }
    /// Its name.
    public var name: String { "sign_flip" }
    /// The vector sent.
    public func craft(honest: [Vector], total: Int, byzantine: Int) -> Vector { -scale * Vector.mean(honest) }
}

/// Inner product manipulation: `-epsilon` times the honest mean. Small epsilon hides, 10 breaks the mean.
///
/// Source: C. Xie, O. Koyejo, I. Gupta, "Fall of empires", 2019, arXiv 1903.03936.
public struct InnerProductAttack: Attack {
    /// epsilon.
    public var scale: Double
    /// The attack.
    public init(scale: Double = 0.1) { self.scale = scale }
    /// Its name.
    public var name: String { "ipm" }
    /// The vector sent.
    public func craft(honest: [Vector], total: Int, byzantine: Int) -> Vector { -scale * Vector.mean(honest) }
}

/// Fall of empires in its other form: `(1 - tau)` times the honest mean.
public struct FallOfEmpiresAttack: Attack {
    /// tau.
    public var strength: Double
    /// The attack.
    public init(strength: Double = 2) { self.strength = strength }
    /// Its name.
    public var name: String { "foe" }
    /// The vector sent.
    public func craft(honest: [Vector], total: Int, byzantine: Int) -> Vector {
        (1 - strength) * Vector.mean(honest)
    }
}

/// A little is enough: the honest mean moved by z standard deviations in every coordinate.
///
///     z = Phi^-1((n - f - s)/(n - f)),   s = floor(n/2) + 1 - f
///
/// The deviation divides by the number of honest workers minus one. One honest worker has none: the mean is sent.
///
/// Source: G. Baruch, M. Baruch, Y. Goldberg, "A little is enough", 2019, arXiv 1902.06156.
public struct LittleIsEnoughAttack: Attack {
    /// z; `nil` computes it from n and f.
    public var deviations: Double?
    /// Whether the mean is moved up instead of down.
    public var movesUp: Bool

    /// The attack.
    public init(deviations: Double? = nil, movesUp: Bool = false) {
        self.deviations = deviations
        self.movesUp = movesUp
    }

    /// Its name.
    public var name: String { "alie" }

    /// The vector sent.
    public func craft(honest: [Vector], total n: Int, byzantine f: Int) -> Vector {
        let z = (deviations ?? Self.deviations(workers: n, byzantine: f)) * (movesUp ? 1 : -1)
        let mean = Vector.mean(honest)
        guard honest.count > 1 else { return mean }
        let squares = Vector.sum(honest.map { ($0 - mean).map { $0 * $0 } })
        return mean + z * squares.map { ($0 / Double(honest.count - 1)).squareRoot() }
    }

    /// z for n workers, f of them Byzantine.
    public static func deviations(workers n: Int, byzantine f: Int) -> Double {
        let s = n / 2 + 1 - f
        return NormalQuantile.value(Double(n - f - s) / Double(n - f))
    }
}

/// All send a copy of one honest message: legal, but that worker's data count f + 1 times.
public struct MimicAttack: Attack {
    /// Whose.
    public var victim: Int
    /// The attack.
    public init(victim: Int = 0) { self.victim = victim }
    /// Its name.
    public var name: String { "mimic" }
    /// The vector sent.
    public func craft(honest: [Vector], total: Int, byzantine: Int) -> Vector { honest[victim] }
}

/// The factor of a family of attacks that pulls a given rule furthest from the honest mean.
///
/// Candidates are tried one by one; the rule is copied, so its state does not move.
public struct OptimisedAttack: Attack {
    /// What is attacked.
    public var rule: any Aggregator
    /// Candidates.
    public var candidates: [any Attack]

    /// The attack; precondition: candidates.
    public init(against rule: any Aggregator, candidates: [any Attack]) {
        precondition(!candidates.isEmpty, "nothing to choose from")
        self.rule = rule
        self.candidates = candidates
    }

    /// Its name.
    public var name: String { "optimised" }

    /// The worst candidate.
    public func craft(honest: [Vector], total n: Int, byzantine f: Int) -> Vector {
        let mean = Vector.mean(honest)
        let crafted = candidates.map { $0.craft(honest: honest, total: n, byzantine: f) }
        let damage = crafted.map { vector in
            var rule = rule
            let all = honest + Array(repeating: vector, count: f)
            return (rule.aggregate(all, byzantine: f) - mean).norm
        }
        let worst = crafted.indices.max { (damage[$0], -$0) < (damage[$1], -$1) } ?? 0
        return crafted[worst]
    }
}

/// Inverse of the standard normal distribution function, by bisection: slow, exact to about 1e-15 relative to 1.
public enum NormalQuantile {
    /// `Phi^-1(p)`; infinite at 0 and 1. Precondition: `0 <= p <= 1`.
    public static func value(_ p: Double) -> Double {
        precondition(p >= 0 && p <= 1, "a probability")
        guard p > 0 else { return -.infinity }
        guard p < 1 else { return .infinity }
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<200 {
            let middle = 0.5 * (low + high)
            if 0.5 * erfc(-middle / 2.0.squareRoot()) < p { low = middle } else { high = middle }
        }
        return 0.5 * (low + high)
    }
}

extension LogisticRegression.Worker {
    /// A worker with flipped labels, `y -> -y`: an attack on data is an oracle, not a message.
    public var withFlippedLabels: LogisticRegression.Worker {
        LogisticRegression.Worker(design: design, labels: -labels, regularization: regularization)
    }
}
