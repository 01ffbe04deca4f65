import Foundation

/// What is left to spend.
public struct DesignLimits: Sendable, Hashable {
    /// Runs; `nil`: no limit.
    public var runs: Int?
    /// Cost; `nil`: no limit.
    public var cost: Double?
    /// Whether runs are all that is paid with, so that cost plays no part in what a bundle must gain: whoever limits the
    /// runs alone has said what they are worth. A limit of cost that was not asked for still holds then.
    public var isPaidInRuns: Bool

    /// Limits.
    ///
    /// - Parameters:
    ///   - runs: runs left; `nil`: no limit.
    ///   - cost: cost left; `nil`: no limit.
    ///   - isPaidInRuns: whether runs are all that is paid with; by default when only they are limited.
    public init(runs: Int? = nil, cost: Double? = nil, isPaidInRuns: Bool? = nil) {
        self.runs = runs
        self.cost = cost
        self.isPaidInRuns = isPaidInRuns ?? (runs != nil && cost == nil)
    }
}

/// Runs to make next, and what they are expected to be worth.
public struct RunDesign: Sendable, Hashable {
    /// Runs, best bundle first; empty: stop.
    public var runs: [DesignRun]
    /// Expected regret at the target as things stand: relative loss given away by not knowing the optimum.
    public var regret: Double
    /// Expected regret after the runs.
    public var regretAfter: Double
    /// Cost of the runs.
    public var cost: Double
    /// Gain of the best bundle that was considered, and the least it had to be.
    public var bestGain: Double
    /// The least a bundle of its cost had to gain.
    public var threshold: Double
    /// The best bundle that was considered, worth its cost or not.
    public var bestRuns: [DesignRun] = []
}

/// Picks the runs that lower the expected regret at the target most for what they cost.
///
/// The regret of answering x for an optimum x* is `1/2 k (x - x*)^2` in log loss, so its expectation is the posterior
/// variance of what is asked, times half the curvature there: of the learning rate at every batch size that may be
/// used, and of the batch size and momentum themselves. How far runs lower it is known before they are made
/// (`DesignCovariance`). Runs are chosen in bundles within one cell, since the floor of a new cell is unknown and a
/// single run there says nothing. A run that contains shorter ones reports those as well, which a cell of longer runs
/// may be worth its cost for.
///
/// *Price.* Each run takes a share of what is left of the run and of the cost allowance; the bundle with the largest gain per
/// share wins.
///
/// *Stop.* Spending a cost c on the target runs instead would lower their loss by about `beta c / c_target`, with beta the
/// exponent of the loss there. A bundle that promises less than half of that is not worth it, nor one that promises less
/// than `leastGain` a run. Where runs are what is paid with, only `leastGain` counts.
///
/// Measured on streaming least squares (budgets 2^8 to 2^14, asked at 2^18) and on public language-model sweeps: see
/// `README.md`.
public struct RunDesigner: Sendable {
    /// The law so far.
    public var law: Law
    /// Finished runs.
    public var samples: [LossSample]
    /// Runs under way.
    public var pending: [DesignRun]
    /// What may be chosen, and what for.
    public var space: DesignSpace
    /// What is left.
    public var limits: DesignLimits

    /// Relative loss a run must promise at least.
    public static let leastGain = 2e-5
    /// Share of what its cost would gain at the target that a bundle must gain: an answer is used for more runs than one.
    static let patience = 0.5
    /// Most runs of one bundle.
    static let largestBundle = 6
    /// Runs and cost (in target runs) reckoned with where nothing limits them.
    static let usualRuns = 60.0
    static let usualCost = 0.25

    /// A designer.
    public init(
        law: Law, samples: [LossSample], pending: [DesignRun] = [], space: DesignSpace,
        limits: DesignLimits = DesignLimits()
    ) {
        self.law = law
        self.samples = samples
        self.pending = pending
        self.space = space
        self.limits = limits
    }

    /// Chooses runs.
    ///
    /// - Parameter count: at least so many, unless it stops or the limits do; a bundle is never cut.
    /// - Returns: the runs.
    public func design(atLeast count: Int) -> RunDesign {
        let (candidates, start) = prospects()
        var covariance = start
        var design = RunDesign(
            runs: [], regret: covariance.regret, regretAfter: covariance.regret, cost: 0, bestGain: 0,
            threshold: 0)
        var left = limits
        while design.runs.count < max(1, count) {
            guard let bundle = bestBundle(candidates, covariance, left) else { break }
            if design.runs.isEmpty {
                design.bestGain = bundle.gain
                design.threshold = threshold(bundle)
                design.bestRuns = bundle.members.map { candidates.runs[$0] }
            }
            guard bundle.gain >= threshold(bundle) else { break }
            for member in bundle.members {
                covariance.observe(member)
                design.runs.append(candidates.runs[member])
            }
            design.cost += bundle.cost
            left.runs = left.runs.map { $0 - bundle.members.count }
            left.cost = left.cost.map { $0 - bundle.cost }
        }
        design.regretAfter = covariance.regret
        return design
    }

