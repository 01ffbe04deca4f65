import Engine
import Foundation
import Plugins

extension WorkerLoop {
    /// Trains with the workloads and optimizers that come with the program, and with optimizers from outside: what
    /// `tunerd worker` uses.
    ///
    ///     let status = await WorkerLoop(train: WorkerLoop.builtIn).run()
    public static let builtIn: Training = { job, choice, observe, shouldStop in
        try Trainer.run(
            job, optimizer: try optimizer(choice),
            observe: { observation in
                try observe(observation)
                return shouldStop() ? .stop : .proceed
            }, shouldStop: shouldStop)
    }

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

    private static func optimizer(_ choice: AttemptSpec.NamedOptions?) throws -> any OptimizerPlugin {
        if let library = choice?.library {
            return try ExternalOptimizerPlugin(contentsOf: library.path, sha256: library.sha256)
        }
        if let choice, let plugin = OptimizerRegistry.builtIn.plugin(named: choice.name) { return plugin }
        throw TunerError(
            .failed, "there is no optimizer '\(choice?.name ?? "")'",
            why: "there are " + OptimizerRegistry.builtIn.descriptors.map(\.name).joined(separator: ", "))
    }
}
