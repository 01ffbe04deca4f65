import Engine
import Foundation
import Plugins
import ScalingLaws

/// Turns the tree of one sweep file into a definition and collects everything that is wrong on the way.
///
/// A method that finds a problem reports it and returns `nil`; nothing stops at the first problem, and nothing is
/// reported again because of it.
struct SweepParser {
    let source: SweepSource
    let text: SourceText
    let catalog: SweepCatalog
    var problems: DiagnosticList

    /// The keys of the file's map.
    var top = Fields(place: .start, pairs: [])
    /// The descriptor of the named workload.
    var workload: WorkloadDescriptor?
    /// The options written beside it.
    var workloadOptions: [String: HyperparameterValue] = [:]
    /// The descriptor of the named optimizer.
    var optimizer: OptimizerDescriptor?
    /// How the batch grows during a trial.
    var batchGrowth: BatchGrowth?
    /// Tokens per sequence, when there are sequences.
    var sequenceLength: Int?
    /// The path of a file of observations, whose macros are checked with those of the command.
    var observationsPath: LocatedNode?
    /// Names that misspelled ones were probably meant to be; their absence is not reported a second time.
    var meant: Set<String> = []

    init(source: SweepSource, text: SourceText, catalog: SweepCatalog, problems: DiagnosticList) {
        self.source = source
        self.text = text
        self.catalog = catalog
        self.problems = problems
    }

    /// Reads the whole file.
    mutating func sweep(_ root: LocatedNode) -> SweepDefinition? {
        guard let top = fields(of: root, in: "a sweep file", keys: SweepKeys.top) else { return nil }
        self.top = top
        let name = readName()
        let summary = top["description"].flatMap { text($0.value, "description") }
        let subject = readSubject()
        sequenceLength = readSequenceLength(subject)
        let optimizer = readOptimizer(subject)
        let metric = readMetric()
        let objectives = readObjectives(metric: metric)
        let parameters = readParameters(subject)
        let budgets = readTokenBudgets()
        let targets = readTargets()
        let modelSizes = readModelSizes(subject)
        let law = readLaw(parameters: parameters?.parameters)
        let method = readMethod()
        let cells = readCells(sizes: modelSizes, budgets: budgets)
        let earlyTermination = readEarlyTermination(subject, optimizer: optimizer, budgets: budgets)
        let probe = readProbe(subject)
        let limits = readLimits()
        let stacking = readStack(subject, optimizer: optimizer, limits: limits)
        let shorterRuns = readShorterRuns(subject, optimizer: optimizer)
        let observations = readObservations(metric: metric)
        let directory = readWorkingDirectory()
        let environment = readEnvironment()
        readRunner()
        checkForCommandsOnly(subject)
        if let parameters {
            checkBatchSizes(parameters, budgets: budgets)
            checkMethod(
                method, parameters: parameters, budgets: budgets, sizes: modelSizes?.count ?? 1,
                limits: limits)
        }
        checkMacros(
            subject,
            parameters: parameters.map { $0.names + (top["model_sizes"] == nil ? [] : ["model_size"]) })

        guard problems.isEmpty, let name, let subject, let metric, let objectives, let parameters,
            let budgets,
            let targets, let modelSizes, let cells, let law, let method
        else { return nil }
        var searched = parameters.parameters.map(\.parameter)
        if !modelSizes.isEmpty {
            searched.append(
                .init(name: "model_size", domain: .values(modelSizes.map { .integer($0) })))
        }
        var definition = SweepDefinition(
            name: name, summary: summary, subject: subject.value, optimizer: optimizer, metric: metric,
            objectives: objectives, parameters: searched, tokenBudgets: budgets,
            targetTokenBudgets: targets.tokenBudgets, law: law, method: method,
            earlyTermination: earlyTermination, runCap: limits.runCap,
            costCap: limits.costCap, costUnit: limits.costUnit ?? (modelSizes.isEmpty ? .tokens : .flops),
            modelSizes: modelSizes, cells: cells, targetModelSize: targets.modelSize,
            targetCells: targets.cells,
            replicates: limits.replicates, seed: limits.seed, parallel: limits.parallel,
            retries: limits.retries, trialTimeout: limits.trialTimeout, memoryLimit: limits.memoryLimit,
            sequenceLength: subject.isBuiltIn ? nil : sequenceLength,
            batchSizeGranularity: sequenceLength ?? 1,
            observations: observations ?? .protocolLines, workingDirectory: directory ?? source.directory,
            environment: environment ?? [:], probe: probe)
        definition.stacking = stacking
        definition.shorterRuns = shorterRuns
        return definition
    }

    private mutating func readName() -> String? {
        guard let pair = top["name"] else {
            missing("name", .missingKey("name", why: nil, help: "add 'name: my-sweep'"), at: top.place)
            return nil
        }
        guard let name = text(pair.value, "name") else { return nil }
        let allowed = name.unicodeScalars.allSatisfy { $0 == "-" || Self.isLowerOrDigit($0) }
        guard allowed, (1...64).contains(name.count), !name.hasPrefix("-") else {
            problems.add(.invalidName(name), at: pair.value.place)
            return nil
        }
        return name
    }

    static func isLowerOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
    }

    /// Whether a text can be a hyperparameter's or a metric's name.
    static func isSnakeCase(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, ("a"..."z").contains(first), name.count <= 64 else {
            return false
        }
        return name.unicodeScalars.allSatisfy { $0 == "_" || isLowerOrDigit($0) }
    }
}

/// The entries of a map whose keys are known.
struct Fields: Sendable {
    /// Where the map begins.
    var place: SourcePlace
    /// Its entries.
    var pairs: [LocatedPair]

    /// The entry of a key.
    subscript(_ key: String) -> LocatedPair? {
        pairs.first { $0.key == key }
    }
}
