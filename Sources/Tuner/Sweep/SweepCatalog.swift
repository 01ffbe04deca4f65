public import Engine
public import Plugins

/// What a sweep file may name: the optimizers and workloads of this program.
///
/// Injected, so that the reader can be tested with a small catalog and so that it knows no registry.
public struct SweepCatalog: Sendable {
    /// Optimizers in the order of listings.
    public var optimizers: [OptimizerDescriptor]
    /// Workloads in the order of listings.
    public var workloads: [WorkloadDescriptor]
    /// Names of optimizers that need the gradients of single examples.
    public var optimizersNeedingPerExampleGradients: Set<String>
    /// Optimizers that come from libraries.
    public var external: ExternalCatalog
    /// Names of optimizers whose learning rate a probe can predict.
    public var probedOptimizers: Set<String>

    /// A catalog of descriptors.
    public init(
        optimizers: [OptimizerDescriptor], workloads: [WorkloadDescriptor],
        optimizersNeedingPerExampleGradients: Set<String> = [], probedOptimizers: Set<String> = [],
        external: ExternalCatalog = .none
    ) {
        self.external = external
        self.optimizers = optimizers
        self.workloads = workloads
        self.optimizersNeedingPerExampleGradients = optimizersNeedingPerExampleGradients
        self.probedOptimizers = probedOptimizers
    }

    /// Everything the program has.
    public static let builtIn = SweepCatalog(
        optimizers: PluginCatalog.optimizers, workloads: PluginCatalog.workloads,
        optimizersNeedingPerExampleGradients: PluginCatalog.optimizersNeedingPerExampleGradients,
        probedOptimizers: Set(
            OptimizerRegistry.builtIn.plugins.filter { $0 is any ProbedOptimizer }.map(\.descriptor.name)))

    /// A catalog of plugins and workloads.
    public init(
        plugins: [any OptimizerPlugin], workloads: [WorkloadDescriptor], external: ExternalCatalog = .none
    ) {
        self.init(
            optimizers: plugins.map(\.descriptor), workloads: workloads,
            optimizersNeedingPerExampleGradients: Set(
                plugins.filter(\.needsPerExampleGradients).map(\.descriptor.name)),
            probedOptimizers: Set(
                plugins.filter { $0 is any ProbedOptimizer }.map(\.descriptor.name)),
            external: external)
    }

    /// Names of the optimizers that can train a workload: its own list, else all update rules.
    func optimizers(for workload: WorkloadDescriptor) -> [String] {
        workload.supportedOptimizers ?? optimizers.filter { !$0.isRoundMethod }.map(\.name)
    }

    /// The optimizer of a name.
    func optimizer(_ name: String) -> OptimizerDescriptor? {
        optimizers.first { $0.name == name }
    }

    /// The workload of a name.
    func workload(_ name: String) -> WorkloadDescriptor? {
        workloads.first { $0.name == name }
    }
}
