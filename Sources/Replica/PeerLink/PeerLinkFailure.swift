/// Why a peer link was closed. Each cause is counted under its raw value; none says anything to
/// the other side, which only sees the connection end.
public enum PeerLinkFailure: String, Error, Hashable, CaseIterable, Sendable {
    /// The first byte isn't this program's protocol version: another release, or no peer at all.
    case wrongVersion = "wrong_version"
    /// The greeting is of the wrong side: our own, reflected.
    case wrongRole = "wrong_role"
    /// The peer belongs to another cluster.
    case wrongCluster = "wrong_cluster"
    /// The peer meant to speak to another node.
    case wrongAddressee = "wrong_addressee"
    /// Another node than the one dialed answered, or a dialer claims the acceptor's own id.
    case wrongPeer = "wrong_peer"
    /// A handshake message isn't authenticated by a secret of ours: the peer doesn't know it,
    /// a byte was changed, or the message is of another session.
    case unauthenticatedHandshake = "unauthenticated_handshake"
    /// A frame announces more than the limit.
    case oversizedFrame = "oversized_frame"
    /// A frame is missing, repeated or out of order.
    case outOfSequence = "out_of_sequence"
    /// A frame's header isn't authenticated by the session's key.
    case unauthenticatedFrame = "unauthenticated_frame"
    /// A payload isn't the one that its authenticated header names.
    case corruptPayload = "corrupt_payload"

    // The causes below are found outside the session and handed to `PeerSession.end`.

    /// An authentic node that is no member, and one too many of that kind.
    case unknownNode = "unknown_node"
    /// An authentic node that was a member. It is told so.
    case formerMember = "former_member"
    /// A member's id with another data directory: it has lost the memory of its votes.
    case foreignIncarnation = "foreign_incarnation"
    /// The handshake wasn't complete by its deadline.
    case handshakeExpired = "handshake_expired"
    /// The oldest of too many accepted links that hadn't said who they are: it made room.
    case tooManyStrangers = "too_many_strangers"
    /// An authentic frame doesn't parse: a defect of the sender.
    case malformedPayload = "malformed_payload"
}
