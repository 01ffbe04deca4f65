import ArgumentParser

/// What theory says without a sweep or a table; each question has a verb of its own.
struct LawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "law",
        abstract: "Answer from theory alone, without a sweep: optima, transfers, privacy, batches.",
        discussion: """
            Counts take k M B T and Ki Mi Gi. Every answer says where it holds and when not to believe it; with --json \
            the numbers alone.

              tunerd law transfer --at 1B --learning-rate 0.02 --momentum 0.95 --batch-size-tokens 256Ki \
            --tuned learning_rate --token-budget 10B

            Without a subcommand, options are those of 'exponents'.
            """,
        subcommands: [
            LawExponentsCommand.self, LawRegimesCommand.self, LawTransferCommand.self, LawBatchCommand.self,
            LawClippingCommand.self, LawPrivacyCommand.self, LawPublishedCommand.self,
        ], defaultSubcommand: LawExponentsCommand.self)
}
