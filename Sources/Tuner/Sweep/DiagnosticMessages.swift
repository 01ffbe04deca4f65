/// The wording of everything that can be wrong with a sweep file: here with the file itself, beside it by topic.
///
/// One form: what is wrong, lower case, with the offending value in single quotes; a stable code; why; how to mend
/// it. The codes are part of the interface and are listed in `docs/sweep-file.md`.
extension DiagnosticMessage {
    static func fileTooLarge(_ bytes: Int, limit: Int) -> Self {
        Self(
            "file-too-large", "the file has more than \(limit) bytes",
            why: "a sweep file is read whole and kept with the sweep; 1 MiB is the limit",
            help: "give ranges with a step in place of long lists")
    }

    static func forbiddenCharacter(_ scalar: Unicode.Scalar, isFirst: Bool) -> Self {
        let name = "U+" + hexadecimal(scalar.value, digits: 4)
        if scalar.value == 0xFEFF, isFirst {
            return Self(
                "byte-order-mark", "the file begins with a byte order mark '\(name)'",
                why: "sweep files are UTF-8 without a mark", help: "save the file as UTF-8 without BOM")
        }
        if scalar == "\0" {
            return Self(
                "nul-character", "the file holds a NUL character '\(name)'",
                why: "neither YAML nor an argument of a program can hold it", help: "remove the character")
        }
        return Self(
            "control-character", "the file holds a control character '\(name)'",
            why: "YAML allows tabs and line ends only", help: "remove the character")
    }

    static func badEncoding(_ byte: UInt8) -> Self {
        Self(
            "bad-encoding", "byte '0x\(hexadecimal(UInt32(byte), digits: 2))' is not UTF-8",
            why: "sweep files are UTF-8", help: "save the file as UTF-8")
    }

    static let emptyFile = Self(
        "empty-file", "the file is empty",
        why: "a sweep needs at least a name, a subject, parameters and budgets",
        help: "start from the eight lines of sweeps/first-sweep.yaml")

    static let severalDocuments = Self(
        "several-documents", "a second YAML document '---' begins here", why: "a file holds one sweep",
        help: "put each sweep into a file of its own")

    static let tab = Self(
        "tab-indentation", "a tab '\\t' stands where YAML wants spaces",
        why: "the width of a tab is not defined, so YAML does not indent with tabs", help: "use spaces")

    static func yamlSyntax(_ problem: String, context: String?) -> Self {
        Self(
            "yaml-syntax", "this is not YAML: \(problem)", why: context,
            help: "check indentation, brackets, quotes and the space after ':'")
    }

    static func unquotedMacro(_ problem: String) -> Self {
        Self(
            "yaml-syntax", "this is not YAML: \(problem)",
            why: "inside [ ] an unquoted '{' begins a map, also that of a macro '${...}'",
            help:
                "quote the argument, for example \"--lr=${learning_rate}\", or write one argument a line after '- '"
        )
    }

    static func tooDeep(_ limit: Int) -> Self {
        Self(
            "too-deep", "lists and maps are nested more than '\(limit)' deep",
            help: "a sweep file needs four levels")
    }

    static func tooManyNodes(_ limit: Int) -> Self {
        Self(
            "too-many-values", "the file has more than '\(limit)' values",
            help: "give ranges with a step in place of long lists")
    }

    static func tooManyKeys(_ limit: Int) -> Self {
        Self("too-many-values", "a map has more than '\(limit)' keys", help: "remove what is not a setting")
    }

    static func aliasBomb(_ name: String, limit: Int) -> Self {
        Self(
            "alias-expansion", "alias \(quoted("*" + name)) makes the file larger than \(limit) values",
            why: "aliases are copied, so a few lines of them can grow without end",
            help: "write the values out")
    }

    static func unknownAlias(_ name: String) -> Self {
        Self(
            "unknown-alias", "alias \(quoted("*" + name)) has no anchor",
            why: "the anchor '&\(shown(name))' must end before the alias begins",
            help: "if the text begins with '*', quote it")
    }

    static func yamlTag(_ tag: String) -> Self {
        Self(
            "yaml-tag", "tag \(quoted(tag)) is not understood",
            why: "values are read by the type that their key expects", help: "remove the tag")
    }

    static let escapedNul = Self(
        "nul-character", "the text holds a NUL character '\\0'", why: "no argument of a program can hold it",
        help: "remove the character")

    static func keyNotScalar(_ kind: String) -> Self {
        Self(
            "key-not-text", "\(kind) stands where a key is expected", why: "keys are names",
            help: "a name in braces, as in '{name}', is a map: remove the braces or quote it")
    }

    static func duplicateKey(_ key: String, firstLine: Int) -> Self {
        Self(
            "duplicate-key", "key \(quoted(key)) is given twice", why: "it is also in line \(firstLine)",
            help: "remove one of them")
    }
}
