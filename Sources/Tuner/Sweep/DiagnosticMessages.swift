import Engine

/// The wording of everything that can be wrong with a sweep file.
///
/// One form: what is wrong, lower case, with the offending value in single quotes; a stable code; why; how to mend
/// it. The codes are part of the interface and are listed in `docs/sweep-file.md`.
extension DiagnosticMessage {
    // MARK: - The file

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

    // MARK: - Keys and shapes

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

    // MARK: - Numbers

    static func wrongNumber(
        _ text: String, key: String, expected: ExpectedScalar, problem: ScalarProblem
    ) -> Self {
        let message = "'\(key)' cannot be \(quoted(text))"
        switch problem {
        case .notANumber, .notAFlag:
            return Self(
                expected.code, message, why: "it is \(expected.name)",
                help: "for example \(expected.examples)")
        case .negative:
            return Self("negative-number", message, why: "it is \(expected.name) and cannot be negative")
        case .notWhole:
            return Self(
                "not-whole", message, why: "it is \(expected.name)", help: "for example \(expected.examples)")
        case .notFinite:
            return Self("not-finite", message, why: "it is \(expected.name) and must be finite")
        case .tooLarge:
            return Self("number-too-large", message, why: "\(expected.limit) is the limit")
        case .tooSmall:
            return Self("number-too-small", message, why: "it is not zero but rounds to it")
        case .missingUnit:
            return Self(
                "missing-unit", message, why: "it needs a unit", help: "for example \(expected.examples)")
        case .unknownSuffix(let suffix, let meant):
            return Self(
                "unknown-unit", message, why: "\(quoted(suffix)) is not one of \(expected.units)",
                help: meant.map { "did you mean '\($0)'?" } ?? "for example \(expected.examples)")
        }
    }

    static func outOfRange(_ text: String, key: String, min: String, max: String?) -> Self {
        Self(
            "out-of-range", "'\(key)' cannot be \(quoted(text))",
            why: max.map { "it is between \(min) and \($0)" } ?? "it is at least \(min)")
    }

    static func emptyRange(_ key: String, _ min: String, _ max: String) -> Self {
        Self(
            "empty-range", "the range of '\(key)' begins at \(quoted(min)) and ends at \(quoted(max))",
            why: "'min' must be below 'max'", help: "for a single value write '\(key): \(shown(min))'")
    }

    static func halfRange(_ key: String, missing: String) -> Self {
        Self("missing-key", "the range of '\(key)' has no '\(missing)'", help: "add '\(missing)'")
    }

    static func oneModelSize(workload: String) -> Self {
        Self(
            "one-model-size", "workload '\(workload)' cannot take 'model_sizes'",
            why: "a built-in workload gets its size from its own options, and a sweep has one of each",
            help: "remove 'model_sizes', or train with a 'command' that takes ${model_size}")
    }

    static let targetSizeWithoutSizes = Self(
        "target-without-sizes", "'target_model_size' is given, but no 'model_sizes'",
        why: "how the best values move with the model size shows only when several sizes are trained",
        help: "add for example 'model_sizes: [10M, 20M, 40M]', or remove 'target_model_size'")

    static func cellsNeedLawGuided(_ method: String) -> Self {
        Self(
            "cells-need-law-guided", "'cells' does not go with 'method: \(method)'",
            why: "only law_guided chooses budget and model size together", help: "remove one of them")
    }

    static func cellNotListed(_ value: String, key: String) -> Self {
        Self(
            "cell-not-listed", "\(quoted(value)) is no listed \(key)",
            why: "a cell is a pair of a listed model size and a listed budget",
            help: "add it to '\(key == "model_size" ? "model_sizes" : "token_budgets")'")
    }

    static let flopsWithoutSizes = Self(
        "flops-without-sizes", "'cost_unit: flops' is given, but no 'model_sizes'",
        why: "a trial is taken to cost 6 * model_size * tokens",
        help: "count in tokens or seconds, or add 'model_sizes'")

    static func invalidStep(_ text: String) -> Self {
        Self(
            "invalid-step", "'step' cannot be \(quoted(text))",
            why: "it is a factor above one or a difference above zero", help: "for example 'x2' or '0.1'")
    }

    static func stepDoesNotFit(_ text: String, scale: String) -> Self {
        let wanted = scale == "linear" ? "a difference such as '0.1'" : "a factor such as 'x2'"
        return Self(
            "step-scale-mismatch", "step \(quoted(text)) does not fit scale '\(scale)'",
            why: "on this scale a step is \(wanted)", help: "change the step, or leave 'scale' out")
    }

