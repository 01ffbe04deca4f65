import ArgumentParser

/// Batch sizes from theory.
struct LawBatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Batch sizes from theory: the best one, the critical one, and rules between two.",
        discussion: "The critical batch size of measured runs: tunerd fit --loss-law critical-batch.",
        subcommands: [
            LawBatchRescaleCommand.self, LawBatchCriticalCommand.self, LawBatchFiniteSumCommand.self,
        ])
}
