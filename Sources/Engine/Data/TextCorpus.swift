import Foundation

/// Text from a file or a folder as numbers: one symbol a character or a byte, nine tenths for training.
///
/// The last tenth by position is the validation part, so that no passage is in both. Files of a folder are read in
/// the order of their names; hidden ones are skipped.
struct TextCorpus: Sendable {
    /// The training part.
    let training: [Int32]
    /// The validation part.
    let validation: [Int32]
    /// Number of different symbols.
    let vocabulary: Int

    /// Reads a corpus.
    ///
    /// - Parameters:
    ///   - path: file or folder.
    ///   - byBytes: 256 byte values instead of the characters (Unicode scalars) that occur.
    ///   - sequenceLength: both parts must hold a sequence of this length and the symbol after it.
    /// - Throws: `EngineError` when nothing can be read, the text is too short, is not UTF-8, or has more than
    ///   4096 different characters.
    init(path: String, byBytes: Bool, sequenceLength: Int) throws {
        let data = try Self.read(path)
        let symbols: [Int32]
        if byBytes {
            symbols = data.map { Int32($0) }
            vocabulary = 256
        } else {
            guard let text = String(data: data, encoding: .utf8) else {
                throw EngineError.badData(
                    path, "is not UTF-8 text", help: "convert it, or use 'symbols: bytes'")
            }
            let known = Set(text.unicodeScalars).sorted()
            guard known.count <= 4096 else {
                throw EngineError.badData(
                    path, "has \(known.count) different characters; at most 4096 can be symbols",
                    help: "use 'symbols: bytes'")
            }
            let numbers = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, Int32($0)) })
            symbols = text.unicodeScalars.compactMap { numbers[$0] }
            vocabulary = max(2, known.count)
        }
        let split = symbols.count - symbols.count / 10
        guard min(split, symbols.count - split) > sequenceLength else {
            throw EngineError.badData(
                path, "has \(symbols.count) symbols, too few for sequence_length \(sequenceLength)",
                why: "a tenth is kept for validation, and it must hold a whole sequence",
                help: "give at least \(10 * (sequenceLength + 1)) symbols or a shorter sequence_length")
        }
        training = Array(symbols[..<split])
        validation = Array(symbols[split...])
    }

    private static func read(_ path: String) throws -> Data {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw DataFile.missing(path)
        }
        guard isFolder.boolValue else { return try DataFile.contents(path) }
        var data = Data()
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        for name in names where !name.hasPrefix(".") {
            let file = path + "/" + name
            var isInner: ObjCBool = false
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isInner), !isInner.boolValue
            else {
                continue
            }
            data.append(try DataFile.contents(file))
        }
        return data
    }
}
