import ArgumentParser

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Train the trials that come on standard input.", shouldDisplay: false
    )

    @Flag(help: "Answer one probe in place of trials.") var probe = false

    func run() async throws {
        try await Assembly.factory.work(probe: probe)
    }
}
