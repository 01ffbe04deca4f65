import CTunerSystem
import Engine
import Foundation
import Plugins

/// The worker's side of a probe: what `tunerd worker --probe` runs.
///
/// One request comes on standard input as a line of JSON, one answer goes to standard output:
///
///     {"report":{...}}      or      {"failure":{"code":"no-geometry","message":"...","why":"...","help":"..."}}
///
/// A process of its own, so that a model too large for the memory, or a crash, never touches the daemon.
public enum ProbeWorker {
    /// What goes to standard output.
    struct Answer: Codable, Sendable {
        var report: ProbeReport?
        var failure: Failure?
    }

    /// Why there is no report.
    struct Failure: Codable, Sendable {
        var code: String
        var message: String
        var why: String?
        var help: String?
    }

    /// Answers the request on standard input.
    ///
    /// - Returns: the exit status of the process.
    public static func run() async -> Int32 {
        tuner_set_parent_death_signal(SIGTERM)
        let answer = await DedicatedThread.run("tuner-probe") { () -> Answer in
            Self.answer(to: FileHandle.standardInput)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(answer) else { return EXIT_FAILURE }
        do {
            try FileHandle.standardOutput.write(contentsOf: line + Data("\n".utf8))
        } catch {
            return EXIT_FAILURE
        }
        return EXIT_SUCCESS
    }

    private static func answer(to input: FileHandle) -> Answer {
        do {
            let data = try input.readToEnd() ?? Data()
            let request = try JSONDecoder().decode(ProbeRequest.self, from: data)
            guard let report = try GradientProbe.run(request) else { return Answer() }
            return Answer(report: report)
        } catch let error as EngineError {
            return Answer(
                failure: .init(code: error.code, message: error.message, why: error.why, help: error.help))
        } catch {
            return Answer(
                failure: .init(code: "failed", message: "the probe cannot read its request: \(error)"))
        }
    }
}
