import Engine

/// The step of a range: a factor (`x2`) or a difference (`0.1`).
enum RangeStep: Sendable, Hashable {
    /// `x2`.
    case factor(Double)
    /// `0.1`.
    case difference(Double)

    /// The number.
    var size: Double {
        switch self {
        case .factor(let size), .difference(let size): size
        }
    }

    /// The scale on which such steps are equal.
    var naturalScale: HyperparameterDescriptor.Scale {
        switch self {
        case .factor: .log
        case .difference: .linear
        }
    }

    /// Whether such a step makes sense on a scale.
    func fits(_ scale: HyperparameterDescriptor.Scale) -> Bool {
        switch self {
        case .factor: scale != .linear
        case .difference: scale == .linear
        }
    }
}

/// What the answer of a sweep is for.
struct SweepTargets {
    var tokenBudgets: [Int]
    var modelSize: Int?
    var cells: [SweepDefinition.SizeAndBudget] = []
}

extension SweepParser {
    /// `token_budgets`, ascending: a list or `{min, max, step: x2}`.
    mutating func readTokenBudgets() -> [Int]? {
        guard let pair = top["token_budgets"] else {
            missing(
                "token_budgets",
                .missingKey(
                    "token_budgets", why: "they say for how many tokens the trials train",
                    help: "add 'token_budgets: [1M, 2M, 4M]'"),
                at: top.place)
            return nil
        }
        return readLadder(pair)
    }

    /// `model_sizes`, ascending: a list or `{min, max, step: x2}`; empty where the key is absent.
    mutating func readModelSizes(_ subject: LocatedSubject?) -> [Int]? {
        guard let pair = top["model_sizes"] else {
            if let target = top["target_model_size"] {
                problems.add(.targetsWithoutSizes("target_model_size"), at: target.keyPlace)
            }
            return []
        }
        if let workload = workload?.name {
            problems.add(.oneModelSize(workload: workload), at: pair.keyPlace)
        }
        return readLadder(pair)
    }

    private mutating func readTargetModelSize() -> Int? {
        guard let pair = top["target_model_size"] else { return nil }
        return count(pair.value, pair.key, in: 1...Scalars.largestCount)
    }

    /// `cells`: the only pairs of a listed model size and a listed budget that are trained.
    mutating func readCells(sizes: [Int]?, budgets: [Int]?) -> [SweepDefinition.SizeAndBudget]? {
        guard let pair = top["cells"] else { return [] }
        return readPairs(pair, listed: ["model_size": sizes, "token_budget": budgets])
    }

    /// What the answer is for: `target_token_budget` and `target_model_size`, or the pairs of `target_cells`.
    mutating func readTargets() -> SweepTargets? {
        guard let pair = top["target_cells"] else {
            let budgets = top["target_token_budget"].map { counts($0) } ?? []
            return budgets.map { SweepTargets(tokenBudgets: $0, modelSize: readTargetModelSize()) }
        }
        for key in ["target_token_budget", "target_model_size"] {
            if let other = top[key] { problems.add(.twoTargets(key), at: other.keyPlace) }
        }
        if top["model_sizes"] == nil {
            problems.add(.targetsWithoutSizes("target_cells"), at: pair.keyPlace)
        }
        return readPairs(pair, listed: [:]).map { cells in
            SweepTargets(tokenBudgets: Set(cells.map(\.tokenBudget)).sorted(), cells: cells)
        }
    }

