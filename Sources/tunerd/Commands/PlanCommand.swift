import ArgumentParser
import Foundation
import Tuner

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a sweep file would run, and what theory alone says about it.",
        discussion: """
            The time is predicted from finished trials of the same workload and optimizer in the store, and unknown \
            before there are any. What law_guided will run depends on what the trials show: the plan is a rehearsal \
            against a made-up loss that moves as theory expects.
            """)

    @Argument(help: "Sweep file; - is standard input.") var file: String
    @Option(help: "Database whose finished trials say how long training takes (TUNERD_STORE).")
    var store: String?
    @Option(help: "Trials at once; default one per core (TUNERD_SLOTS).") var slots: Int?
    @OptionGroup var plugins: PluginOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let slots, slots < 1 { throw ValidationError("--slots must be at least 1.") }
    }

    func run() async throws {
        let factory = plugins.factory
        let definition = try factory.read(try SweepFile.load(file))
        let planner = try factory.planner(of: definition)
        let first = try planner.nextRound(history: [])
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let usual = try Defaults.number("TUNERD_SLOTS") ?? cores
        let slots = self.slots ?? usual
        let atOnce = min(slots, definition.parallel ?? slots)
        let rate = try await rate(of: definition, slots: usual)
        let plan =
            definition.method == .lawGuided
            ? SweepPlan(
                definition, firstRound: first,
                rehearsal: try PlanRehearsal(definition: definition, planner: planner), slots: atOnce,
                rate: rate)
            : SweepPlan(
                definition, firstRound: first, expectedTrials: planner.expectedTrialCount(history: []),
                slots: atOnce, rate: rate)
        try Output.show(
            PlanView(definition: definition, plan: plan, theory: try factory.theory(of: definition)),
            as: output.format)
    }

    /// A store that was named must be readable; one that merely might be there need not.
    private func rate(of definition: SweepDefinition, slots: Int) async throws -> TrialRate? {
        if let store {
            return try await TrialRate.measured(
                for: definition, in: Assembly.factory.open(store: store), slots: slots)
        }
        guard let operations = try? await Assembly.factory.open(store: Defaults.store(nil)) else {
            return nil
        }
        return try? await TrialRate.measured(for: definition, in: operations, slots: slots)
    }
}
