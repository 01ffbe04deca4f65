import ArgumentParser
import Foundation
import Tuner

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Train the trials that come on standard input.", shouldDisplay: false
    )

    @Option(help: "Load this library, say what optimizer it holds, and end.") var describe: String?
    @Flag(help: "Answer one probe in place of trials.") var probe = false

    func run() async throws {
        if let describe { Foundation.exit(WorkerLoop.describe(describe)) }
        try await Assembly.factory.work(probe: probe)
    }
}
