/// Who is at the other end of a connection, as the kernel says.
public struct PeerCredentials: Sendable, Hashable {
    /// Effective user.
    public var userID: UInt32
    /// Effective primary group.
    public var groupID: UInt32
    /// Process that connected; it may have handed the connection on.
    public var processID: Int32

    /// Credentials.
    public init(userID: UInt32, groupID: UInt32, processID: Int32) {
        self.userID = userID
        self.groupID = groupID
        self.processID = processID
    }
}
