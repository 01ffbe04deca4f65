import Engine
import Foundation
import Plugins

extension WorkerLoop {
    /// Trains with the workloads and optimizers that come with the program, and with optimizers from outside: what
    /// `tunerd worker` uses.
    ///
    ///     let status = await WorkerLoop(train: WorkerLoop.builtIn).run()
    public static let builtIn: Training = { job, choice, observe, shouldStop in
        func watch(_ observation: TrainingObservation) throws -> TrainingDirective {
            try observe(observation)
            return shouldStop() ? .stop : .proceed
        }
        if let library = choice?.origin {
            let plugin = try ExternalOptimizerPlugin(contentsOf: library.path, sha256: library.sha256)
            return try PluginCatalog.run(
                job, plugin: plugin, shelf: shelf, observe: watch, shouldStop: shouldStop)
        }
        guard let name = choice?.name, PluginCatalog.optimizer(named: name) != nil else {
            throw TunerError(
                .failed, "there is no optimizer '\(choice?.name ?? "")'",
                why: "there are " + PluginCatalog.optimizers.map(\.name).joined(separator: ", "))
        }
        return try PluginCatalog.run(
            job, optimizer: name, shelf: shelf, observe: watch, shouldStop: shouldStop)
    }

    /// Trains stacks with the workloads and update rules that come with the program. A library from outside is refused:
    /// what it does to the process it would do to all.
    public static let builtInStack: StackTraining = { jobs, choice, observe, ended, shouldStop in
        guard let name = choice?.name, choice?.origin == nil else {
            let refusal = TunerError(
                .failed, "an optimizer from outside cannot be stacked",
                why: "a fault of it would end the other trials of the stack")
            return ended(jobs.indices.map { StackedOutcome(index: $0, outcome: .failure(refusal)) })
        }
        PluginCatalog.run(
            stack: jobs, optimizer: name, shelf: shelf, observe: observe, ended: ended, shouldStop: shouldStop
        )
    }

    /// The workload of the last trial of this process: a sweep's trials mostly have the same.
    private static let shelf = WorkloadShelf()

    /// Loads a library into this process and writes what it is as one line: what `tunerd worker --describe` does.
    ///
    /// - Parameter path: of the library, absolute.
    /// - Returns: the exit status: 0 when it can be used.
    public static func describe(_ path: String) -> Int32 {
        let output = reserve(STDOUT_FILENO)
        let description = LibraryDescription(ofLibraryAt: path)
        guard let line = try? description.line() else { return EXIT_FAILURE }
        let written = line.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
        return written == line.count && description.problem == nil ? EXIT_SUCCESS : EXIT_FAILURE
    }
}
