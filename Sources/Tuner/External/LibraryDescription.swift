import Engine
import Foundation
import Plugins

/// What a describing worker writes: one line of JSON, `{"plugin":{"optimizer":{...}}}` or `{"plugin":{"problem":{...}}}`.
struct LibraryDescription: Codable {
    var optimizer: ExternalOptimizer?
    var problem: Problem?

    /// An `EngineError` on its way.
    struct Problem: Codable {
        var code: String
        var message: String
        var why: String?
        var help: String?
    }

    private struct Line: Codable { var plugin: LibraryDescription }

    /// Loads a library into this process and says what it is.
    init(ofLibraryAt path: String) {
        do { optimizer = try ExternalOptimizerPlugin(contentsOf: path).external } catch let error
            as EngineError
        {
            problem = Problem(code: error.code, message: error.message, why: error.why, help: error.help)
        } catch {
            problem = Problem(code: "plugin-not-loadable", message: "\(error)")
        }
    }

    /// Reads a line; `nil` when it is anything else a library may have printed.
    init?(line: [UInt8]) {
        guard let line = try? TrialProtocol.decoder().decode(Line.self, from: Data(line)) else { return nil }
        self = line.plugin
    }

    /// The line, its end included.
    func line() throws -> Data { try TrialProtocol.encode(Line(plugin: self)) }
}
