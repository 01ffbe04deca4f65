/// What a diagnostic says, without its place. All wording is in `DiagnosticMessages.swift`.
struct DiagnosticMessage: Sendable, Hashable {
    /// Stable kebab-case code.
    var code: String
    /// What is wrong.
    var message: String
    /// Why.
    var why: String?
    /// How to mend it.
    var help: String?

    init(_ code: String, _ message: String, why: String? = nil, help: String? = nil) {
        self.code = code
        self.message = message
        self.why = why
        self.help = help
    }
}

/// The problems of one file.
struct DiagnosticList: Sendable {
    /// More than these help nobody; the rest is left out.
    static let most = 100

    private let source: SourceText
    private var items: [SweepDiagnostic] = []

    init(_ source: SourceText) {
        self.source = source
    }

    /// Whether nothing is wrong.
    var isEmpty: Bool { items.isEmpty }

    /// Adds a problem.
    mutating func add(_ message: DiagnosticMessage, at place: SourcePlace) {
        guard items.count < 10 * Self.most else { return }
        let place = source.clamped(place)
        let diagnostic = SweepDiagnostic(
            file: source.file, line: place.line, column: place.column, length: place.length,
            message: message.message, code: message.code, why: message.why, help: message.help,
            sourceLine: source.shownLine(place.line))
        items.append(diagnostic)
    }

    /// Adds the problems of another list.
    mutating func append(_ other: DiagnosticList) {
        items += other.items
    }

    /// The problems by position, each once.
    var sorted: [SweepDiagnostic] {
        var seen: Set<SweepDiagnostic> = []
        let once = items.filter { seen.insert($0).inserted }
        let ordered = once.enumerated().sorted { left, right in
            (left.element.line, left.element.column, left.offset)
                < (right.element.line, right.element.column, right.offset)
        }
        return ordered.prefix(Self.most).map(\.element)
    }
}
