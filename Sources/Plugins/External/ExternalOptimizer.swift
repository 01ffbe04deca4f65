internal import Engine

/// A shared library with an optimizer, as it was when somebody looked: where it lies and what exactly it holds.
public struct OptimizerLibrary: Sendable, Hashable, Codable {
    /// Absolute path without symbolic links.
    public var path: String
    /// SHA-256 of the file, 64 hexadecimal digits.
    public var sha256: String

    /// A library.
    public init(path: String, sha256: String) {
        self.path = path
        self.sha256 = sha256
    }
}

/// An optimizer from outside: what its library says about it. A value without code, to be kept with a sweep; only a
/// worker process makes an `ExternalOptimizerPlugin` of it.
public struct ExternalOptimizer: Sendable, Hashable, Codable {
    /// Name, hyperparameters, geometry, sources.
    public var descriptor: OptimizerDescriptor
    /// Where its code is.
    public var origin: OptimizerLibrary

    enum CodingKeys: String, CodingKey {
        case descriptor
        case origin = "library"
    }

    /// An optimizer from outside.
    public init(descriptor: OptimizerDescriptor, origin: OptimizerLibrary) {
        self.descriptor = descriptor
        self.origin = origin
    }

    /// Reads it back. JSON has one kind of number, so that a default of 1.0 comes back whole: it is made real again.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        descriptor = try container.decode(OptimizerDescriptor.self, forKey: .descriptor)
        origin = try container.decode(OptimizerLibrary.self, forKey: .origin)
        for index in descriptor.hyperparameters.indices {
            let parameter = descriptor.hyperparameters[index]
            guard case .real = parameter.kind, let value = parameter.defaultValue?.number else { continue }
            descriptor.hyperparameters[index].defaultValue = .real(value)
        }
    }
}

extension OptimizerLibrary {
    /// Looks at the file again, without loading it.
    ///
    /// - Throws: `EngineError` `plugin-changed` when it holds something else now; `plugin-not-found`,
    ///   `plugin-not-trusted` or `plugin-not-a-library` when it could not be loaded at all.
    public func checkUnchanged() throws {
        let found = SHA256.hexadecimal(try LibraryFile(path).bytes)
        guard found == sha256 else { throw LibraryFailure.changed(path, expected: sha256, found: found) }
    }
}