    static func stepTooLarge(_ text: String, key: String) -> Self {
        Self(
            "step-too-large", "step \(quoted(text)) leaves a single value of '\(key)'",
            why: "the first step goes beyond 'max'", help: "take a smaller step")
    }

    static func logScaleNeedsPositive(_ key: String, _ min: String) -> Self {
        Self(
            "log-scale-needs-positive", "a log scale of '\(key)' cannot begin at \(quoted(min))",
            why: "the logarithm of zero is not finite", help: "give a 'min' above zero, or 'scale: linear'")
    }

    static func complementLogNeedsBelowOne(_ key: String, _ max: String) -> Self {
        Self(
            "complement-log-needs-below-one",
            "a complement_log scale of '\(key)' cannot end at \(quoted(max))",
            why: "it moves on the logarithm of one minus the value",
            help: "give a 'max' below one, or 'scale: linear'")
    }

    // MARK: - What runs

    static let noSubject = Self(
        "missing-subject", "the sweep says nothing about what to run: 'workload' or 'command' is missing",
        help: "add 'workload: char-gpt', 'command: [...]' for a program of yours, or 'ask_tell: true'")

    static func severalSubjects(_ first: String, _ second: String) -> Self {
        Self(
            "several-subjects", "'\(second)' stands beside '\(first)'",
            why: "a sweep runs exactly one of them",
            help: "remove one of them")
    }

    static func unknownName(_ kind: String, _ name: String, known: [String]) -> Self {
        Self(
            "unknown-\(kind)", "unknown \(kind) \(quoted(name))", why: "known are \(list(known))",
            help: didYouMean(name, known) ?? "'tunerd plugins' lists them")
    }

    static let nameBesidePlugin = Self(
        "several-optimizers", "'name' stands beside 'plugin'",
        why: "a library says itself what its optimizer is called", help: "remove 'name'")

    static func pluginsNotAllowed(_ path: String) -> Self {
        Self(
            "plugins-not-allowed", "the plugin \(quoted(path)) is not loaded here",
            why: "a plugin is a program, and this reader runs none",
            help: "name a built-in optimizer, or submit the file as the owner of the daemon")
    }

    static func pluginNameTaken(_ path: String, name: String) -> Self {
        Self(
            "plugin-name-taken", "the plugin \(quoted(path)) calls its optimizer '\(name)'",
            why: "that is a built-in one", help: "give it another name in its table")
    }

    /// What is wrong with a library; the codes begin with `plugin-`.
    static func unusablePlugin(_ error: any Error) -> Self {
        if let error = error as? EngineError {
            return Self(error.code, error.message, why: error.why, help: error.help)
        }
        let failure = error as? TunerError
        return Self(
            "plugin-not-described", failure?.message ?? "\(error)", why: failure?.why, help: failure?.help)
    }

    static func unknownOption(_ key: String, of kind: String, _ name: String, known: [String]) -> Self {
        Self(
            "unknown-option", "unknown option \(quoted(key))", why: "\(kind) '\(name)' has \(list(known))",
            help: didYouMean(key, known))
    }

    static func missingOptimizer(workload: String, known: [String]) -> Self {
        Self(
            "missing-optimizer", "workload '\(workload)' has no optimizer", why: "known are \(list(known))",
            help: (known.first { $0 == "adamw" } ?? known.first).map { "add 'optimizer: \($0)'" })
    }

    static let optimizerOfLoop = Self(
        "not-for-ask-tell", "'optimizer' stands beside 'ask_tell'",
        why: "the loop that asks brings its own optimizer",
        help: "remove it; a choice between optimizers is one of the parameters")

    static func notForAskTell(_ key: String) -> Self {
        Self(
            "not-for-ask-tell", "'\(key)' stands beside 'ask_tell'",
            why: "it is about processes the daemon starts, and here the loop that asks runs the trials",
            help: key == "trial_timeout" ? "write 'ask_tell: {lease: ...}' instead" : "remove it")
    }

    static let askTellOff = Self(
        "missing-subject", "'ask_tell' is off, so nothing says what to run",
        help: "write 'ask_tell: true', or remove it and name a 'workload' or a 'command'")

    static let optimizerOfCommand = Self(
        "not-for-commands", "'optimizer' stands beside 'command'",
        why: "a program brings its own optimizer", help: "remove it; pass a choice as one of the parameters")

