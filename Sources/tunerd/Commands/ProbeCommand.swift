import ArgumentParser
import Tuner

struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Measure what theory needs of a sweep's model, and predict its learning rate.",
        discussion: """
            Takes a few hundred gradients along a short run of the optimizer, in a process of its own, and trains \
            nothing else. The prediction is a place to start a search from, not a result.
            """)

    @Argument(help: "Sweep file; - is standard input.") var file: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let definition = try Assembly.factory.read(try SweepFile.load(file))
        try Output.show(
            ProbeView(probe: try await Assembly.factory.probe(definition)), as: output.format)
    }
}
