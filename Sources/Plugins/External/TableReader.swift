internal import CTunerPlugin
internal import Engine

/// Reads and checks the table of a library: nothing wrong in it may be found out in the middle of a sweep.
struct TableReader {
    /// Of the library, for messages.
    let path: String

    private static let longestText = 4096
    /// Settings that mean something else in a sweep file.
    private static let reserved: Set<String> = [
        "name", "plugin", "schedule", "batch_size", "batch_size_tokens", "batch_size_sequences",
        "batch_size_examples", "token_budget", "warmup_fraction", "decay_fraction",
    ]

    /// What the optimizer says about itself.
    ///
    /// - Throws: `EngineError` `plugin-abi-version` or `plugin-table-invalid`.
    func descriptor(of table: UnsafePointer<tunerd_optimizer_v1>) throws -> OptimizerDescriptor {
        // The first two fields are the same in every version; nothing behind them is touched before.
        let version = table.pointer(to: \.abi_version)?.pointee ?? 0
        guard version == TUNERD_PLUGIN_ABI else {
            throw LibraryFailure.wrongVersion(path, version, expected: TUNERD_PLUGIN_ABI)
        }
        let size = Int(table.pointer(to: \.struct_size)?.pointee ?? 0)
        let expected = MemoryLayout<tunerd_optimizer_v1>.size
        guard size >= expected else {
            throw bad("struct_size is '\(size)'", help: "set it to sizeof(tunerd_optimizer_v1), \(expected)")
        }
        let content = table.pointee
        guard content.step != nil else { throw bad("the function 'step' is null") }
        guard content.state_size != nil else { throw bad("the function 'state_size' is null") }
        let name = try text(content.name, "name")
        guard isName(name, separator: "-") else {
            throw bad("name is '\(name)'", help: "use a-z, 0-9 and '-', beginning with a letter, at most 64")
        }
        let hyperparameters = try list(content.settings, content.setting_count, most: 64, "settings")
            .enumerated().map { try setting($1, "settings[\($0)]") }
        try check(hyperparameters)
        let geometries: [OptimizerGeometry] = [.gradient, .euclidean, .sign, .spectral]
        let references = try list(content.references, content.reference_count, most: 64, "references")
            .enumerated().map { index, reference in
                LiteratureReference(
                    try text(reference.text, "references[\(index)].text"),
                    locator: try optionalText(reference.locator, "references[\(index)].locator") ?? "")
            }
        return OptimizerDescriptor(
            name: name, summary: try text(content.summary, "summary"), hyperparameters: hyperparameters,
            geometry: try element(geometries, content.geometry, "geometry"), references: references,
            maturity: try element([.established, .experimental], content.maturity, "maturity"))
    }

    private func setting(_ setting: tunerd_setting, _ place: String) throws -> HyperparameterDescriptor {
        let name = try text(setting.name, "\(place).name")
        guard isName(name, separator: "_"), !Self.reserved.contains(name) else {
            throw bad(
                "\(place).name is '\(name)'",
                help: Self.reserved.contains(name)
                    ? "this word means something else in a sweep file"
                    : "use a-z, 0-9 and '_', beginning with a letter, at most 64")
        }
        let scale = try element(
            [HyperparameterDescriptor.Scale.linear, .log, .complementLog], setting.scale, "\(name).scale")
        let (kind, value) = try range(of: setting, name)
        return HyperparameterDescriptor(
            name: name, summary: try text(setting.summary, "\(name).summary"), kind: kind,
            defaultValue: value, scale: scale, unit: try optionalText(setting.unit, "\(name).unit") ?? "1")
    }

