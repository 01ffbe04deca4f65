import Foundation
import Synchronization

/// Keeps the workload of the last job for the next one: making it draws its validation set, or reads its files, which
/// takes longer than a very small run.
///
/// A workload has no state that a run could see: its scratch memory is written before it is read, and what it caches is
/// a function of seed and example. So a run on a kept workload has the same bits. It is kept while name, options and,
/// for files, their size, place and time of change are the same; a workload that reads a folder is not kept.
///
///     let shelf = WorkloadShelf()
///     let loss = try shelf.with("mlp", options: [:]) { $0.lossFloor }
public final class WorkloadShelf: Sendable {
    /// What a workload was made from.
    private struct Key: Hashable {
        var name: String
        var options: [String: HyperparameterValue]
        var files: [[Int]]
    }

    /// A workload on its way from one user to the next.
    private final class Kept: @unchecked Sendable {
        // Unchecked: it is taken off the shelf under the lock before its workload is used and put back afterwards, so
        // that it is never in two hands.
        let key: Key
        let workload: any GradientWorkload<Float>

        init(_ key: Key, _ workload: any GradientWorkload<Float>) {
            self.key = key
            self.workload = workload
        }
    }

    private let kept = Mutex<Kept?>(nil)

    /// An empty shelf.
    public init() {}

    /// Calls the body with the workload of these options, kept or made.
    ///
    /// - Parameters:
    ///   - name: of the workload.
    ///   - options: absent ones take their default.
    ///   - body: uses it on the calling thread.
    /// - Returns: what the body returned.
    /// - Throws: `EngineError` as `WorkloadRegistry.makeWorkload`; what the body throws.
    public func with<Value>(
        _ name: String, options: [String: HyperparameterValue],
        _ body: (any GradientWorkload<Float>) throws -> Value
    ) throws -> Value {
        let key = try Self.key(name, options)
        var taken = kept.withLock { kept in
            defer { kept = nil }
            return kept
        }
        let found: any GradientWorkload<Float>
        if let taken, taken.key == key {
            found = taken.workload
        } else {
            // Gone before the next one is made: never two in memory.
            taken = nil
            found = try WorkloadRegistry.builtIn.makeWorkload(name, options: options, Float.self)
        }
        defer {
            found.hold(0..<0, seed: 0)
            if let key { kept.withLock { $0 = Kept(key, found) } }
        }
        return try body(found)
    }

    /// `nil` for a workload that cannot be kept.
    private static func key(_ name: String, _ options: [String: HyperparameterValue]) throws -> Key? {
        let descriptor = try WorkloadRegistry.builtIn.descriptor(named: name)
        var files: [[Int]] = []
        for option in descriptor.options {
            guard case .path = option.kind, let path = options[option.name]?.description, !path.isEmpty
            else { continue }
            var info = stat()
            guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
            files.append([
                Int(bitPattern: UInt(info.st_dev)), Int(bitPattern: UInt(info.st_ino)), Int(info.st_size),
                info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
            ])
        }
        return Key(name: name, options: options, files: files)
    }
}
