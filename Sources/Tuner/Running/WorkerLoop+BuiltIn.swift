import Engine
import Plugins

extension WorkerLoop {
    /// Trains with the workloads and optimizers that come with the program: what `tunerd worker` uses.
    ///
    ///     let status = await WorkerLoop(train: WorkerLoop.builtIn).run()
    public static let builtIn: Training = { job, name, observe, shouldStop in
        guard let name, PluginCatalog.optimizer(named: name) != nil else {
            throw TunerError(
                .failed, "there is no optimizer '\(name ?? "")'",
                why: "there are " + PluginCatalog.optimizers.map(\.name).joined(separator: ", "))
        }
        return try PluginCatalog.run(
            job, optimizer: name,
            observe: { observation in
                observe(observation)
                return shouldStop() ? .stop : .proceed
            }, shouldStop: shouldStop)
    }
}
