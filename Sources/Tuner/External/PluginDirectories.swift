import Foundation

/// The folders in which optimizers from outside are found by name: `signum` is `signum.so` or `libsignum.so` in the
/// first folder that has one.
///
///     PluginDirectories.standard(flags: [], environment: ProcessInfo.processInfo.environment)
///         .path(of: "signum")          // "/home/me/.local/share/tunerd/plugins/libsignum.so"
public struct PluginDirectories: Sendable, Hashable {
    /// Absolute paths, first one first. One that does not exist is empty.
    public var folders: [String]

    /// Folders; relative paths are taken from the current one.
    public init(_ folders: [String]) {
        self.folders = folders.map { URL(fileURLWithPath: $0).path }
    }

    /// No folders: nothing is found by name.
    public static let none = PluginDirectories([])

    /// The flag decides, then `TUNERD_PLUGIN_PATH` (folders with ':' between them), then `tunerd/plugins` below
    /// `XDG_DATA_HOME` or `~/.local/share`.
    public static func standard(flags: [String], environment: [String: String]) -> PluginDirectories {
        if !flags.isEmpty { return PluginDirectories(flags) }
        if let path = environment["TUNERD_PLUGIN_PATH"], !path.isEmpty {
            return PluginDirectories(path.split(separator: ":").map(String.init))
        }
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
            return PluginDirectories([data + "/tunerd/plugins"])
        }
        if let home = environment["HOME"], home.hasPrefix("/") {
            return PluginDirectories([home + "/.local/share/tunerd/plugins"])
        }
        return .none
    }

    /// The library of a name, or `nil`.
    public func path(of name: String) -> String? {
        guard Self.isName(name) else { return nil }
        for folder in folders {
            for path in ["\(folder)/\(name).so", "\(folder)/lib\(name).so"]
            where FileManager.default.fileExists(atPath: path) { return path }
        }
        return nil
    }

    /// Names that have a library, sorted, each once. `libx.so` is listed as `x`.
    public var names: [String] {
        let files = folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
        let names = files.filter { $0.hasSuffix(".so") }.map { file in
            String(file.dropLast(3).dropFirst(file.hasPrefix("lib") ? 3 : 0))
        }
        return Set(names).filter(Self.isName).sorted()
    }

    /// Nothing that leaves the folder.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy { $0 == "-" || SweepParser.isLowerOrDigit($0) }
    }
}
