/// Why a run cannot start.
public enum MethodError: Error, Hashable, CustomStringConvertible {
    /// The problem cannot answer what the method asks.
    case missingCapabilities([Capability])
    /// The start has another length than the problem.
    case wrongDimension(start: Int, problem: Int)
    /// There is nobody to ask.
    case noWorkers
    /// No method of this name.
    case unknownMethod(String)

    /// What is wrong and how to mend it.
    public var description: String {
        switch self {
        case .missingCapabilities(let missing):
            let names = missing.map(\.rawValue).sorted().joined(separator: ", ")
            return "the problem cannot answer: \(names); choose a method without these needs"
        case .wrongDimension(let start, let problem):
            return "the start has \(start) coordinates, the problem \(problem)"
        case .noWorkers: return "a pool needs at least one worker"
        case .unknownMethod(let name): return "no method is called \"\(name)\""
        }
    }
}