    /// Pairs of a model size and a token budget, each among the listed ones where there is a list.
    private mutating func readPairs(
        _ pair: LocatedPair, listed: [String: [Int]?]
    ) -> [SweepDefinition.SizeAndBudget]? {
        guard let nodes = items(pair.value, pair.key) else { return nil }
        var pairs: [SweepDefinition.SizeAndBudget] = []
        for node in nodes {
            let owner = "'\(pair.key)'"
            guard let fields = fields(of: node, in: owner, keys: ["model_size", "token_budget"]) else {
                continue
            }
            var read: [String: Int] = [:]
            for key in ["model_size", "token_budget"] {
                guard let entry = fields[key] else {
                    problems.add(
                        .missingKey(key, why: "a cell is a model size and a budget", help: "add '\(key)'"),
                        at: node.place)
                    continue
                }
                guard let value = count(entry.value, key, in: 1...Scalars.largestCount) else { continue }
                if let known = listed[key] ?? nil, !known.contains(value) {
                    problems.add(
                        .cellNotListed(Self.scalarText(entry.value), key: key), at: entry.value.place)
                }
                read[key] = value
            }
            guard let size = read["model_size"], let budget = read["token_budget"] else { continue }
            let found = SweepDefinition.SizeAndBudget(modelSize: size, tokenBudget: budget)
            if pairs.contains(found) {
                problems.add(
                    .duplicateValue("{model_size: \(size), token_budget: \(budget)}", in: pair.key),
                    at: node.place)
            }
            pairs.append(found)
        }
        return pairs
    }

    /// A list of counts, or `{min, max, step: x2}`.
    private mutating func readLadder(_ pair: LocatedPair) -> [Int]? {
        guard case .mapping = pair.value.content else { return counts(pair) }
        let name = pair.key
        guard let fields = fields(of: pair.value, in: "'\(name)'", keys: ["min", "max", "step"]) else {
            return nil
        }
        for (key, other) in [("min", "max"), ("max", "min")] where fields[key] == nil {
            problems.add(.halfRange(name, missing: key), at: fields[other]?.keyPlace ?? fields.place)
        }
        let range = 1...Scalars.largestCount
        let step = fields["step"].map { readStep($0.value, unit: 1) } ?? .factor(2)
        guard let minNode = fields["min"]?.value, let maxNode = fields["max"]?.value else { return nil }
        let min = count(minNode, "min", in: range)
        let max = count(maxNode, "max", in: range)
        guard let min, let max, let step else { return nil }
        guard min < max else {
            problems.add(
                .emptyRange(name, Self.scalarText(minNode), Self.scalarText(maxNode)),
                at: minNode.place)
            return nil
        }
        let domain = SweepDefinition.SearchParameter.Domain.range(
            min: Double(min), max: Double(max), scale: step.naturalScale, step: step.size, integer: true)
        guard let count = domain.gridCount, count <= 1000, let values = domain.gridValues else {
            problems.add(
                .tooMany(domain.gridCount ?? 0, of: name, most: 1000), at: pair.value.place)
            return nil
        }
        guard count > 1 else {
            let node = fields["step"]?.value ?? pair.value
            problems.add(.stepTooLarge(Self.scalarText(node), key: name), at: node.place)
            return nil
        }
        return values.compactMap { $0.number.map { Int($0) } }
    }

    private mutating func counts(_ pair: LocatedPair) -> [Int]? {
        guard let nodes = items(pair.value, pair.key) else { return nil }
        var counts: [Int] = []
        for node in nodes {
            guard let count = count(node, pair.key, in: 1...Scalars.largestCount) else { continue }
            if counts.contains(count) {
                problems.add(.duplicateValue(Self.scalarText(node), in: pair.key), at: node.place)
            }
            counts.append(count)
        }
        return counts.count == nodes.count ? counts.sorted() : nil
    }

    /// `x2` or `0.5`; a difference may have a count's ending.
    mutating func readStep(_ node: LocatedNode, unit: Int) -> RangeStep? {
        guard let text = text(node, "step") else { return nil }
        if text.hasPrefix("x") || text.hasPrefix("*") {
            if let factor = try? Scalars.real(String(text.dropFirst())), factor > 1, factor <= 1e9 {
                return .factor(factor)
            }
            problems.add(.invalidStep(text), at: node.place)
            return nil
        }
        let difference = (try? Scalars.real(text)) ?? (try? Scalars.count(text)).map(Double.init)
        guard let difference, difference > 0 else {
            problems.add(.invalidStep(text), at: node.place)
            return nil
        }
        return .difference(difference * Double(unit))
    }
}
