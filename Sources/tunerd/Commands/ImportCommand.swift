import ArgumentParser
import Tuner

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take runs made elsewhere into a sweep, so that its law is fitted to them.",
        discussion: """
            The table is a CSV file with a line for each run, its columns named as in the sweep file: every searched \
            parameter, token_budget and the metric; a run without a metric diverged. What 'tunerd export --format csv' \
            writes can be read again.

              tunerd import runs.csv --sweep sweep.yaml --column learning_rate=lr --column validation_loss=loss

            All rows are taken or none: exit status 65 with the line of every bad one. A sweep that is not there yet is \
            made and stays paused; 'tunerd run FILE' goes on from the imported trials. No daemon may hold the store.
            """)

    @Argument(help: "CSV file; - is standard input.") var table: String
    @Option(help: "Sweep file that says what the runs are.") var sweep: String
    @Option(help: "NAME=COLUMN where a column is not named as in the sweep; may be repeated.")
    var column: [String] = []
    @Option(help: "Between fields; default a comma, a tab for .tsv.") var separator: String?
    @Option(help: "Database to write (TUNERD_STORE).") var store: String?
    @OptionGroup var plugins: PluginOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let separator, separator != "\\t", separator.count != 1 {
            throw ValidationError("--separator must be one character; a tab is '\\t'.")
        }
        if table == "-", sweep == "-" {
            throw ValidationError("Only one of the table and the sweep file can be standard input.")
        }
    }

    func run() async throws {
        let runs = try RunTable(
            contentsOf: table, separator: separator.map { $0 == "\\t" ? "\t" : Character($0) })
        let answer = try await plugins.factory.importTrials(
            runs, columns: column, source: try SweepFile.load(sweep), store: Defaults.store(store))
        try Output.show(ImportView(answer: answer), as: output.format)
    }
}
