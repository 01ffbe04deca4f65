import Foundation
import Tuner

/// Submits the `*.yaml` and `*.yml` files of a folder: those that are there, then those that come or change.
///
/// A file is handed over once for each change of it; a removed file changes nothing. After the first look a file is
/// taken when two looks in a row see the same, so that one that is being written is not read half.
struct SweepFolder {
    let path: String
    let submit: (SweepSource) async throws -> SweepSummary
    /// Tells of a file that was submitted, or was not.
    let report: (String) -> Void

    /// What tells one state of a file from another.
    private struct Mark: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    private var handled: [String: Mark] = [:]
    private var settling: [String: Mark] = [:]
    private var isFirst = true
    private var isReadable = true

    init(
        path: String, submit: @escaping (SweepSource) async throws -> SweepSummary,
        report: @escaping (String) -> Void
    ) {
        self.path = path
        self.submit = submit
        self.report = report
    }

    /// Looks now and every two seconds until the task is cancelled.
    mutating func watch() async {
        while !Task.isCancelled {
            await look()
            try? await Task.sleep(for: .seconds(2))
        }
    }

    /// Looks once.
    mutating func look() async {
        let found = marks()
        handled = handled.filter { found[$0.key] != nil }
        for (name, mark) in found.sorted(by: { $0.key < $1.key }) where handled[name] != mark {
            if Task.isCancelled { return }
            guard isFirst || settling[name] == mark else { continue }
            handled[name] = mark
            await handOver(name)
        }
        settling = found
        isFirst = false
    }

    private func handOver(_ name: String) async {
        do {
            let summary = try await submit(try SweepFile.load(path + "/" + name))
            report("tunerd: '\(name)' is sweep '\(summary.name)', \(summary.state.rawValue)")
        } catch let error as TunerError {
            report("tunerd: '\(name)' was not submitted\n" + Failure.text(error, .standardError))
        } catch {
            report("tunerd: '\(name)' was not submitted: \(error)")
        }
    }

    private mutating func marks() -> [String: Mark] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            if isReadable { report("tunerd: folder '\(path)' cannot be read: \(error.localizedDescription)") }
            isReadable = false
            return handled
        }
        isReadable = true
        var found: [String: Mark] = [:]
        for name in names
        where !name.hasPrefix(".") && (name.hasSuffix(".yaml") || name.hasSuffix(".yml")) {
            var status = stat()
            guard stat(path + "/" + name, &status) == 0 else { continue }
            found[name] = Mark(
                inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
                nanoseconds: status.st_mtim.tv_nsec)
        }
        return found
    }
}