    static func optimizerNotSupported(_ name: String, workload: String, supported: [String]) -> Self {
        Self(
            "optimizer-not-supported", "optimizer '\(name)' cannot train workload '\(workload)'",
            why: "the workload works with \(list(supported))")
    }

    static func needsPerExampleGradients(_ name: String, workload: String, able: [String]) -> Self {
        Self(
            "needs-per-example-gradients", "optimizer '\(name)' cannot train workload '\(workload)'",
            why: "it needs the gradient of every single example, which this workload does not give",
            help: able.isEmpty ? nil : "\(list(able)) can give it")
    }

    static let learningRateOfOptimizer = Self(
        "misplaced-learning-rate", "'learning_rate' stands under 'optimizer'",
        why: "the law follows the learning rate, so it is one of the parameters, also when it is fixed",
        help: "move it: 'parameters: {learning_rate: ...}'")

    static func decayWithoutWSD(_ shape: String) -> Self {
        Self(
            "unused-option", "'decay_fraction' means nothing for shape '\(shape)'",
            why: "only 'wsd' has a decay at its end; the others decay over the whole run",
            help: "remove it, or write 'shape: wsd'")
    }

    static func scheduleOverfull(_ warmup: Double, _ decay: Double) -> Self {
        Self(
            "schedule-too-long",
            "'warmup_fraction' \(warmup) and 'decay_fraction' \(decay) are more than the run",
            why: "both are fractions of one run", help: "make their sum at most 1")
    }

    static func onlyForCommands(_ key: String, workload: String, option: String?) -> Self {
        Self(
            "only-for-commands", "'\(key)' stands beside workload '\(workload)'",
            why: "only programs read it",
            help: option.map { "write 'workload: {name: \(workload), \($0): ...}'" } ?? "remove it")
    }

    // MARK: - Parameters

    static func noParameters(isCommand: Bool) -> Self {
        missingKey(
            "parameters",
            why: isCommand
                ? "they say what is varied"
                : "they say what is varied; 'learning_rate' and a batch size must be among them",
            help: "add 'parameters: {learning_rate: {min: 1e-4, max: 1e-1}, ...}'")
    }

    static func unknownParameter(_ name: String, optimizer: String, known: [String], owner: String?) -> Self {
        let names = known + SweepKeys.batchSizes
        return Self(
            "unknown-parameter", "unknown parameter \(quoted(name))",
            why: "optimizer '\(optimizer)' has \(list(known))",
            help: owner.map { "'\(name)' is an option: set it under '\($0)'" } ?? didYouMean(name, names))
    }

    static let bareBatchSize = Self(
        "ambiguous-batch-size", "'batch_size' does not say of what",
        why: "trainers mean four different things by it",
        help:
            "write 'batch_size_tokens', 'batch_size_sequences' (needs a sequence length) or 'batch_size_examples'"
    )

    static let missingLearningRate = Self(
        "missing-parameter", "'learning_rate' is missing", why: "a workload cannot be trained without it",
        help: "add 'learning_rate: {min: 1e-4, max: 1e-1}', or a single value")

    static let missingBatchSize = Self(
        "missing-parameter", "the batch size is missing", why: "a workload cannot be trained without it",
        help: "add 'batch_size_tokens: 8Ki', or 'batch_size_sequences' or 'batch_size_examples'")

    static func parameterTwice(_ name: String, _ owner: String) -> Self {
        Self(
            "parameter-twice", "'\(name)' is set twice", why: "it is also set in \(owner)",
            help: "remove one of them")
    }

    static func reservedParameter(_ name: String) -> Self {
        Self(
            "reserved-name", "'\(name)' cannot be the name of a hyperparameter",
            why: "'${\(name)}' already has a meaning", help: "choose another name")
    }

    static func oneFormOfValues(_ key: String, count: Int) -> Self {
        Self(
            "wrong-shape", "hyperparameter '\(key)' has '\(count)' kinds of values",
            why: "it needs exactly one",
            help: "write {value: ...}, {values: [...]} or {min: ..., max: ...}")
    }

    static func onlyForRanges(_ key: String) -> Self {
        Self(
            "unused-option", "'\(key)' means nothing without 'min' and 'max'",
            help: "remove it, or give a range")
    }