    /// Chooses so many runs within one of some cells, whether or not they are worth their cost.
    ///
    /// - Parameters:
    ///   - count: runs, 1 or more; fewer where the limits or the choices end.
    ///   - isAllowed: the cells.
    /// - Returns: the runs; empty when no cell can take one.
    public func bundle(of count: Int, where isAllowed: (DesignCell) -> Bool) -> [DesignRun] {
        let (candidates, covariance) = prospects()
        let size = max(1, count)
        guard let bundle = bestBundle(candidates, covariance, limits, sizes: size...size, where: isAllowed)
        else { return [] }
        return bundle.members.map { candidates.runs[$0] }
    }

    /// What may be chosen, and what is known once the runs under way are made.
    private func prospects() -> (DesignCandidates, DesignCovariance) {
        let ensemble = LawEnsemble(law: law, unseen: space.sizeBeliefs)
        let candidates = DesignCandidates(
            ensemble: ensemble, samples: samples, pending: pending, space: space)
        var covariance = DesignCovariance(
            asked: DesignQuestions(ensemble: ensemble, space: space).weighted,
            reports: candidates.reports)
        for run in candidates.pending { covariance.observe(run) }
        return (candidates, covariance)
    }

    private struct Bundle {
        var members: [Int]
        var gain: Double
        var cost: Double
    }

    /// What a bundle must gain.
    private func threshold(_ bundle: Bundle) -> Double {
        let least: Double = Self.leastGain * Double(bundle.members.count)
        if limits.isPaidInRuns { return least }
        return max(
            least,
            Self.patience * (lossExponent ?? 0) * bundle.cost / max(space.targetCost, .leastNormalMagnitude))
    }

    /// `-d log loss / d log tokens` at the target; `nil` without a law of the loss.
    private var lossExponent: Double? {
        guard let lossLaw = law.lossLaw else { return nil }
        let slopes = space.targets.map { target -> Double in
            func logLoss(_ factor: Double) -> Double {
                log(lossLaw.loss(tokenBudget: target.tokenBudget * factor, modelSize: target.modelSize))
            }
            return (logLoss(0.9) - logLoss(1.1)) / log(1.1 / 0.9)
        }
        let slope: Double = slopes.reduce(0, +) / Double(slopes.count)
        return slope.isFinite ? max(0, slope) : nil
    }

    /// The bundle of a cell with the largest gain for its price; one shorter than `sizes` only where the cell has no more.
    private func bestBundle(
        _ candidates: DesignCandidates, _ covariance: DesignCovariance, _ left: DesignLimits,
        sizes: ClosedRange<Int> = 1...largestBundle, where isAllowed: (DesignCell) -> Bool = { _ in true }
    ) -> Bundle? {
        let runsLeft = left.runs.map(Double.init) ?? Self.usualRuns
        let costLeft: Double =
            left.isPaidInRuns ? .infinity : left.cost ?? Self.usualCost * space.targetCost
        guard runsLeft >= 1 else { return nil }
        // Runs that are to be made in any case are made where they are worth most, be it nothing.
        let least: Double = sizes.count == 1 ? -.infinity : 0
        var best: (bundle: Bundle, worth: Double)?
        let waiting = Set(candidates.pending)
        for (cell, members) in zip(space.cells, candidates.byCell) where isAllowed(cell) {
            let free = members.filter { !waiting.contains($0) }
            guard !free.isEmpty, left.cost.map({ cell.cost <= $0 }) ?? true else { continue }
            var part = covariance.restricted(to: free)
            let before = part.regret
            let share: Double = 1 / runsLeft + cell.cost / max(costLeft, .leastNormalMagnitude)
            var chosen: [Int] = []
            while chosen.count < min(sizes.upperBound, Int(runsLeft)) {
                let cost: Double = Double(chosen.count + 1) * cell.cost
                if let cap = left.cost, cost > cap { break }
                let open = free.indices.filter { !chosen.contains(free[$0]) }
                guard let next = open.max(by: { part.gain(of: $0) < part.gain(of: $1) }) else { break }
                part.observe(next)
                chosen.append(free[next])
                let gain: Double = before - part.regret
                let worth: Double = gain / (share * Double(chosen.count))
                let isLast =
                    chosen.count == min(free.count, Int(runsLeft))
                    || left.cost.map { cost + cell.cost > $0 } ?? false
                guard sizes.contains(chosen.count) || isLast else { continue }
                if worth > best?.worth ?? least {
                    best = (Bundle(members: chosen, gain: gain, cost: cost), worth)
                }
            }
        }
        return best?.bundle
    }
}
