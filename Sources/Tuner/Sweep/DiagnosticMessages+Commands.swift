/// What can be wrong with programs and their macros; see `DiagnosticMessages.swift` for the form.
extension DiagnosticMessage {
    static func commandNotList(_ kind: String) -> Self {
        Self(
            "wrong-shape", "\(kind) stands where 'command' should be",
            why: "a command is a list, because no shell takes it apart",
            help: "write 'command: [python3, train.py]'")
    }

    static func argumentNotScalar(_ kind: String) -> Self {
        Self(
            "wrong-shape", "\(kind) stands where an argument should be", why: "an argument is text",
            help: "if it is a macro, quote it: \"${learning_rate}\"")
    }

    static let emptyArgument = Self(
        "missing-value", "an argument '' is empty",
        why: "the first argument is a program, the others need a text",
        help: "for an argument that shall be empty write \"\"")

    static func unknownMacro(_ name: String, known: [String]) -> Self {
        Self(
            "unknown-macro", "unknown macro \(quoted("${\(name)}"))", why: "known are \(list(known))",
            help: NearestName.suggestion(for: name, among: known).map { "did you mean '${\($0)}'?" }
                ?? "for a dollar sign write '$$'")
    }

    static func malformedMacro(_ text: String) -> Self {
        Self(
            "malformed-macro", "\(quoted(text)) is not a macro",
            why: "a macro is a name in braces: '${seed}'",
            help: "for a dollar sign write '$$'")
    }

    static func argsNotAlone(_ text: String) -> Self {
        Self(
            "args-not-alone", "'${args}' is a part of \(quoted(text))", why: "it becomes several arguments",
            help: "make it an argument of its own")
    }

    static func macroUnavailable(_ name: String, needs: String) -> Self {
        Self(
            "macro-unavailable", "'${\(name)}' has no value", why: "the sweep has no '\(needs)'",
            help: needs == "sequence_length"
                ? "add 'sequence_length: 1Ki'" : "add '\(needs)' under 'parameters'")
    }

    static func invalidPattern(_ pattern: String) -> Self {
        Self(
            "invalid-pattern", "\(quoted(pattern)) is not a regular expression",
            help: "in single quotes nothing is escaped: '^step (?<step>\\d+) loss (?<validation_loss>\\S+)'")
    }

    static func patternTooLong(_ pattern: String) -> Self {
        Self(
            "invalid-pattern", "\(quoted(pattern)) is longer than 1000 characters",
            why: "a pattern reads one line")
    }

    static func patternLacksMetric(_ metric: String) -> Self {
        Self(
            "pattern-lacks-metric", "the pattern has no group named '\(metric)'",
            why: "the metric is read from a group of its name",
            help: "write (?<\(metric)>...) around the number")
    }

    static func onlyForFiles(_ key: String) -> Self {
        Self(
            "only-for-files", "'observations.\(key)' is given without 'from: file'",
            why: "standard output has lines of the trial protocol, or a 'pattern'",
            help: "add 'from: file', or remove '\(key)'")
    }

    static func sharedFile(_ path: String) -> Self {
        Self(
            "shared-file", "\(quoted(path)) is one file for all trials",
            why: "trials that run at once would write into each other's observations",
            help:
                "put '${trial_number}' into the path, or write a relative one: it is taken from ${trial_directory}"
        )
    }

    static let formatAndPattern = Self(
        "format-and-pattern", "'observations.format' stands beside 'pattern'",
        why: "a pattern reads any line, a format says how lines are written", help: "remove one of them")

    static func invalidVariableName(_ name: String) -> Self {
        Self(
            "invalid-variable", "\(quoted(name)) cannot be the name of an environment variable",
            why: "a name is letters, digits and '_', not a digit first")
    }
}
