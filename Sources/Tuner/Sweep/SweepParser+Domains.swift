import Engine

/// What is known about a hyperparameter while its values are read.
struct DomainReader {
    /// The key in the file.
    var key: String
    /// The name in the definition.
    var name: String
    /// Kind, range and scale; `nil` for a command's own hyperparameter, which is read by its looks.
    var descriptor: HyperparameterDescriptor?
    /// What a written number is multiplied with.
    var unit: Int
    /// Batch sizes as they were written.
    var written: [LocatedParameter.WrittenCount] = []

    /// Whether it is the batch size.
    var isBatchSize: Bool { name == "batch_size_tokens" }
}

extension SweepParser {
    /// The values a hyperparameter may take: `{value}`, `{values}`, `{min, max, scale, step}`, or short a value or
    /// a list.
    mutating func domain(
        of node: LocatedNode, _ reader: inout DomainReader
    ) -> SweepDefinition.SearchParameter.Domain? {
        guard case .mapping = node.content else { return values(of: node, &reader) }
        let keys = ["value", "values", "min", "max", "scale", "step"]
        guard let fields = fields(of: node, in: "hyperparameter '\(reader.key)'", keys: keys) else {
            return nil
        }
        let forms = [
            fields["value"]?.keyPlace, fields["values"]?.keyPlace, (fields["min"] ?? fields["max"])?.keyPlace,
        ].compactMap(\.self)
        guard forms.count == 1,
            fields.pairs.contains(where: { ["value", "values", "min", "max"].contains($0.key) })
        else {
            problems.add(.oneFormOfValues(reader.key, count: forms.count), at: node.place)
            return nil
        }
        for key in ["scale", "step"] where fields["min"] == nil && fields["max"] == nil {
            if let pair = fields[key] { problems.add(.onlyForRanges(key), at: pair.keyPlace) }
        }
        if let pair = fields["value"] {
            guard case .scalar = pair.value.content else {
                problems.add(
                    .wrongShape("'value'", expected: "a single value", found: pair.value),
                    at: pair.value.place)
                return nil
            }
            return values(of: pair.value, &reader)
        }
        if let pair = fields["values"] {
            if case .scalar = pair.value.content, !pair.value.isEmpty {
                problems.add(
                    .wrongShape("'values'", expected: "a list", found: pair.value), at: pair.value.place)
                return nil
            }
            return values(of: pair.value, &reader)
        }
        return range(fields, &reader)
    }

    /// A value or a list of them; numbers are sorted, a list of one is a value.
    private mutating func values(
        of node: LocatedNode, _ reader: inout DomainReader
    ) -> SweepDefinition.SearchParameter.Domain? {
        guard let nodes = items(node, reader.key) else { return nil }
        var values: [HyperparameterValue] = []
        for item in nodes {
            guard let value = single(item, &reader) else { continue }
            if values.contains(where: { Self.isSame($0, value) }) {
                problems.add(.duplicateValue(Self.scalarText(item), in: reader.key), at: item.place)
            }
            values.append(value)
        }
        guard values.count == nodes.count else { return nil }
        if reader.descriptor == nil { values = Self.unified(values, texts: nodes.map(Self.scalarText)) }
        if values.allSatisfy({ $0.number != nil }) {
            values.sort { ($0.number ?? 0) < ($1.number ?? 0) }
        }
        return values.count == 1 ? .value(values[0]) : .values(values)
    }

    /// One value, in range; a batch size in tokens.
    private mutating func single(_ node: LocatedNode, _ reader: inout DomainReader) -> HyperparameterValue? {
        if reader.isBatchSize {
            guard let tokens = batchSize(node, &reader) else { return nil }
            return .integer(tokens)
        }
        if let descriptor = reader.descriptor { return value(node, of: descriptor) }
        return text(node, reader.key).map(Self.valueByLooks)
    }

    private mutating func batchSize(_ node: LocatedNode, _ reader: inout DomainReader) -> Int? {
        guard let count = count(node, reader.key, in: 1...(Scalars.largestCount / reader.unit)) else {
            return nil
        }
        let tokens = count * reader.unit
        reader.written.append(.init(tokens: tokens, text: Self.scalarText(node), place: node.place))
        return tokens
    }

    // MARK: - Ranges

