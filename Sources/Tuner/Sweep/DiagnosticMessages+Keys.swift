/// What can be wrong with keys and the shape of what follows them; see `DiagnosticMessages.swift` for the form.
extension DiagnosticMessage {
    static func unknownKey(_ key: String, in owner: String, keys: [String]) -> Self {
        if key == "<<" {
            return Self(
                "unknown-key", "unknown key '<<' in \(owner)", why: "maps are not merged",
                help: "write the keys out")
        }
        return Self(
            "unknown-key", "unknown key \(quoted(key)) in \(owner)", why: "known are \(list(keys))",
            help: didYouMean(key, keys))
    }

    static func missingKey(_ key: String, why: String?, help: String) -> Self {
        Self("missing-key", "key '\(key)' is missing", why: why, help: help)
    }

    static func missingValue(_ key: String) -> Self {
        Self(
            "missing-value", "\(quoted(key)) has no value", help: "write a value after ':', or remove the key"
        )
    }

    static func wrongShape(_ subject: String, expected: String, found: LocatedNode) -> Self {
        var value = ""
        if case .scalar(let text, _) = found.content { value = " \(quoted(text))" }
        return Self(
            "wrong-shape", "\(found.kindName)\(value) stands where \(subject) should be",
            why: "\(subject) is \(expected)")
    }

    static func emptyList(_ key: String) -> Self {
        Self("empty-list", "the list of '\(key)' is empty '[]'", help: "give at least one value")
    }

    static func tooMany(_ count: Int, of key: String, most: Int) -> Self {
        Self(
            "too-many-values", "'\(key)' has '\(count)' values", why: "at most \(most) are allowed",
            help: "leave some out, or take a larger step")
    }

    static func unknownChoice(_ name: String, key: String, choices: [String]) -> Self {
        Self(
            "unknown-choice", "'\(key)' cannot be \(quoted(name))", why: "it is one of \(list(choices))",
            help: didYouMean(name, choices))
    }

    static func duplicateValue(_ value: String, in key: String) -> Self {
        Self("duplicate-value", "\(quoted(value)) is twice in '\(key)'", help: "remove one of them")
    }

    static func notSupportedYet(_ what: String) -> Self {
        Self(
            "not-supported-yet", "'\(what)' is not supported yet",
            why: "the key belongs to the sweep file, but this version of tunerd cannot do it",
            help: "remove it")
    }

    static func invalidName(_ name: String) -> Self {
        Self(
            "invalid-name", "\(quoted(name)) cannot be the name of a sweep",
            why: "a name is 1 to 64 of a-z, 0-9 and '-', and does not begin with '-'",
            help: properName(name).map { "for example '\($0)'" })
    }

    static func invalidIdentifier(_ name: String, what: String) -> Self {
        Self(
            "invalid-identifier", "\(quoted(name)) cannot be the name of a \(what)",
            why: "it is written as in '${name}' and in JSON: 1 to 64 of a-z, 0-9 and '_', a letter first",
            help: "for example 'hidden_width'")
    }

    static func fileNotFound(_ path: String) -> Self {
        Self(
            "file-not-found", "there is nothing at \(quoted(path))",
            why: "relative paths are taken from the folder of the sweep file")
    }

    static func notAFolder(_ path: String) -> Self {
        Self("not-a-folder", "\(quoted(path)) is not a folder", why: "'working_directory' is a folder")
    }
}
