import ArgumentParser
import Tuner

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a sweep file would run, and what theory alone says about it.")

    @Argument(help: "Sweep file; - is standard input.") var file: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let factory = Assembly.factory
        let definition = try factory.read(try SweepFile.load(file))
        let planner = try factory.planner(of: definition)
        let first = try planner.nextRound(history: [])
        let expected = max(first.count, planner.expectedTrialCount(history: []))
        try Output.show(
            PlanView(
                definition: definition, firstRound: first, expectedTrials: expected,
                theory: try factory.theory(of: definition)), as: output.format)
    }
}
