import Engine
import Foundation

/// What a sweep runs, with the places its later checks need.
struct LocatedSubject: Sendable {
    /// What runs.
    var value: SweepDefinition.TrialSubject
    /// Where it is named.
    var place: SourcePlace
    /// The arguments of a command.
    var arguments: [LocatedNode] = []

    /// Whether it is a program.
    var isCommand: Bool {
        if case .command = value { return true }
        return false
    }

    /// Whether it is a workload, which says what its parameters are; programs and outside loops have any.
    var isBuiltIn: Bool {
        if case .workload = value { return true }
        return false
    }
}

extension SweepParser {
    /// Exactly one of `workload`, `command` and `ask_tell`.
    mutating func readSubject() -> LocatedSubject? {
        let given = top.pairs.filter { ["workload", "command", "ask_tell"].contains($0.key) }
        guard let first = given.first else {
            if meant.isDisjoint(with: ["workload", "command", "ask_tell"]) {
                problems.add(.noSubject, at: top.place)
            }
            return nil
        }
        for other in given.dropFirst() {
            problems.add(.severalSubjects(first.key, other.key), at: other.keyPlace)
        }
        switch first.key {
        case "workload": return readWorkload(first.value)
        case "command": return readCommand(first.value)
        default: return readAskTell(first)
        }
    }

    /// `ask_tell: true`, or `ask_tell: {lease: 2h}`.
    private mutating func readAskTell(_ pair: LocatedPair) -> LocatedSubject? {
        var lease = SweepDefinition.usualLease
        if case .mapping = pair.value.content {
            guard let fields = fields(of: pair.value, in: "'ask_tell'", keys: ["lease"]) else { return nil }
            // A wrong lease is reported and the rest of the file read as if it were the usual one.
            if let entry = fields["lease"],
                let written = number(
                    entry.value, "ask_tell.lease", .duration,
                    read: { text throws(ScalarProblem) in try Scalars.duration(text) })
            {
                if (1...30 * 86_400).contains(written) {
                    lease = written
                } else {
                    problems.add(
                        .outOfRange(
                            Self.scalarText(entry.value), key: "ask_tell.lease", min: "1s", max: "30d"),
                        at: entry.value.place)
                }
            }
        } else {
            let isOn = number(
                pair.value, pair.key, .flag,
                read: { text throws(ScalarProblem) in try Scalars.flag(text) })
            guard let isOn else { return nil }
            guard isOn else {
                problems.add(.askTellOff, at: pair.value.place)
                return nil
            }
        }
        return LocatedSubject(value: .askTell(lease: lease), place: pair.keyPlace)
    }

    private mutating func readWorkload(_ node: LocatedNode) -> LocatedSubject? {
        guard let (name, place) = pluginName(node, "workload") else { return nil }
        guard let descriptor = catalog.workload(name) else {
            problems.add(.unknownName("workload", name, known: catalog.workloads.map(\.name)), at: place)
            return nil
        }
        workload = descriptor
        var options: [String: HyperparameterValue] = [:]
        for pair in Self.entries(of: node) where pair.key != "name" {
            guard let option = descriptor.options.first(where: { $0.name == pair.key }) else {
                let known = ["name"] + descriptor.options.map(\.name)
                problems.add(.unknownOption(pair.key, of: "workload", name, known: known), at: pair.keyPlace)
                continue
            }
            options[option.name] = value(pair.value, of: option)
        }
        workloadOptions = options
        return LocatedSubject(value: .workload(name: name, options: options), place: place)
    }

    private mutating func readCommand(_ node: LocatedNode) -> LocatedSubject? {
        guard case .sequence(let nodes) = node.content else {
            problems.add(
                node.isEmpty ? .missingValue("command") : .commandNotList(node.kindName), at: node.place)
            return nil
        }
        guard !nodes.isEmpty else {
            problems.add(.emptyList("command"), at: node.place)
            return nil
        }
        guard nodes.count <= 1000 else {
            problems.add(.tooMany(nodes.count, of: "command", most: 1000), at: node.place)
            return nil
        }
        var arguments: [String] = []
        for item in nodes {
            guard case .scalar(let text, let style) = item.content else {
                problems.add(.argumentNotScalar(item.kindName), at: item.place)
                continue
            }
            if text.isEmpty, style == .plain || arguments.isEmpty {
                problems.add(.emptyArgument, at: item.place)
            }
            arguments.append(text)
        }
        return LocatedSubject(value: .command(arguments), place: node.place, arguments: nodes)
    }

    /// The name in `key: name` or `key: {name: ...}`.
    mutating func pluginName(_ node: LocatedNode, _ key: String) -> (name: String, place: SourcePlace)? {
        guard case .mapping(let pairs) = node.content else {
            guard case .scalar = node.content else {
                problems.add(
                    .wrongShape("'\(key)'", expected: "a name or a map", found: node), at: node.place)
                return nil
            }
            return text(node, key).map { ($0, node.place) }
        }
        guard let pair = pairs.first(where: { $0.key == "name" }) else {
            problems.add(
                .missingKey("\(key).name", why: nil, help: "write '\(key): {name: ..., ...}'"), at: node.place
            )
            return nil
        }
        return text(pair.value, "\(key).name").map { ($0, pair.value.place) }
    }

    static func entries(of node: LocatedNode) -> [LocatedPair] {
        if case .mapping(let pairs) = node.content { return pairs }
        return []
    }

    /// Tokens per sequence: of a workload its option, of anything else the key `sequence_length`.
    mutating func readSequenceLength(_ subject: LocatedSubject?) -> Int? {
        switch subject?.value {
        case .workload(_, let options):
            guard let workload, let name = workload.sequenceLengthOption else { return nil }
            let option = workload.options.first { $0.name == name }
            guard case .integer(let length) = options[name] ?? option?.defaultValue, length > 0 else {
                return nil
            }
            return length
        case .command, .askTell:
            return top["sequence_length"].flatMap { count($0.value, "sequence_length", in: 1...(1 << 40)) }
        case nil:
            return nil
        }
    }

    /// Keys that only programs read are a mistake beside a workload, those about processes beside `ask_tell`.
    mutating func checkForCommandsOnly(_ subject: LocatedSubject?) {
        guard let subject, !subject.isCommand else { return }
        guard subject.isBuiltIn else {
            for key in SweepKeys.notForAskTell {
                if let pair = top[key] { problems.add(.notForAskTell(key), at: pair.keyPlace) }
            }
            return
        }
        for key in SweepKeys.forCommands {
            guard let pair = top[key] else { continue }
            let option = key == "sequence_length" ? workload?.sequenceLengthOption : nil
            problems.add(
                .onlyForCommands(key, workload: workload?.name ?? "", option: option), at: pair.keyPlace)
        }
    }
}
