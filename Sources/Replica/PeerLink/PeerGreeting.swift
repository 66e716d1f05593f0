import Basics

/// The first message of each side: who speaks, to whom, and a number never used before.
///
/// | bytes | |
/// |---|---|
/// | 1 | protocol version |
/// | 1 | role of the sender |
/// | 16 | cluster id |
/// | 4, 4 | ids of sender and receiver |
/// | 8 | incarnation of the sender |
/// | 32 | nonce |
/// | 32 | authentication code |
struct PeerGreeting: Hashable, Sendable {
    enum Role: UInt8, Sendable { case dialer = 1, acceptor = 2 }

    /// The version of greetings and frames alike. Nodes of different versions don't talk.
    static let version: UInt8 = 1
    /// Bytes without and with the code.
    static let bodyCount = 1 + 1 + PeerCredentials.clusterCount + 4 + 4 + 8 + Digest.count
    static let count = bodyCount + Digest.count

    var role: Role
    var cluster: [UInt8]
    var sender: PeerIdentity
    var receiver: NodeID
    var nonce: Digest

    /// The message up to its code.
    var body: [UInt8] {
        var writer = ByteWriter(capacity: PeerGreeting.count)
        writer.write(PeerGreeting.version)
        writer.write(role.rawValue)
        writer.writeRaw(cluster)
        writer.write(sender.node.rawValue)
        writer.write(receiver.rawValue)
        writer.write(sender.incarnation)
        nonce.append(to: &writer)
        return writer.bytes
    }

    /// The greeting that answers this one.
    func reply(from sender: PeerIdentity, nonce: Digest) -> PeerGreeting {
        PeerGreeting(
            role: .acceptor, cluster: cluster, sender: sender, receiver: self.sender.node,
            nonce: nonce)
    }
}

extension PeerGreeting {
    /// Reads the body of a greeting and checks that it belongs here; who sent it is authentic
    /// only after its code was checked.
    init(
        body: ArraySlice<UInt8>, expecting role: Role, cluster: [UInt8], receiver: NodeID
    ) throws(PeerLinkFailure) {
        do throws(MalformedBytes) {
            var reader = ByteReader(body)
            // The version was checked when it arrived, as the very first byte.
            _ = try reader.readUInt8()
            guard let role = Role(rawValue: try reader.readUInt8()) else {
                throw MalformedBytes("neither dialer nor acceptor")
            }
            self.role = role
            self.cluster = Array(try reader.readRaw(PeerCredentials.clusterCount))
            let sender = NodeID(try reader.readUInt32())
            self.receiver = NodeID(try reader.readUInt32())
            self.sender = PeerIdentity(node: sender, incarnation: try reader.readUInt64())
            nonce = try Digest(from: &reader)
        } catch {
            throw .wrongRole
        }
        guard self.role == role else { throw .wrongRole }
        guard self.cluster == cluster else { throw .wrongCluster }
        guard self.receiver == receiver else { throw .wrongAddressee }
        guard sender.node != receiver else { throw .wrongPeer }
    }
}