    private func range(
        of setting: tunerd_setting, _ name: String
    ) throws -> (HyperparameterDescriptor.Kind, HyperparameterValue) {
        let value = setting.default_value
        func index(below count: Int) throws -> Int {
            guard let index = Int(exactly: value), (0..<count).contains(index) else {
                throw bad("default_value of '\(name)' is '\(value)'", help: "use 0 to \(count - 1)")
            }
            return index
        }
        switch Int(setting.kind) {
        case TUNERD_FLAG: return (.flag, .flag(try index(below: 2) == 1))
        case TUNERD_CHOICE:
            let names = try list(setting.choices, setting.choice_count, most: 64, "choices of '\(name)'")
                .enumerated().map { try text($1, "choices[\($0)] of '\(name)'") }
            guard !names.isEmpty, Set(names).count == names.count else {
                throw bad("the choices of '\(name)' are none, or have one twice")
            }
            return (.choice(names), .text(names[try index(below: names.count)]))
        case TUNERD_REAL, TUNERD_INTEGER:
            let (low, high) = (setting.minimum, setting.maximum)
            guard low.isFinite, high.isFinite, low <= value, value <= high else {
                throw bad("'\(name)' goes from '\(low)' to '\(high)' with the default '\(value)'")
            }
            if Int(setting.kind) == TUNERD_REAL { return (.real(min: low, max: high), .real(value)) }
            guard [low, value, high].allSatisfy({ $0 == $0.rounded() && abs($0) <= 9e15 }) else {
                throw bad("'\(name)' is whole, but goes from '\(low)' to '\(high)', default '\(value)'")
            }
            return (.integer(min: Int(low), max: Int(high)), .integer(Int(value)))
        default: throw bad("kind of '\(name)' is '\(setting.kind)'")
        }
    }

    /// What laws rely on.
    private func check(_ settings: [HyperparameterDescriptor]) throws {
        guard let rate = settings.first, rate.name == "learning_rate", case .real(let low, _) = rate.kind,
            low > 0
        else {
            throw bad(
                "the first setting is '\(settings.first?.name ?? "none")'",
                help: "it is 'learning_rate', a real with a minimum above 0")
        }
        if let momentum = settings.first(where: { $0.name == "momentum" }) {
            guard case .real(let low, let high) = momentum.kind, low >= 0, high < 1 else {
                throw bad("'momentum' is no real from 0 to below 1")
            }
        }
        var seen: Set<String> = []
        if let twice = settings.first(where: { !seen.insert($0.name).inserted }) {
            throw bad("the setting '\(twice.name)' is there twice")
        }
    }

    // MARK: Parts

    private func bad(_ what: String, help: String? = nil) -> EngineError {
        LibraryFailure.badTable(path, what, help: help)
    }

    private func isName(_ name: String, separator: Unicode.Scalar) -> Bool {
        guard let first = name.unicodeScalars.first, ("a"..."z").contains(first), name.utf8.count <= 64
        else { return false }
        return name.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == separator
        }
    }

    private func element<Value>(_ values: [Value], _ number: UInt32, _ what: String) throws -> Value {
        guard values.indices.contains(Int(number)) else { throw bad("\(what) is '\(number)'") }
        return values[Int(number)]
    }

    private func list<Element>(
        _ start: UnsafePointer<Element>?, _ count: UInt32, most: UInt32, _ what: String
    ) throws -> [Element] {
        guard count <= most else { throw bad("there are '\(count)' \(what), more than \(most)") }
        guard count > 0 else { return [] }
        guard let start else { throw bad("\(what) is null, but its count is '\(count)'") }
        return Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    private func text(_ characters: UnsafePointer<CChar>?, _ what: String) throws -> String {
        guard let text = try optionalText(characters, what), !text.isEmpty else {
            throw bad("\(what) is null or empty")
        }
        return text
    }

    private func optionalText(_ characters: UnsafePointer<CChar>?, _ what: String) throws -> String? {
        guard let characters else { return nil }
        var count = 0
        while count <= Self.longestText, characters[count] != 0 { count += 1 }
        let bytes = UnsafeBufferPointer(start: characters, count: count).map { UInt8(bitPattern: $0) }
        guard count <= Self.longestText, let text = String(validating: bytes, as: UTF8.self),
            !text.unicodeScalars.contains(where: { $0.value < 32 })
        else { throw bad("\(what) is no text: too long, not UTF-8, or with control characters") }
        return text
    }
}
