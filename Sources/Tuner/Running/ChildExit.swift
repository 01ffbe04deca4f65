import CTunerSystem
import Foundation

/// How a child process ended, and what it used.
struct ChildExit: Sendable, Hashable {
    /// Exit status or signal.
    enum Status: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    var status: Status
    /// Processor seconds of the process and its reaped children.
    var userSeconds: Double
    var systemSeconds: Double
    /// Largest resident size of a single process.
    var peakResidentBytes: Int

    /// Reaps a process.
    ///
    /// - Parameters:
    ///   - pid: a child of this process.
    ///   - block: whether to wait for its end.
    /// - Returns: `nil` while it runs, when not blocking.
    static func reap(_ pid: pid_t, block: Bool) -> ChildExit? {
        var status: Int32 = 0
        var user = 0.0, system = 0.0
        var resident: Int64 = 0
        let result = tuner_wait(pid, block ? 1 : 0, &status, &user, &system, &resident)
        if result == 0 { return nil }
        var code: Int32 = 0
        let isSignal = tuner_status_is_signal(status, &code) != 0
        return ChildExit(
            status: isSignal ? .signalled(code) : .exited(code), userSeconds: user, systemSeconds: system,
            peakResidentBytes: Int(resident))
    }

    /// For a person: `exited with status 3`, `was ended by signal 9 (SIGKILL)`.
    var summary: String {
        switch status {
        case .exited(let code): "exited with status \(code)"
        case .signalled(let signal):
            "was ended by signal \(signal)\(Self.signalName(signal).map { " (\($0))" } ?? "")"
        }
    }

    private static func signalName(_ signal: Int32) -> String? {
        let names: [Int32: String] = [
            SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
            SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV",
            SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU",
            SIGXFSZ: "SIGXFSZ",
            SIGSYS: "SIGSYS",
        ]
        return names[signal]
    }
}
