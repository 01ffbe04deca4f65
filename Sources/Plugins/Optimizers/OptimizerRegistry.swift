/// The optimizers a sweep can name.
///
///     OptimizerRegistry.builtIn.plugin(named: "muon")?.descriptor.hyperparameters.first?.name   // "learning_rate"
///
/// To add one: a file with its rule and its plugin, a line here, a reference in its descriptor; the conformance suite
/// of the tests runs over everything listed.
public struct OptimizerRegistry: Sendable {
    /// In the order in which they are listed to people: plain methods first.
    public let plugins: [any OptimizerPlugin]

    /// A registry of the given plugins. Traps when two have one name: that is a programming error.
    public init(_ plugins: [any OptimizerPlugin]) {
        precondition(
            Set(plugins.map(\.descriptor.name)).count == plugins.count, "two optimizers with one name")
        self.plugins = plugins
    }

    /// Everything that comes with the program.
    public static let builtIn = OptimizerRegistry(
        [
            SGDPlugin(), NormalizedSGDPlugin(), SignSGDPlugin(), LionPlugin(), AdamWPlugin(), RMSpropPlugin(),
            MuonPlugin(), ScionPlugin(), GluonPlugin(), SteepestDescentPlugin(), NGNPlugin(), PolyakPlugin(),
            LossWarmUpPlugin(), QuantileClippedSGDPlugin(),
        ] + PrivateOptimizerPlugin.all)

    /// What each says about itself.
    public var descriptors: [OptimizerDescriptor] { plugins.map(\.descriptor) }

    /// The plugin of a name, or `nil`.
    public func plugin(named name: String) -> (any OptimizerPlugin)? {
        plugins.first { $0.descriptor.name == name }
    }
}
