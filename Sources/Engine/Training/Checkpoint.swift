import Foundation

/// The state of an interrupted run in one file.
///
///     8 bytes   "TNRCKPT1"
///     8 bytes   length of the header, little-endian
///     header    JSON: job, kind of session, steps done, loss window, names and lengths of the buffers
///     buffers   one after another
///     8 bytes   FNV-1a hash of everything before
///
/// Written to a temporary file, synchronised and renamed, so that a reader sees the old state or the new one. A file
/// that is damaged, or of another job, is as good as none.
struct Checkpoint {
    /// Everything but the buffers.
    struct Header: Codable, Hashable {
        var job: TrainingJob
        var kind: String
        var progress: TrainingProgress
        var names: [String]
        var lengths: [Int]
    }

    /// Steps done and what the loop keeps besides the session.
    var progress: TrainingProgress
    /// The session's.
    var buffers: [String: Data]

    private static let magic = Data("TNRCKPT1".utf8)

    /// Where a job's checkpoint lies.
    static func file(in folder: URL) -> URL { folder.appendingPathComponent("checkpoint.tunerd") }

    /// Writes the checkpoint.
    ///
    /// - Throws: `EngineError` when the folder cannot be made or written to.
    func write(to folder: URL, job: TrainingJob, kind: String) throws {
        let names = buffers.keys.sorted()
        let header = Header(
            job: Self.identity(of: job), kind: kind, progress: progress, names: names,
            lengths: names.map { buffers[$0]?.count ?? 0 })
        let text = try JSONEncoder().encode(header)
        var data = Self.magic
        Self.append(UInt64(text.count), to: &data)
        data.append(text)
        for name in names { data.append(buffers[name] ?? Data()) }
        Self.append(Self.hash(data), to: &data)
        let target = Self.file(in: folder)
        let temporary = folder.appendingPathComponent(
            ".checkpoint.\(getpid()).\(UInt32.random(in: 0 ... .max))")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try data.write(to: temporary)
            let handle = try FileHandle(forWritingTo: temporary)
            try handle.synchronize()
            try handle.close()
            guard rename(temporary.path, target.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            try? FileManager.default.removeItem(at: temporary)
            throw EngineError(
                code: "checkpoint-not-written", message: "cannot write a checkpoint to '\(folder.path)'",
                why: "\(error)", help: "check that the folder can be written to and the disk is not full")
        }
        Self.synchronise(folder)
    }

    /// Reads the checkpoint of a job, or `nil` when there is none that is whole and the job's.
    static func read(from folder: URL, job: TrainingJob, kind: String) -> Checkpoint? {
        guard let data = try? Data(contentsOf: file(in: folder)), data.count >= 24, data.prefix(8) == magic,
            number(data, at: data.count - 8) == hash(data.dropLast(8)),
            let length = Int(exactly: number(data, at: 8)), length <= data.count - 24,
            let header = try? JSONDecoder().decode(Header.self, from: data[16..<(16 + length)]),
            header.job == decodedTwice(identity(of: job)), header.kind == kind,
            header.names.count == header.lengths.count, header.lengths.allSatisfy({ $0 >= 0 }),
            header.lengths.reduce(24 + length, +) == data.count
        else { return nil }
        var buffers: [String: Data] = [:]
        var start = 16 + length
        for (name, count) in zip(header.names, header.lengths) {
            buffers[name] = Data(data[start..<(start + count)])
            start += count
        }
        return Checkpoint(progress: header.progress, buffers: buffers)
    }

    /// The job without what does not change its bits.
    private static func identity(of job: TrainingJob) -> TrainingJob {
        var job = job
        job.checkpointDirectory = nil
        return job
    }

    /// A job as it comes back from JSON, where `1.0` has become `1`.
    private static func decodedTwice(_ job: TrainingJob) -> TrainingJob? {
        guard let data = try? JSONEncoder().encode(job) else { return nil }
        return try? JSONDecoder().decode(TrainingJob.self, from: data)
    }

    private static func append(_ value: UInt64, to data: inout Data) {
        withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }

    private static func number(_ data: Data, at offset: Int) -> UInt64 {
        data[offset..<(offset + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func hash(_ data: Data) -> UInt64 {
        data.withUnsafeBytes { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            return hash
        }
    }

    /// Makes a rename durable.
    private static func synchronise(_ folder: URL) {
        let descriptor = open(folder.path, O_RDONLY)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
