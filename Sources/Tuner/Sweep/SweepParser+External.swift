import Engine
import Foundation
import Plugins

/// The optimizer a sweep file means.
struct LocatedOptimizer: Sendable {
    /// What it says about itself.
    var descriptor: OptimizerDescriptor
    /// Where it comes from; `nil` for one of this program.
    var external: ExternalOptimizer?
    /// Where it is named.
    var place: SourcePlace
}

extension SweepParser {
    /// Finds `optimizer: NAME`, `optimizer: {name: NAME}` or `optimizer: {plugin: PATH}`. Built-in names come first: no
    /// file in a folder changes what `adamw` means.
    mutating func findOptimizer(_ node: LocatedNode) -> LocatedOptimizer? {
        let entries = Self.entries(of: node)
        if let plugin = entries.first(where: { $0.key == "plugin" }) {
            if let name = entries.first(where: { $0.key == "name" }) {
                problems.add(.nameBesidePlugin, at: name.keyPlace)
            }
            return optimizer(inLibrary: plugin.value)
        }
        guard let (name, place) = pluginName(node, "optimizer") else { return nil }
        // What a stored sweep began with stays what it means, also when a later program has an optimizer of this name.
        if let kept = source.external, kept.descriptor.name == name {
            return LocatedOptimizer(descriptor: kept.descriptor, external: kept, place: place)
        }
        if let descriptor = catalog.optimizer(name) {
            return LocatedOptimizer(descriptor: descriptor, place: place)
        }
        do {
            if let found = try catalog.external.find(.named(name)) {
                return LocatedOptimizer(descriptor: found.descriptor, external: found, place: place)
            }
            let known = catalog.optimizers.map(\.name) + catalog.external.names()
            problems.add(.unknownName("optimizer", name, known: known), at: place)
        } catch {
            problems.add(.unusablePlugin(error), at: place)
        }
        return nil
    }

    private mutating func optimizer(inLibrary node: LocatedNode) -> LocatedOptimizer? {
        guard let path = text(node, "optimizer.plugin") else { return nil }
        let absolute =
            path.hasPrefix("/")
            ? URL(fileURLWithPath: path) : source.directory.appendingPathComponent(path)
        if let kept = source.external {
            return LocatedOptimizer(descriptor: kept.descriptor, external: kept, place: node.place)
        }
        do {
            guard let found = try catalog.external.find(.file(absolute.standardizedFileURL.path)) else {
                problems.add(.pluginsNotAllowed(path), at: node.place)
                return nil
            }
            guard catalog.optimizer(found.descriptor.name) == nil else {
                problems.add(.pluginNameTaken(path, name: found.descriptor.name), at: node.place)
                return nil
            }
            return LocatedOptimizer(descriptor: found.descriptor, external: found, place: node.place)
        } catch {
            problems.add(.unusablePlugin(error), at: node.place)
            return nil
        }
    }
}
