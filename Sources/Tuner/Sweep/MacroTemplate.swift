/// A text with macros, taken apart: `--lr=${learning_rate}` is text, then a macro. `$$` is a dollar sign.
struct MacroTemplate: Sendable, Hashable {
    /// A piece of the text.
    enum Piece: Sendable, Hashable {
        /// As it stands.
        case text(String)
        /// `${name}`.
        case macro(String)
    }

    /// A macro with its place in the text.
    struct Macro: Sendable, Hashable {
        /// Its name.
        var name: String
        /// Scalars before its `$`.
        var offset: Int
    }

    /// Something that begins like a macro and is none.
    struct Defect: Sendable, Hashable {
        /// What stands there.
        var text: String
        /// Scalars before it.
        var offset: Int
    }

    /// The pieces in order.
    private(set) var pieces: [Piece] = []
    /// The macros in order.
    private(set) var macros: [Macro] = []
    /// What is wrong with the text.
    private(set) var defects: [Defect] = []

    /// Whether the text is one macro and nothing else.
    var isSingleMacro: Bool {
        if case .macro = pieces.first, pieces.count == 1 { return true }
        return false
    }

    /// Takes a text apart. A `$` that is not followed by `$` or `{` stands for itself.
    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        var literal = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            let next: Unicode.Scalar? = index + 1 < scalars.count ? scalars[index + 1] : nil
            if scalars[index] == "$", next == "$" {
                literal.append("$")
                index += 2
            } else if scalars[index] == "$", next == "{" {
                guard let end = scalars[index...].firstIndex(of: "}"), end > index + 2 else {
                    let rest = scalars[index...].prefix(
                        scalars[index...].firstIndex(of: "}") == nil ? .max : 3)
                    defects.append(Defect(text: Self.string(rest), offset: index))
                    literal.append(contentsOf: rest)
                    index += rest.count
                    continue
                }
                if !literal.isEmpty { pieces.append(.text(String(literal))) }
                literal = String.UnicodeScalarView()
                let name = Self.string(scalars[(index + 2)..<end])
                pieces.append(.macro(name))
                macros.append(Macro(name: name, offset: index))
                index = end + 1
            } else {
                literal.append(scalars[index])
                index += 1
            }
        }
        if !literal.isEmpty || pieces.isEmpty { pieces.append(.text(String(literal))) }
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
