import Basics

/// A member of the cluster as it was formatted.
public struct IdentityMember: Hashable, Sendable {
    public var node: NodeID
    /// Where its peers find it; opaque here.
    public var address: String
    /// Where clients find it; empty if that wasn't said.
    public var clientAddress: String

    public init(node: NodeID, address: String, clientAddress: String = "") {
        self.node = node
        self.address = address
        self.clientAddress = clientAddress
    }
}

/// Who a data directory belongs to: written once by `format`, never changed.
public struct Identity: Hashable, Sendable {
    /// 16 random bytes, the same on all members.
    public var clusterID: [UInt8]
    public var node: NodeID
    /// The first members, in ascending order of their ids, this one included; of a node that
    /// joins a cluster, itself alone.
    public var members: [IdentityMember]
    /// Random, drawn when the directory was formatted: a node that comes back under its old id
    /// with another incarnation has lost the memory of its votes.
    public var incarnation: UInt64
    /// What the state machine starts from (settings, the operator token's digest); opaque here,
    /// and the same on all first members. Empty in a node that joins: a snapshot brings its state.
    public var genesis: [UInt8]
    public var geometry: Geometry

    /// Requires a cluster id of 16 bytes.
    public init(
        clusterID: [UInt8], node: NodeID, members: [IdentityMember], incarnation: UInt64,
        genesis: [UInt8], geometry: Geometry = .disk
    ) {
        precondition(clusterID.count == Identity.clusterIDCount, "a cluster id has 16 bytes")
        self.clusterID = clusterID
        self.node = node
        self.members = members.sorted { $0.node < $1.node }
        self.incarnation = incarnation
        self.genesis = genesis
        self.geometry = geometry
    }

    public static let clusterIDCount = 16
    /// The format version of the directory as a whole: the one written, and the only one read. It
    /// rises whenever any file changes its layout, the state inside of snapshots and the commands
    /// inside of entries included.
    ///
    /// | version | since |
    /// |---|---|
    /// | 1 | the hard state was a term and a vote |
    /// | 2 | it also holds the incarnations of the peers |
    /// | 3 | members come and go, with addresses, roles and incarnations |
    /// | 4 | keys are imported, and of forms that aren't this program's |
    public static let formatVersion: UInt32 = 4
}