    static func rangeOfNames(_ key: String) -> Self {
        Self(
            "wrong-shape", "'\(key)' cannot have a range", why: "its values are not numbers",
            help: "list them: {values: [...]}")
    }

    static func noSequenceLength(workload: String?) -> Self {
        if let workload {
            return Self(
                "missing-sequence-length", "'batch_size_sequences' needs a sequence length",
                why: "workload '\(workload)' has no sequences: one example is one token",
                help: "write 'batch_size_examples' or 'batch_size_tokens'")
        }
        return Self(
            "missing-sequence-length", "'batch_size_sequences' needs a sequence length",
            help: "add 'sequence_length: 1Ki', or write 'batch_size_tokens'")
    }

    static func examplesOfSequences(_ workload: String) -> Self {
        Self(
            "ambiguous-batch-size", "'batch_size_examples' does not say of what for workload '\(workload)'",
            why: "an example could be a token or a sequence",
            help: "write 'batch_size_sequences' or 'batch_size_tokens'")
    }

    static func partialSequences(_ text: String, tokens: Int, sequenceLength: Int) -> Self {
        let below = tokens / sequenceLength * sequenceLength
        let near = [below, below + sequenceLength].filter { $0 > 0 }.map { "'\(CountFormat.short($0))'" }
        return Self(
            "partial-sequences", "batch size \(quoted(text)) is not a whole number of sequences",
            why: "a sequence has \(sequenceLength) tokens",
            help: "the nearest \(near.count == 1 ? "is" : "are") \(near.joined(separator: " and "))")
    }

    static func batchNotBelowBudget(_ text: String, tokens: Int, budget: Int) -> Self {
        Self(
            "batch-exceeds-budget", "batch size \(quoted(text)) leaves a single step",
            why:
                "the largest token budget is \(CountFormat.short(budget)), and a run of one step teaches nothing",
            help: "take smaller batch sizes or larger budgets")
    }

    // MARK: - Law, method, metrics

    static func regimeNotSearched(_ name: String) -> Self {
        Self(
            "regime-not-searched", "'\(name)' cannot be in 'law.regime'",
            why: "what moves with the budget must be searched, and '\(name)' has no range or list of values",
            help: "search it under 'parameters', or remove it here")
    }

    static func priorDoesNotApply(_ prior: String, optimizer: String?) -> Self {
        Self(
            "prior-not-applicable", "'\(prior)' cannot be the prior",
            why: optimizer.map { "optimizer '\($0)' has no 'clipping_quantile'" }
                ?? "no parameter is named 'clipping_quantile'", help: "remove 'prior' to take the fitting one"
        )
    }

    static func probeNotPossible(why: String) -> Self {
        Self(
            "probe-not-possible", "'probe' cannot predict a learning rate here", why: why,
            help: "remove 'probe': the sweep then searches its whole range")
    }

    static func nothingToSearch(_ method: String) -> Self {
        Self(
            "nothing-to-search", "method '\(method)' finds nothing to search",
            why: "every parameter has one value",
            help: "give a range or a list of values, or write 'method: grid' to train the budgets only")
    }

    static func needsRunCap(_ method: String) -> Self {
        Self(
            "missing-run-cap", "method '\(method)' needs 'run_cap'", why: "it has no end of its own",
            help: "add 'run_cap: 100'")
    }

    static func gridWithoutStep(_ name: String) -> Self {
        Self(
            "grid-without-step", "'\(name)' has a range without a step",
            why: "'method: grid' tries every value",
            help: "add 'step: x2', or list the values")
    }

    static func gridTooLarge(_ trials: Double, cap: Int, isWritten: Bool) -> Self {
        let count = trials < 1e15 ? String(Int(trials)) : "\(trials)"
        return Self(
            "grid-too-large", "the grid has '\(count)' trials",
            why: isWritten ? "'run_cap' is \(cap), and half a grid is no grid" : "\(cap) is the limit",
            help: isWritten ? "raise 'run_cap' or take fewer values" : "take fewer values")
    }

    static func unknownMetric(_ name: String, workload: String, known: [String]) -> Self {
        Self(
            "unknown-metric", "unknown metric \(quoted(name))",
            why: "workload '\(workload)' reports \(list(known))",
            help: didYouMean(name, known))
    }

    // MARK: - Commands

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

    static func invalidVariableName(_ name: String) -> Self {
        Self(
            "invalid-variable", "\(quoted(name)) cannot be the name of an environment variable",
            why: "a name is letters, digits and '_', not a digit first")
    }
}
