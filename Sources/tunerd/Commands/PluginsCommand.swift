import ArgumentParser
import Tuner

struct PluginsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins", abstract: "List what sweep files can name, or show one of them.")

    @Argument(
        help: "Name of an optimizer, workload, compressor, aggregator or attack, or the path of a library.")
    var name: String?
    @OptionGroup var plugins: PluginOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        if let name, name.contains("/"),
            let plugin = try plugins.factory.describe(library: name).plugins.first
        {
            return try Output.show(PluginView(plugin: plugin), as: output.format)
        }
        let listing = try plugins.factory.plugins()
        guard let name else { return try Output.show(PluginListView(listing: listing), as: output.format) }
        guard let plugin = listing.plugins.first(where: { $0.name == name }) else {
            throw TunerError(.usage, "no plugin is called '\(name)'", help: "'tunerd plugins' lists them")
        }
        try Output.show(PluginView(plugin: plugin), as: output.format)
    }
}
