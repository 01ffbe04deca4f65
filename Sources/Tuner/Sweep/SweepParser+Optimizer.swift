import Engine
import Plugins

extension SweepParser {
    /// The optimizer: required for workloads, meaningless for commands.
    mutating func readOptimizer(_ subject: LocatedSubject?) -> SweepDefinition.OptimizerChoice? {
        guard let pair = top["optimizer"] else {
            if let subject, subject.isBuiltIn {
                let names = workload.map { catalog.optimizers(for: $0) } ?? catalog.optimizers.map(\.name)
                missing(
                    "optimizer",
                    .missingOptimizer(workload: workload?.name ?? "", known: names), at: subject.place)
            }
            return nil
        }
        if let subject, !subject.isBuiltIn {
            problems.add(subject.isCommand ? .optimizerOfCommand : .optimizerOfLoop, at: pair.keyPlace)
            return nil
        }
        guard let found = findOptimizer(pair.value) else { return nil }
        let descriptor = found.descriptor
        optimizer = descriptor
        checkFit(of: descriptor.name, at: found.place)
        var options: [String: HyperparameterValue] = [:]
        for entry in Self.entries(of: pair.value) where !Self.optimizerKeys.contains(entry.key) {
            options[entry.key] = optimizerOption(entry, descriptor)
        }
        let entry = Self.entries(of: pair.value).first { $0.key == "schedule" }
        let standard = workload?.defaultSchedule ?? LearningRateSchedule()
        let schedule = entry.map { readSchedule($0.value, standard: standard) } ?? standard
        let growth = Self.entries(of: pair.value).first { $0.key == "batch_growth" }
        batchGrowth = growth.flatMap { readBatchGrowth($0, descriptor) }
        return SweepDefinition.OptimizerChoice(
            name: descriptor.name, options: options, schedule: schedule,
            batchGrowth: batchGrowth, external: found.external)
    }

    /// What is no option of the optimizer in its map.
    private static let optimizerKeys = ["name", "plugin", "schedule", "batch_growth"]

    /// Whether the workload can be trained with it.
    private mutating func checkFit(of name: String, at place: SourcePlace) {
        guard let workload else { return }
        let supported = catalog.optimizers(for: workload)
        // A workload without a list takes every update rule, those from libraries too.
        let takesAnyRule =
            workload.supportedOptimizers == nil && catalog.optimizer(name)?.isRoundMethod != true
        if !takesAnyRule, !supported.contains(name) {
            problems.add(
                .optimizerNotSupported(name, workload: workload.name, supported: supported), at: place)
        } else if catalog.optimizersNeedingPerExampleGradients.contains(name),
            !workload.givesPerExampleGradients
        {
            let able = catalog.workloads.filter(\.givesPerExampleGradients).map(\.name)
            problems.add(.needsPerExampleGradients(name, workload: workload.name, able: able), at: place)
        }
    }

    private mutating func optimizerOption(
        _ entry: LocatedPair, _ descriptor: OptimizerDescriptor
    ) -> HyperparameterValue? {
        guard entry.key != "learning_rate" else {
            problems.add(.learningRateOfOptimizer, at: entry.keyPlace)
            return nil
        }
        guard let option = descriptor.hyperparameters.first(where: { $0.name == entry.key }) else {
            let known =
                Self.optimizerKeys
                + descriptor.hyperparameters.map(\.name).filter { $0 != "learning_rate" }
            problems.add(
                .unknownOption(entry.key, of: "optimizer", descriptor.name, known: known), at: entry.keyPlace)
            return nil
        }
        return value(entry.value, of: option)
    }

    /// `schedule: cosine` or `schedule: {shape, warmup_fraction, decay_fraction}`.
    private mutating func readSchedule(
        _ node: LocatedNode, standard: LearningRateSchedule
    ) -> LearningRateSchedule {
        var schedule = standard
        if case .scalar = node.content {
            schedule.shape =
                choice(node, "schedule", LearningRateSchedule.Shape.self) ?? schedule.shape
            return schedule
        }
        let keys = ["shape", "warmup_fraction", "decay_fraction"]
        guard let fields = fields(of: node, in: "'schedule'", keys: keys) else { return schedule }
        if let pair = fields["shape"] {
            schedule.shape = choice(pair.value, "shape", LearningRateSchedule.Shape.self) ?? schedule.shape
        }
        if let pair = fields["warmup_fraction"] {
            schedule.warmupFraction =
                real(pair.value, "warmup_fraction", in: 0...1) ?? schedule.warmupFraction
        }
        if let pair = fields["decay_fraction"] {
            schedule.decayFraction = real(pair.value, "decay_fraction", in: 0...1) ?? schedule.decayFraction
            if schedule.shape != .wsd {
                problems.add(.decayWithoutWSD(schedule.shape.rawValue), at: pair.keyPlace)
            } else if schedule.warmupFraction + schedule.decayFraction > 1 {
                problems.add(
                    .scheduleOverfull(schedule.warmupFraction, schedule.decayFraction), at: pair.value.place)
            }
        }
        return schedule
    }

    /// `batch_growth: {start_tokens: 64Ki, factor: 2}`.
    private mutating func readBatchGrowth(
        _ pair: LocatedPair, _ descriptor: OptimizerDescriptor
    ) -> BatchGrowth? {
        guard !descriptor.isRoundMethod else {
            problems.add(.growthOfRounds(descriptor.name), at: pair.keyPlace)
            return nil
        }
        guard
            let fields = fields(of: pair.value, in: "'batch_growth'", keys: ["start_tokens", "factor"])
        else { return nil }
        guard let start = fields["start_tokens"] else {
            problems.add(
                .missingKey(
                    "batch_growth.start_tokens", why: "the batch grows when the run it was tuned for is over",
                    help: "add 'start_tokens' with the tokens of that run"), at: pair.value.place)
            return nil
        }
        let factors = BatchGrowth.factors
        let factor = fields["factor"].map {
            count($0.value, "factor", in: factors.lowerBound...factors.upperBound)
        }
        guard let tokens = count(start.value, "start_tokens", in: 1...Scalars.largestCount) else {
            return nil
        }
        return BatchGrowth(startTokens: tokens, factor: (factor ?? 2) ?? 2)
    }
}
