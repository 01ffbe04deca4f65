/// Who may do what on a socket.
///
/// The owner of the daemon and root do everything, and so do the operators the configuration lists. Members of the
/// daemon's group may read and ask; if the configuration says so they may also submit sweeps of built-in workloads.
/// A `command:` sweep runs programs as the daemon's user, so it is never for members. Everybody else is refused.
public struct AccessPolicy: Sendable {
    /// User the daemon runs as.
    public var owner: UInt32
    /// Groups whose members may read.
    public var groups: Set<UInt32>
    /// Further users who do everything.
    public var operators: Set<UInt32>
    /// Whether members may submit sweeps without commands.
    public var membersMaySubmit: Bool

    /// A policy.
    public init(
        owner: UInt32, groups: Set<UInt32> = [], operators: Set<UInt32> = [], membersMaySubmit: Bool = false
    ) {
        self.owner = owner
        self.groups = groups
        self.operators = operators
        self.membersMaySubmit = membersMaySubmit
    }

    /// What a request needs.
    enum Permission: String, Sendable, CaseIterable {
        /// See and ask.
        case read
        /// Submit a sweep of a built-in workload.
        case submit
        /// Submit a sweep that runs programs.
        case submitCommand
        /// Pause, resume, cancel, remove.
        case manage
    }

    /// What a peer may do.
    func permissions(of peer: PeerCredentials) -> Set<Permission> {
        if peer.userID == owner || peer.userID == 0 || operators.contains(peer.userID) {
            return Set(Permission.allCases)
        }
        guard groups.contains(peer.groupID) else { return [] }
        return membersMaySubmit ? [.read, .submit] : [.read]
    }

    /// Refuses what a peer may not do.
    ///
    /// - Throws: `notPermitted`, naming the user and what would be needed.
    func require(_ permission: Permission, of peer: PeerCredentials) throws {
        let granted = permissions(of: peer)
        if granted.contains(permission) { return }
        let what =
            switch permission {
            case .read: "read from this daemon"
            case .submit: "submit sweeps to this daemon"
            case .submitCommand: "submit a 'command:' sweep to this daemon"
            case .manage: "change sweeps of this daemon"
            }
        let why =
            permission == .submitCommand && granted.contains(.submit)
            ? "a command runs as the daemon's user \(owner)"
            : granted.isEmpty
                ? "it belongs to user \(owner)" : "members of the daemon's group may read and ask only"
        throw TunerError(
            .notPermitted, "user \(peer.userID) may not \(what)", why: why,
            help: "ask the owner to start it with '--operator \(peer.userID)', or run a daemon of your own")
    }
}
