internal import CTunerPlugin
internal import CTunerSystem
internal import Engine
internal import Foundation
internal import Synchronization

/// A library from outside, loaded into this process: in workers only, since whatever it does wrong ends the process.
///
/// What is loaded is a sealed copy in memory of the bytes that were checked and hashed. So a library that is rebuilt in
/// place changes nothing under a running worker, and the new one is another library to the loader. A library is never
/// unloaded: code of its own threads or destructors may still run.
///
/// `@unchecked Sendable`: all is set once before the value is shared, and the table is constant by the interface.
final class LoadedLibrary: @unchecked Sendable {
    /// Where it was read.
    let origin: OptimizerLibrary
    /// What it says about itself.
    let descriptor: OptimizerDescriptor
    /// Its table.
    let table: UnsafePointer<tunerd_optimizer_v1>
    /// Its path for messages after a crash; never freed.
    private let label: UnsafePointer<CChar>

    /// The exported function.
    static let entryName: StaticString = "tunerd_plugin_v1"
    /// Libraries of this process by what they hold and where they were. Their descriptors stay open: the loader knows a library by the name
    /// `/proc/self/fd/N`, which therefore must not be given twice.
    private static let loaded = Mutex<[OptimizerLibrary: LoadedLibrary]>([:])

    /// The library at a path, loaded unless this process has it already.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - expected: its SHA-256; `nil`: whatever is there.
    /// - Returns: the library.
    /// - Throws: `EngineError` with one of the codes of `LibraryFailure`.
    static func at(_ path: String, expecting expected: String? = nil) throws -> LoadedLibrary {
        let file = try LibraryFile(path)
        let hash = SHA256.hexadecimal(file.bytes)
        if let expected, expected != hash {
            throw LibraryFailure.changed(file.path, expected: expected, found: hash)
        }
        return try loaded.withLock { loaded in
            let place = OptimizerLibrary(path: file.path, sha256: hash)
            if let known = loaded[place] { return known }
            let library = try LoadedLibrary(file, place)
            loaded[place] = library
            return library
        }
    }

    private init(_ file: LibraryFile, _ place: OptimizerLibrary) throws {
        let path = file.path
        guard let label = strdup(path) else { throw LibraryFailure.notLoadable(path, why: "no memory") }
        self.label = UnsafePointer(label)
        origin = place
        let copy = file.bytes.withUnsafeBytes { tuner_sealed_copy($0.baseAddress, $0.count, "tunerd-plugin") }
        guard copy >= 0 else { throw LibraryFailure.notLoadable(path, why: LibraryFile.text(errno)) }
        tuner_watch_library_crashes()
        // Loading runs the library's constructors.
        let handle = Self.inside(label, "dlopen") { dlopen("/proc/self/fd/\(copy)", RTLD_NOW | RTLD_LOCAL) }
        guard let handle else {
            let why = dlerror().map { String(cString: $0) } ?? "the loader gives no reason"
            close(copy)
            throw LibraryFailure.notLoadable(
                path, why: why.replacingOccurrences(of: "/proc/self/fd/\(copy)", with: path))
        }
        guard let symbol = dlsym(handle, "\(Self.entryName)") else {
            let newer = (2...9).map { version -> String in "tunerd_plugin_v\(version)" }.first { name in
                dlsym(handle, name) != nil
            }
            throw LibraryFailure.noEntry(path, newer: newer)
        }
        typealias Entry = @convention(c) () -> UnsafePointer<tunerd_optimizer_v1>?
        let entry = unsafeBitCast(symbol, to: Entry.self)
        guard let table = Self.inside(label, Self.entryName, entry) else {
            throw LibraryFailure.badTable(path, "'\(Self.entryName)' returned a null pointer")
        }
        self.table = table
        descriptor = try Self.inside(label, "the table") { try TableReader(path: path).descriptor(of: table) }
    }

    /// Calls into the library, so that a crash names it.
    ///
    /// - Parameters:
    ///   - function: what is called, for the message.
    ///   - memory: what the library may touch.
    ///   - body: the call.
    /// - Returns: what the call returns.
    func call<Value>(
        _ function: StaticString, memory: UnsafeMutableBufferPointer<tuner_guarded>? = nil,
        _ body: () throws -> Value
    ) rethrows -> Value {
        try Self.inside(label, function, memory: memory, body)
    }

    private static func inside<Value>(
        _ label: UnsafePointer<CChar>, _ function: StaticString,
        memory: UnsafeMutableBufferPointer<tuner_guarded>? = nil, _ body: () throws -> Value
    ) rethrows -> Value {
        let name = UnsafeRawPointer(function.utf8Start).assumingMemoryBound(to: CChar.self)
        tuner_enter_library(label, name, memory?.baseAddress, Int32(memory?.count ?? 0))
        defer { tuner_leave_library() }
        return try body()
    }
}
