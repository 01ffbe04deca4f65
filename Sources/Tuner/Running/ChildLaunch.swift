import CTunerSystem
import Foundation

/// How a program is started: an argument list, never a shell.
struct ChildLaunch: Sendable {
    /// Program and arguments. A name without a slash is looked up in `PATH` of `environment`.
    var arguments: [String]
    /// The whole environment.
    var environment: [String: String]
    /// Where it starts; `nil`: here.
    var workingDirectory: String?
    /// Bytes of data each process may have (`RLIMIT_DATA`: heap and private mappings, but not mere reservations of
    /// address space, of which accelerator libraries make many).
    var memoryLimit: Int?
    /// Signal it gets when the thread that runs it ends; 0: none.
    var parentDeathSignal: Int32 = 0
    /// Whether its standard input is a pipe; `/dev/null` otherwise.
    var takesInput = false
    /// Seconds between TERM and KILL.
    var grace: Double = 10

    /// The pipes and the process of a started program.
    struct Started {
        var pid: pid_t
        var input: Int32?
        var output: Int32
        var error: Int32
    }

    /// Starts the program on the calling thread.
    ///
    /// - Returns: the process with our ends of its pipes, which do not block.
    /// - Throws: `failed` naming the program and the step that failed.
    func start() throws(TunerError) -> Started {
        let program = try locateProgram()
        var ours: [Int32] = [], theirs: [Int32] = []
        func closeAll(_ descriptors: [Int32]) { descriptors.forEach { close($0) } }
        for index in 0..<3 {
            if index == 0 && !takesInput {
                theirs.append(open("/dev/null", O_RDONLY | O_CLOEXEC))
                continue
            }
            var ends: [Int32] = [-1, -1]
            guard tuner_pipe(&ends) == 0 else {
                closeAll(ours + theirs)
                throw TunerError(
                    .failed, "cannot make a pipe for '\(arguments[0])'", why: Self.errorText(errno))
            }
            let (mine, other) = index == 0 ? (ends[1], ends[0]) : (ends[0], ends[1])
            tuner_set_blocking(other, 1)
            ours.append(mine)
            theirs.append(other)
        }
        var failedStep: UnsafePointer<CChar>?
        let pid = withCStrings(arguments) { argv in
            withCStrings(environment.map { "\($0)=\($1)" }.sorted()) { envp in
                program.withCString { path in
                    withOptionalCString(workingDirectory) { folder in
                        var launch = tuner_launch(
                            program: path, arguments: argv, environment: envp, working_directory: folder,
                            standard_input: theirs[0], standard_output: theirs[1], standard_error: theirs[2],
                            memory_limit: UInt64(max(0, memoryLimit ?? 0)),
                            parent_death_signal: parentDeathSignal)
                        return tuner_spawn(&launch, &failedStep)
                    }
                }
            }
        }
        let why = errno
        closeAll(theirs)
        guard pid > 0 else {
            closeAll(ours)
            throw startFailure(program, step: failedStep.map { String(cString: $0) } ?? "fork", why: why)
        }
        let input = takesInput ? ours.removeFirst() : nil
        return Started(pid: pid, input: input, output: ours[0], error: ours[1])
    }

    private func locateProgram() throws(TunerError) -> String {
        guard let name = arguments.first, !name.isEmpty else {
            throw TunerError(.failed, "the command is empty")
        }
        if name.contains("/") { return name }
        let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in path.split(separator: ":") where access("\(folder)/\(name)", X_OK) == 0 {
            return "\(folder)/\(name)"
        }
        throw TunerError(
            .failed, "there is no program '\(name)'", why: "it is in no folder of PATH=\(path)",
            help: "give its full path, or set PATH in the sweep's environment")
    }

    private func startFailure(_ program: String, step: String, why: Int32) -> TunerError {
        switch step {
        case "exec":
            return TunerError(
                .failed, "cannot run the program '\(program)'", why: Self.errorText(why),
                help: why == ENOEXEC ? "it is no executable file; does a script lack its '#!' line?" : nil)
        case "chdir":
            return TunerError(
                .failed, "cannot start '\(program)' in '\(workingDirectory ?? "")'", why: Self.errorText(why))
        default:
            return TunerError(.failed, "cannot start '\(program)': \(step)", why: Self.errorText(why))
        }
    }

    private static func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Null-terminated C strings for the time of a call.
private func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
    var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    copies.append(nil)
    defer { copies.forEach { free($0) } }
    return copies.withUnsafeBufferPointer { buffer in
        // A buffer with at least its terminating null has an address.
        guard let address = buffer.baseAddress else { preconditionFailure("empty buffer") }
        return body(address)
    }
}

private func withOptionalCString<Value>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Value) -> Value
{
    guard let string else { return body(nil) }
    return string.withCString { body($0) }
}
