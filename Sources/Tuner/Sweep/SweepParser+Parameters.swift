import Engine
import Plugins

/// A hyperparameter with the places its later checks need.
struct LocatedParameter: Sendable {
    /// The hyperparameter; a batch size is in tokens.
    var parameter: SweepDefinition.SearchParameter
    /// Where its name stands.
    var keyPlace: SourcePlace
    /// Whole numbers it may take, as written, for the checks of batch sizes.
    var written: [WrittenCount] = []

    /// A batch size as it was written.
    struct WrittenCount: Sendable {
        /// Tokens.
        var tokens: Int
        /// What the file says.
        var text: String
        /// Where.
        var place: SourcePlace
    }
}

/// All hyperparameters of a file.
struct LocatedParameters: Sendable {
    /// The readable ones, in the order of the file.
    var parameters: [LocatedParameter] = []
    /// The names of all, readable or not; batch sizes are `batch_size_tokens`.
    var names: [String] = []

    /// The batch size.
    var batchSize: LocatedParameter? { parameters.first { $0.parameter.name == "batch_size_tokens" } }
}

extension SweepParser {
    /// `parameters`.
    mutating func readParameters(_ subject: LocatedSubject?) -> LocatedParameters? {
        guard let pair = top["parameters"] else {
            missing(
                "parameters", .noParameters(isCommand: !(subject?.isBuiltIn ?? true)), at: top.place)
            return nil
        }
        guard case .mapping(let entries) = pair.value.content, !entries.isEmpty else {
            problems.add(
                pair.value.isEmpty
                    ? .missingValue("parameters")
                    : .wrongShape("'parameters'", expected: "a map of names", found: pair.value),
                at: pair.value.place)
            return nil
        }
        guard entries.count <= 64 else {
            problems.add(.tooMany(entries.count, of: "parameters", most: 64), at: entries[64].keyPlace)
            return nil
        }
        var found = LocatedParameters()
        for entry in entries {
            guard let (name, descriptor, unit) = meaning(of: entry, isFree: subject.map { !$0.isBuiltIn })
            else {
                if SweepKeys.batchSizes.contains(entry.key) || entry.key == "batch_size" {
                    found.names.append("batch_size_tokens")
                }
                continue
            }
            if found.names.contains(name) {
                problems.add(.parameterTwice(name, "'parameters'"), at: entry.keyPlace)
            }
            if let fixed = fixedOption(name) {
                problems.add(.parameterTwice(name, "'optimizer' (line \(fixed.line))"), at: entry.keyPlace)
            }
            found.names.append(name)
            var reader = DomainReader(key: entry.key, name: name, descriptor: descriptor, unit: unit)
            if let domain = domain(of: entry.value, &reader) {
                let parameter = SweepDefinition.SearchParameter(name: name, domain: domain)
                found.parameters.append(
                    LocatedParameter(parameter: parameter, keyPlace: entry.keyPlace, written: reader.written))
            }
        }
        if let subject, subject.isBuiltIn { checkRequired(found.names, at: pair.keyPlace) }
        return found
    }

    /// A workload cannot be trained without these two.
    private mutating func checkRequired(_ names: [String], at place: SourcePlace) {
        let hasRate = optimizer?.hyperparameters.contains { $0.name == "learning_rate" } ?? false
        if hasRate, !names.contains("learning_rate") {
            missing("learning_rate", .missingLearningRate, at: place)
        }
        if !names.contains("batch_size_tokens") {
            missing("batch_size_tokens", .missingBatchSize, at: place)
        }
    }

    /// What a name under `parameters` means: its name in the definition, its descriptor, and tokens per unit. Names are
    /// `isFree` where no optimizer says which there are.
    private mutating func meaning(
        of entry: LocatedPair, isFree: Bool?
    ) -> (name: String, descriptor: HyperparameterDescriptor?, unit: Int)? {
        let key = entry.key
        if key == "batch_size" {
            problems.add(.bareBatchSize, at: entry.keyPlace)
            return nil
        }
        if SweepKeys.batchSizes.contains(key) {
            guard let unit = batchUnit(of: entry, isFree: isFree) else { return nil }
            return ("batch_size_tokens", SweepKeys.batchSize, unit)
        }
        if isFree == true {
            guard Self.isSnakeCase(key) else {
                problems.add(.invalidIdentifier(key, what: "hyperparameter"), at: entry.keyPlace)
                return nil
            }
            guard !SweepKeys.reservedParameters.contains(key) else {
                problems.add(.reservedParameter(key), at: entry.keyPlace)
                return nil
            }
            return (key, SweepKeys.knownParameters.first { $0.name == key }, 1)
        }
        guard let optimizer else { return (key, SweepKeys.knownParameters.first { $0.name == key }, 1) }
        guard let descriptor = optimizer.hyperparameters.first(where: { $0.name == key }) else {
            let isOption = workload?.options.contains { $0.name == key } ?? false
            let isSchedule = ["warmup_fraction", "decay_fraction"].contains(key)
            problems.add(
                .unknownParameter(
                    key, optimizer: optimizer.name, known: optimizer.hyperparameters.map(\.name),
                    owner: isOption ? "workload" : isSchedule ? "optimizer.schedule" : nil),
                at: entry.keyPlace)
            let known = optimizer.hyperparameters.map(\.name) + ["batch_size_tokens"]
            if let name = NearestName.suggestion(for: key, among: known) { meant.insert(name) }
            return nil
        }
        return (key, descriptor, 1)
    }

    /// Tokens per written unit of a batch size.
    private mutating func batchUnit(of entry: LocatedPair, isFree: Bool?) -> Int? {
        switch entry.key {
        case "batch_size_sequences":
            if let sequenceLength { return sequenceLength }
            guard let isFree, isFree ? top["sequence_length"] == nil : workload != nil else {
                return nil
            }
            problems.add(.noSequenceLength(workload: workload?.name), at: entry.keyPlace)
            return nil
        case "batch_size_examples":
            if let workload, workload.sequenceLengthOption != nil {
                problems.add(.examplesOfSequences(workload.name), at: entry.keyPlace)
                return nil
            }
            return 1
        default:
            return 1
        }
    }

    /// Where the optimizer's map fixes a hyperparameter.
    private func fixedOption(_ name: String) -> SourcePlace? {
        guard let node = top["optimizer"]?.value, name != "learning_rate" else { return nil }
        return Self.entries(of: node).first { $0.key == name && $0.key != "name" }?.keyPlace
    }
}
