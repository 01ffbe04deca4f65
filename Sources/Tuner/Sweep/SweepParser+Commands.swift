import Foundation

extension SweepParser {
    /// `working_directory`, absolute; it must be there.
    mutating func readWorkingDirectory() -> URL? {
        guard let pair = top["working_directory"], let path = text(pair.value, pair.key),
            let url = existingPath(path, at: pair.value.place)
        else { return nil }
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        guard isFolder.boolValue else {
            problems.add(.notAFolder(path), at: pair.value.place)
            return nil
        }
        return url
    }

    /// `environment`: names and texts.
    mutating func readEnvironment() -> [String: String]? {
        guard let pair = top["environment"] else { return nil }
        guard case .mapping(let entries) = pair.value.content else {
            problems.add(
                .wrongShape("'environment'", expected: "a map", found: pair.value), at: pair.value.place)
            return nil
        }
        var environment: [String: String] = [:]
        for entry in entries {
            let isName = entry.key.unicodeScalars.enumerated().allSatisfy { offset, scalar in
                scalar == "_" || (scalar.isASCII && scalar.properties.isAlphabetic)
                    || (offset > 0 && ("0"..."9").contains(scalar))
            }
            if !isName || entry.key.isEmpty {
                problems.add(.invalidVariableName(entry.key), at: entry.keyPlace)
            }
            if case .scalar(let value, _) = entry.value.content {
                environment[entry.key] = value
            } else {
                _ = text(entry.value, "environment.\(entry.key)")
            }
        }
        return environment
    }

    /// `runner: local` or `runner: {type: local}`; others are not there yet.
    mutating func readRunner() {
        guard let pair = top["runner"] else { return }
        var type = pair.value
        if case .mapping(let entries) = pair.value.content {
            guard let entry = entries.first(where: { $0.key == "type" }) else {
                problems.add(
                    .missingKey("runner.type", why: nil, help: "write 'runner: {type: local}'"),
                    at: pair.value.place)
                return
            }
            type = entry.value
            if Self.scalarText(type) == "local" {
                _ = fields(of: pair.value, in: "'runner'", keys: ["type"])
            }
        }
        guard let name = text(type, "runner.type") else { return }
        switch name {
        case "local": break
        case "slurm", "ray": problems.add(.notSupportedYet("runner.type: \(name)"), at: type.place)
        default:
            problems.add(
                .unknownChoice(name, key: "runner.type", choices: ["local", "slurm", "ray"]), at: type.place)
        }
    }

    /// Every macro of a command names something the sweep has.
    mutating func checkMacros(_ subject: LocatedSubject?, parameters: [String]?) {
        guard let subject, subject.isCommand, let parameters else { return }
        var known = parameters
        for macro in SweepKeys.macros where !known.contains(macro) { known.append(macro) }
        let hasBatchSize = parameters.contains("batch_size_tokens")
        for node in subject.arguments { checkMacros(of: node, known: known, hasBatchSize: hasBatchSize) }
        // A path is one text, whatever the parameters are.
        if let observationsPath {
            checkMacros(
                of: observationsPath, known: known.filter { $0 != "args" }, hasBatchSize: hasBatchSize)
        }
    }

    private mutating func checkMacros(of node: LocatedNode, known: [String], hasBatchSize: Bool) {
        guard case .scalar(let text, _) = node.content else { return }
        let template = MacroTemplate(text)
        for defect in template.defects {
            problems.add(
                .malformedMacro(defect.text), at: place(in: node, defect.offset, defect.text.count))
        }
        for macro in template.macros {
            let place = place(in: node, macro.offset, macro.name.count + 3)
            if !known.contains(macro.name) {
                problems.add(.unknownMacro(macro.name, known: known), at: place)
            } else if macro.name == "args", !template.isSingleMacro {
                problems.add(.argsNotAlone(text), at: place)
            } else if ["batch_size_tokens", "batch_size_sequences", "steps"].contains(macro.name),
                !hasBatchSize
            {
                problems.add(.macroUnavailable(macro.name, needs: "batch_size_tokens"), at: place)
            } else if macro.name == "batch_size_sequences", sequenceLength == nil,
                top["sequence_length"] == nil
            {
                problems.add(.macroUnavailable(macro.name, needs: "sequence_length"), at: place)
            }
        }
    }

    /// The place of a part of a scalar; the whole scalar when escapes or line breaks hide where the part is.
    private func place(in node: LocatedNode, _ offset: Int, _ length: Int) -> SourcePlace {
        guard case .scalar(let text, let style) = node.content, style != .block else { return node.place }
        let quotes = style == .plain ? 0 : 1
        guard node.place.length == text.unicodeScalars.count + 2 * quotes else { return node.place }
        return SourcePlace(line: node.place.line, column: node.place.column + quotes + offset, length: length)
    }
}
