/// One value of a YAML file with its place. Nothing is converted: a scalar is its text.
struct LocatedNode: Sendable, Hashable {
    /// What stands there.
    var content: Content
    /// Where it begins, and how far it reaches on that line.
    var place: SourcePlace
    /// Nodes in this tree, itself included.
    var nodeCount: Int

    /// A scalar, a list or a map.
    enum Content: Sendable, Hashable {
        /// Text.
        case scalar(text: String, style: Style)
        /// A list.
        case sequence([LocatedNode])
        /// A map, in the order of the file, without duplicate keys.
        case mapping([LocatedPair])
    }

    /// How a scalar was written.
    enum Style: Sendable, Hashable {
        /// Without quotes.
        case plain
        /// In single quotes.
        case singleQuoted
        /// In double quotes.
        case doubleQuoted
        /// `|` or `>`.
        case block
    }

    /// What kind of value it is, for messages.
    var kindName: String {
        switch content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }

    /// Whether nothing was written: `key:` without a value.
    var isEmpty: Bool {
        if case .scalar(let text, .plain) = content { return text.isEmpty }
        return false
    }
}

/// One entry of a map.
struct LocatedPair: Sendable, Hashable {
    /// The key.
    var key: String
    /// Where the key stands.
    var keyPlace: SourcePlace
    /// The value.
    var value: LocatedNode
}