    private mutating func range(
        _ fields: Fields, _ reader: inout DomainReader
    ) -> SweepDefinition.SearchParameter.Domain? {
        for (key, other) in [("min", "max"), ("max", "min")] where fields[key] == nil {
            problems.add(.halfRange(reader.key, missing: key), at: fields[other]?.keyPlace ?? fields.place)
        }
        let written = readScale(fields)
        guard let minNode = fields["min"]?.value, let maxNode = fields["max"]?.value else { return nil }
        let min = bound(minNode, &reader)
        let max = bound(maxNode, &reader)
        let step = fields["step"].map { readStep($0.value, unit: reader.unit) }
        guard let min, let max, case .some(let written) = written else { return nil }
        let standard = reader.descriptor?.scale ?? .linear
        var scale = written ?? standard
        if case .some(.some(let step)) = step, !step.fits(scale) {
            if written != nil, let pair = fields["step"] {
                problems.add(
                    .stepDoesNotFit(Self.scalarText(pair.value), scale: scale.rawValue), at: pair.value.place)
                return nil
            }
            scale = step.naturalScale
        }
        guard min.value < max.value else {
            problems.add(
                .emptyRange(reader.key, Self.scalarText(minNode), Self.scalarText(maxNode)), at: minNode.place
            )
            return nil
        }
        guard scale != .log || min.value > 0 else {
            problems.add(.logScaleNeedsPositive(reader.key, Self.scalarText(minNode)), at: minNode.place)
            return nil
        }
        guard scale != .complementLog || max.value < 1 else {
            problems.add(.complementLogNeedsBelowOne(reader.key, Self.scalarText(maxNode)), at: maxNode.place)
            return nil
        }
        let integer = min.isInteger && max.isInteger
        guard let step else {
            return .range(min: min.value, max: max.value, scale: scale, step: nil, integer: integer)
        }
        guard let step, let stepNode = fields["step"]?.value else { return nil }
        let domain = SweepDefinition.SearchParameter.Domain.range(
            min: min.value, max: max.value, scale: scale, step: step.size, integer: integer)
        return checked(domain, at: stepNode, &reader)
    }

    /// A stepped range has at least two values and not too many; that of a batch size becomes a list.
    private mutating func checked(
        _ domain: SweepDefinition.SearchParameter.Domain, at node: LocatedNode, _ reader: inout DomainReader
    ) -> SweepDefinition.SearchParameter.Domain? {
        guard let count = domain.gridCount, count <= 10_000 else {
            problems.add(.tooMany(domain.gridCount ?? 0, of: reader.key, most: 10_000), at: node.place)
            return nil
        }
        guard count > 1 else {
            problems.add(.stepTooLarge(Self.scalarText(node), key: reader.key), at: node.place)
            return nil
        }
        guard reader.isBatchSize, let values = domain.gridValues else { return domain }
        reader.written = values.map { value in
            let tokens = Int(value.number ?? 0)
            return .init(tokens: tokens, text: String(tokens / reader.unit), place: node.place)
        }
        return .values(values)
    }

    private mutating func bound(
        _ node: LocatedNode, _ reader: inout DomainReader
    ) -> (value: Double, isInteger: Bool)? {
        switch reader.descriptor?.kind {
        case .choice, .flag, .path:
            problems.add(.rangeOfNames(reader.key), at: node.place)
            return nil
        case .real, .integer:
            guard let value = single(node, &reader), let number = value.number else { return nil }
            if case .integer = value { return (number, true) }
            return (number, false)
        case nil:
            guard let text = text(node, reader.key) else { return nil }
            let value = Self.valueByLooks(text)
            guard let number = value.number else {
                problems.add(
                    .wrongNumber(text, key: reader.key, expected: .real, problem: .notANumber), at: node.place
                )
                return nil
            }
            if case .integer = value { return (number, true) }
            return (number, false)
        }
    }

    /// The scale: outer `nil` when it is wrong, inner `nil` when nothing is said.
    private mutating func readScale(_ fields: Fields) -> HyperparameterDescriptor.Scale?? {
        guard let pair = fields["scale"] else { return .some(nil) }
        guard let name = text(pair.value, "scale") else { return nil }
        guard let scale = HyperparameterDescriptor.Scale(rawValue: name) else {
            problems.add(
                .unknownChoice(name, key: "scale", choices: ["log", "linear", "complement_log"]),
                at: pair.value.place)
            return nil
        }
        return .some(scale)
    }

    // MARK: - Values by their looks

    /// A value of a command's own hyperparameter: a whole number, a real if it has a point or an exponent, or text.
    static func valueByLooks(_ text: String) -> HyperparameterValue {
        guard let parts = try? NumberText(text) else { return .text(text) }
        if !parts.looksReal || !parts.suffix.isEmpty {
            return (try? Scalars.integer(text)).map { .integer($0) } ?? .text(text)
        }
        return (try? parts.double()).map { .real($0) } ?? .text(text)
    }

    /// Values of one kind: reals as soon as one is a real, texts as soon as one is a text.
    static func unified(_ values: [HyperparameterValue], texts: [String]) -> [HyperparameterValue] {
        if values.contains(where: { $0.number == nil }) { return texts.map { .text($0) } }
        let hasReal = values.contains { if case .real = $0 { true } else { false } }
        return hasReal ? values.map { .real($0.number ?? 0) } : values
    }

    private static func isSame(_ first: HyperparameterValue, _ second: HyperparameterValue) -> Bool {
        if let left = first.number, let right = second.number { return left == right }
        return first == second
    }
}
