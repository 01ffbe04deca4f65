import CYAML

/// The events of a YAML text, one after another, as Swift values.
///
/// Owns the parser and its input; both are freed with the object, on every path.
final class YAMLEventSource {
    /// A place as the scanner counts it, made 1-based.
    typealias Mark = (line: Int, column: Int)

    /// An event with its marks.
    struct Event {
        /// What it is.
        var kind: Kind
        /// Where it begins.
        var start: Mark
        /// Where it ends.
        var end: Mark
    }

    /// What an event says.
    enum Kind {
        case streamStart
        case streamEnd
        case documentStart
        case documentEnd
        case alias(String)
        case scalar(text: String, style: LocatedNode.Style, anchor: String?, tag: String?)
        case sequenceStart(anchor: String?, tag: String?)
        case sequenceEnd
        case mappingStart(anchor: String?, tag: String?)
        case mappingEnd
    }

    /// Why the text is not YAML.
    struct Failure: Error {
        /// The scanner's words.
        var problem: String
        /// What it was doing.
        var context: String?
        /// Where that began.
        var contextLine: Int?
        /// Where it stopped.
        var mark: Mark
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let isReady: Bool

    /// Prepares to read a text.
    init(_ text: String) {
        input = .allocate(capacity: text.utf8.count)
        _ = input.initialize(from: text.utf8)
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        isReady = yaml_parser_initialize(parser) == 1
        if isReady {
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        }
    }

    deinit {
        if isReady { yaml_parser_delete(parser) }
        parser.deinitialize(count: 1)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event.
    ///
    /// - Returns: the event.
    /// - Throws: what the scanner found.
    func next() throws(Failure) -> Event {
        guard isReady else { throw Failure(problem: "out of memory", mark: (1, 1)) }
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        let start = Self.mark(event.start_mark)
        let end = Self.mark(event.end_mark)
        return Event(kind: try kind(of: event, at: start), start: start, end: end)
    }

    private func kind(of event: yaml_event_t, at mark: Mark) throws(Failure) -> Kind {
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT: return .alias(Self.string(event.data.alias.anchor) ?? "")
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            return .sequenceStart(anchor: Self.string(data.anchor), tag: Self.string(data.tag))
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            return .mappingStart(anchor: Self.string(data.anchor), tag: Self.string(data.tag))
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
            return .scalar(
                text: String(decoding: bytes, as: UTF8.self), style: Self.style(data.style),
                anchor: Self.string(data.anchor), tag: Self.string(data.tag))
        default:
            throw Failure(problem: "unexpected event", mark: mark)
        }
    }

    private func failure() -> Failure {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "it cannot be read"
        let context = state.context.map { String(cString: $0) }
        return Failure(
            problem: problem, context: context,
            contextLine: context == nil ? nil : Self.mark(state.context_mark).line,
            mark: Self.mark(state.problem_mark))
    }

    private static func mark(_ mark: yaml_mark_t) -> Mark {
        (line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private static func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private static func style(_ style: yaml_scalar_style_t) -> LocatedNode.Style {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
        default: .plain
        }
    }
}
