import Basics
import Consensus
import Journal
import Linux
import Replica

/// A data directory of a cluster that lost its majority, from which another one is made.
public final class LostCluster {
    /// Locked: no process runs on it, and none will while this is at work.
    private let directory: DataDirectory
    public let contents: ForcedRecovery
    public let identity: Identity

    public init(at path: String) throws(DataDirectoryRefusal) {
        directory = try DataDirectory(at: path)
        let recovery = try directory.recoverNode()
        identity = recovery.recovery.identity
        do throws(NodeStartRefusal) {
            contents = try ForcedRecovery(recovery)
        } catch {
            throw DataDirectoryRefusal("\(path): \(error)")
        }
    }

    /// Formats `target` as the only member of a new cluster and puts everything into it. The old
    /// directory stays as it is.
    public func write(
        _ newIdentity: Identity, into target: borrowing DataDirectory
    ) throws(DataDirectoryRefusal) {
        try target.format(newIdentity)
        guard let own = newIdentity.members.first else {
            preconditionFailure("a cluster of nobody")
        }
        let member = Member(
            id: own.node, role: .voter, address: own.address, clientAddress: own.clientAddress,
            incarnation: newIdentity.incarnation)
        let formatted = try target.recover()
        let performer = try target.performer()
        switch contents.write(into: formatted, as: member, perform: { performer.perform($0) }) {
        case nil: return
        case .noSpace: throw DataDirectoryRefusal("\(target.path): no room on the disk")
        case .broken(let reason): throw DataDirectoryRefusal("\(target.path): \(reason)")
        }
    }
}
