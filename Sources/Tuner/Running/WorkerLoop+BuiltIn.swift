import Engine
import Plugins

extension WorkerLoop {
    /// Trains with the workloads and optimizers that come with the program: what `tunerd worker` uses.
    ///
    ///     let status = await WorkerLoop(train: WorkerLoop.builtIn).run()
    public static let builtIn: Training = { job, name, observe, shouldStop in
        guard let name, let optimizer = OptimizerRegistry.builtIn.plugin(named: name) else {
            throw TunerError(
                .failed, "there is no optimizer '\(name ?? "")'",
                why: "there are " + OptimizerRegistry.builtIn.descriptors.map(\.name).joined(separator: ", "))
        }
        return try Trainer.run(
            job, optimizer: optimizer,
            observe: { observation in
                try observe(observation)
                return shouldStop() ? .stop : .proceed
            }, shouldStop: shouldStop)
    }
}
