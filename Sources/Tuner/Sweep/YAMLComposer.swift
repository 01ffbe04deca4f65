/// Builds the located tree of a sweep file from the events of its text.
///
/// Aliases are copied, within the budget of nodes that the whole file has, so that a few lines cannot grow into
/// gigabytes. Duplicate keys are reported and the first one is kept.
struct YAMLComposer {
    /// Lists and maps inside one another.
    static let deepest = 32
    /// Scalars, lists and maps of a file, those copied by aliases included.
    static let mostNodes = 50_000
    /// Keys of one map.
    static let mostKeys = 256

    /// Stops the composition; the diagnostic is already there.
    private struct Stop: Error {}

    private let source: SourceText
    private let events: YAMLEventSource
    private var anchors: [String: LocatedNode] = [:]
    private var nodesLeft = YAMLComposer.mostNodes
    private var problems: DiagnosticList

    private init(_ source: SourceText) {
        self.source = source
        events = YAMLEventSource(source.text)
        problems = DiagnosticList(source)
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - source: the text.
    ///   - problems: gains what is wrong.
    /// - Returns: the tree, or `nil` when the text is not one YAML document that can be read.
    static func compose(_ source: SourceText, problems: inout DiagnosticList) -> LocatedNode? {
        if source.text.utf8.count > SourceText.largestFile {
            problems.add(.fileTooLarge(source.text.utf8.count, limit: SourceText.largestFile), at: .start)
            return nil
        }
        if let (scalar, place) = source.firstForbiddenCharacter() {
            let isFirst = place.line == 1 && place.column == 1
            problems.add(.forbiddenCharacter(scalar, isFirst: isFirst), at: place)
            return nil
        }
        var composer = YAMLComposer(source)
        let root = try? composer.document()
        problems.append(composer.problems)
        return root
    }

    private mutating func document() throws(Stop) -> LocatedNode {
        _ = try next()
        let first = try next()
        guard case .documentStart = first.kind else {
            throw stop(.emptyFile, at: .start)
        }
        let root = try node(try next(), depth: 0)
        _ = try next()
        let after = try next()
        guard case .streamEnd = after.kind else {
            throw stop(.severalDocuments, at: place(of: after))
        }
        if root.isEmpty { throw stop(.emptyFile, at: .start) }
        return root
    }

    private mutating func node(_ event: YAMLEventSource.Event, depth: Int) throws(Stop) -> LocatedNode {
        let place = place(of: event)
        guard depth <= Self.deepest else { throw stop(.tooDeep(Self.deepest), at: place) }
        nodesLeft -= 1
        guard nodesLeft >= 0 else { throw stop(.tooManyNodes(Self.mostNodes), at: place) }
        switch event.kind {
        case .scalar(let text, let style, let anchor, let tag):
            refuseTag(tag, at: place)
            if text.unicodeScalars.contains("\0") { throw stop(.escapedNul, at: place) }
            return keep(
                LocatedNode(content: .scalar(text: text, style: style), place: place, nodeCount: 1),
                as: anchor)
        case .sequenceStart(let anchor, let tag):
            refuseTag(tag, at: place)
            return keep(try sequence(at: place, depth: depth), as: anchor)
        case .mappingStart(let anchor, let tag):
            refuseTag(tag, at: place)
            return keep(try mapping(at: place, depth: depth), as: anchor)
        case .alias(let name):
            return try copy(of: name, at: place)
        default:
            throw stop(.yamlSyntax("something is missing here", context: nil), at: place)
        }
    }

    private mutating func sequence(at place: SourcePlace, depth: Int) throws(Stop) -> LocatedNode {
        var items: [LocatedNode] = []
        var count = 1
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { break }
            let item = try node(event, depth: depth + 1)
            count += item.nodeCount
            items.append(item)
        }
        return LocatedNode(content: .sequence(items), place: place, nodeCount: count)
    }

    private mutating func mapping(at place: SourcePlace, depth: Int) throws(Stop) -> LocatedNode {
        var pairs: [LocatedPair] = []
        var lineOfKey: [String: Int] = [:]
        var count = 1
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { break }
            let key = try node(event, depth: depth + 1)
            let value = try node(try next(), depth: depth + 1)
            count += key.nodeCount + value.nodeCount
            guard case .scalar(let name, _) = key.content else {
                problems.add(.keyNotScalar(key.kindName), at: key.place)
                continue
            }
            if let line = lineOfKey[name] {
                problems.add(.duplicateKey(name, firstLine: line), at: key.place)
                continue
            }
            guard pairs.count < Self.mostKeys else { throw stop(.tooManyKeys(Self.mostKeys), at: key.place) }
            lineOfKey[name] = key.place.line
            pairs.append(LocatedPair(key: name, keyPlace: key.place, value: value))
        }
        return LocatedNode(content: .mapping(pairs), place: place, nodeCount: count)
    }

    /// The anchored node again; its top takes the place of the alias.
    private mutating func copy(of name: String, at place: SourcePlace) throws(Stop) -> LocatedNode {
        guard var node = anchors[name] else { throw stop(.unknownAlias(name), at: place) }
        nodesLeft -= node.nodeCount
        guard nodesLeft >= 0 else { throw stop(.aliasBomb(name, limit: Self.mostNodes), at: place) }
        node.place = place
        return node
    }

    private mutating func keep(_ node: LocatedNode, as anchor: String?) -> LocatedNode {
        if let anchor { anchors[anchor] = node }
        return node
    }

    private mutating func refuseTag(_ tag: String?, at place: SourcePlace) {
        if let tag { problems.add(.yamlTag(tag), at: place) }
    }

    private mutating func next() throws(Stop) -> YAMLEventSource.Event {
        do {
            return try events.next()
        } catch {
            let place = source.clamped(
                SourcePlace(line: error.mark.line, column: error.mark.column, length: 1))
            throw stop(syntaxMessage(error, at: place), at: place)
        }
    }

    /// The scanner's words, or better ones where its place shows a known mistake.
    private func syntaxMessage(_ failure: YAMLEventSource.Failure, at place: SourcePlace) -> DiagnosticMessage
    {
        let line = source.lines[place.line - 1]
        let indentation = line.prefix(while: { $0 == " " || $0 == "\t" })
        if indentation.contains("\t") || line.dropFirst(place.column - 1).first == "\t" {
            return .tab
        }
        if String(String.UnicodeScalarView(line)).contains("${") {
            return .unquotedMacro(failure.problem)
        }
        let context = failure.context.map { words in
            words + (failure.contextLine.map { " that begins at line \($0)" } ?? "")
        }
        return .yamlSyntax(failure.problem, context: context)
    }

    private mutating func stop(_ message: DiagnosticMessage, at place: SourcePlace) -> Stop {
        problems.add(message, at: place)
        return Stop()
    }

    private func place(of event: YAMLEventSource.Event) -> SourcePlace {
        source.place(from: event.start, to: event.end)
    }
}
