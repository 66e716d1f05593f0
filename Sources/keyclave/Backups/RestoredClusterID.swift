import Basics
import Server

/// What all nodes of a restored cluster must be formatted with alike. Nodes that began with
/// different states would never find out: so the cluster's id is a commitment to all of it, and a
/// node that is given another backup, or other members, refuses the id.
struct RestoredClusterID {
    var backup: Digest
    var members: [NodeConfiguration.Member]
    var operatorToken: Digest?

    /// An id for it. Two clusters restored from one backup have different ids.
    func draw(at time: Timestamp, salt: [UInt8]) -> ClusterID {
        precondition(salt.count == 2, "16 bits, of which 12 count")
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: time.milliseconds >> (40 - 8 * $0)) }
        bytes += [salt[0] & 0x0F | 0x70, salt[1]]
        bytes += commitment(behind: bytes)
        return ClusterID(stored: bytes)
    }

    func isCommitted(_ id: ClusterID) -> Bool {
        Array(id.bytes[8...]) == commitment(behind: Array(id.bytes[..<8]))
    }

    /// The second half of a UUID whose first half is known.
    private func commitment(behind head: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(Array("keyclave restored cluster ".utf8))
        hash.update(head)
        hash.update(backup.bytes)
        for member in members {
            hash.update(Array("\(member.id) \(member.peer) \(member.http)\n".utf8))
        }
        if let operatorToken { hash.update(operatorToken.bytes) }
        var tail = Array(hash.finish().bytes[..<8])
        tail[0] = tail[0] & 0x3F | 0x80
        return tail
    }
}
