public import Foundation

/// Builds the optimizer libraries of tests with the compilers of this machine.
public enum PluginCompiler {
    /// The folder of the package.
    public static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of `tunerd_plugin.h`.
    public static var header: String { repository.path + "/Sources/CTunerPlugin/include" }

    /// The path of a program, or `nil`.
    public static func find(_ program: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether there is a C compiler.
    public static var hasC: Bool { find("cc") != nil }

    /// A library from one source file.
    ///
    /// - Parameters:
    ///   - source: path below the repository, `.c` or `.cpp`.
    ///   - library: path of the library.
    ///   - flags: further flags, for example `-DFAULT=SOUND`.
    /// - Returns: `library`.
    /// - Throws: `Failure` with what the compiler says.
    @discardableResult
    public static func build(_ source: String, as library: String, flags: [String] = []) throws -> String {
        let compiler = source.hasSuffix(".cpp") ? "c++" : "cc"
        try run(
            compiler,
            ["-O2", "-fPIC", "-shared", "-I", header, "-o", library, "\(repository.path)/\(source)"] + flags)
        return library
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - program: its name.
    ///   - arguments: its arguments.
    /// - Throws: `Failure` when it is not there or does not end with status 0.
    public static func run(_ program: String, _ arguments: [String]) throws {
        guard let path = find(program) else { throw Failure(text: "there is no '\(program)'") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(text: text) }
    }

    /// What a compiler said.
    public struct Failure: Error {
        /// Its output.
        public var text: String
    }
}

/// A folder of its own, gone with the value.
public final class ScratchFolder: Sendable {
    /// Its path.
    public let path: String

    /// Makes it.
    public init() throws {
        path =
            FileManager.default.temporaryDirectory.path + "/tp-"
            + String(UInt64.random(in: .min ... .max), radix: 36)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
