import Engine

extension SweepParser {
    /// What is minimised or maximised.
    mutating func readMetric() -> SweepDefinition.Objective? {
        guard let pair = top["metric"] else {
            return SweepDefinition.Objective(name: workload?.defaultMetric ?? "validation_loss")
        }
        return objective(pair.value, "metric")
    }

    /// The axes of the Pareto front.
    mutating func readObjectives(metric: SweepDefinition.Objective?) -> [SweepDefinition.Objective]? {
        guard let pair = top["objectives"] else {
            guard let metric else { return [] }
            return [metric, SweepDefinition.Objective(name: "tokens")]
        }
        guard case .sequence(let nodes) = pair.value.content, !nodes.isEmpty else {
            problems.add(
                .wrongShape("'objectives'", expected: "a list of metrics", found: pair.value),
                at: pair.value.place)
            return nil
        }
        guard nodes.count <= 8 else {
            problems.add(.tooMany(nodes.count, of: "objectives", most: 8), at: pair.value.place)
            return nil
        }
        var objectives: [SweepDefinition.Objective] = []
        for node in nodes {
            guard let objective = objective(node, "objectives") else { continue }
            if objectives.contains(where: { $0.name == objective.name }) {
                problems.add(.duplicateValue(objective.name, in: "objectives"), at: node.place)
            }
            objectives.append(objective)
        }
        return objectives
    }

    /// `validation_loss` or `{name: validation_loss, goal: minimize}`.
    private mutating func objective(_ node: LocatedNode, _ key: String) -> SweepDefinition.Objective? {
        guard case .mapping = node.content else {
            return metricName(node, key).map { SweepDefinition.Objective(name: $0) }
        }
        guard let fields = fields(of: node, in: "'\(key)'", keys: ["name", "goal"]) else { return nil }
        let goal = fields["goal"].map { choice($0.value, "goal", SweepDefinition.Objective.Goal.self) }
        guard let pair = fields["name"] else {
            problems.add(
                .missingKey("\(key).name", why: nil, help: "write '{name: validation_loss, goal: minimize}'"),
                at: node.place)
            return nil
        }
        guard let name = metricName(pair.value, "\(key).name") else { return nil }
        return SweepDefinition.Objective(name: name, goal: (goal ?? .minimize) ?? .minimize)
    }

    private mutating func metricName(_ node: LocatedNode, _ key: String) -> String? {
        guard let name = text(node, key) else { return nil }
        if let workload {
            var known = [workload.defaultMetric]
            let reported = workload.metrics + (optimizer?.metrics ?? [])
            for metric in reported + SweepKeys.commonMetrics where !known.contains(metric) {
                known.append(metric)
            }
            guard known.contains(name) else {
                problems.add(.unknownMetric(name, workload: workload.name, known: known), at: node.place)
                return nil
            }
            if let option = workload.conditionalMetrics[name],
                (workloadOptions[option]?.number ?? 0) <= 0
            {
                problems.add(
                    .metricNeedsOption(name, option: option, workload: workload.name), at: node.place)
                return nil
            }
        } else if !Self.isSnakeCase(name) {
            problems.add(.invalidIdentifier(name, what: "metric"), at: node.place)
            return nil
        }
        return name
    }
}
