import ArgumentParser

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Train the trials that come on standard input.", shouldDisplay: false
    )

    func run() async throws {
        try await Assembly.factory.work()
    }
}
