import Basics
import Replica

/// Two nodes of a cluster and what passed between them, recorded.
///
/// The acceptor's nonce comes from a seed, so that a recorded session can be played again to an
/// acceptor in the very state of the recording.
struct RecordedSession {
    static let cluster: [UInt8] = Array(0xa0..<0xb0)
    static let secret: [UInt8] = Array("the cluster's secret".utf8)
    static let otherSecret: [UInt8] = Array("the cluster's next secret".utf8)
    static let one = PeerIdentity(node: NodeID(1), incarnation: 0x1111_0000_0000_0001)
    static let two = PeerIdentity(node: NodeID(2), incarnation: 0x2222_0000_0000_0002)
    static let credentials = PeerCredentials(cluster: cluster, secrets: [secret])

    var dialer: PeerSession
    var acceptor: PeerSession
    var hello: [UInt8]
    var reply: [UInt8] = []
    var confirmation: [UInt8] = []
    /// All events of each side, in order.
    var dialerEvents: [PeerEvent] = []
    var acceptorEvents: [PeerEvent] = []

    /// n1 dials n2 and the handshake runs to its end, or to the first failure.
    init(
        dialer dialing: PeerCredentials = credentials,
        acceptor accepting: PeerCredentials = credentials,
        from local: PeerIdentity = one, to peer: NodeID = two.node, answering: PeerIdentity = two,
        seed: UInt8 = 1
    ) {
        var entropy = RecordedSession.entropy(seed)
        (dialer, hello) = PeerSession.dialer(
            local, to: peer, credentials: dialing, entropy: &entropy)
        acceptor = RecordedSession.freshAcceptor(answering, accepting, seed: seed)
        acceptor.receive(hello, into: &acceptorEvents)
        guard case .send(let reply) = acceptorEvents.first else { return }
        self.reply = reply
        dialer.receive(reply, into: &dialerEvents)
        guard case .send(let confirmation) = dialerEvents.first else { return }
        self.confirmation = confirmation
        acceptor.receive(confirmation, into: &acceptorEvents)
    }

    static func entropy(_ seed: UInt8) -> EntropyStream {
        EntropyStream(seed: Digest(repeatElement(seed, count: 32)))
    }

    /// An acceptor that draws the same nonce as every other of this seed.
    static func freshAcceptor(
        _ local: PeerIdentity = two, _ credentials: PeerCredentials = credentials,
        limits: PeerLinkLimits = PeerLinkLimits(), seed: UInt8 = 1
    ) -> PeerSession {
        var entropy = entropy(seed &+ 100)
        return PeerSession.acceptor(
            local, credentials: credentials, limits: limits, entropy: &entropy)
    }

    /// A dialer from n1 to n2 that draws the same nonce as every other of this seed.
    static func freshDialer(seed: UInt8 = 1) -> PeerSession {
        var entropy = entropy(seed)
        return PeerSession.dialer(
            one, to: two.node, credentials: credentials, entropy: &entropy
        ).session
    }
}

/// What a session does with a stream of bytes, delivered in the given pieces.
func events(
    of session: PeerSession, receiving stream: [UInt8], split: (Int) -> Int = { $0 }
) -> [PeerEvent] {
    var session = session
    var events: [PeerEvent] = []
    var rest = stream[...]
    while !rest.isEmpty {
        let piece = rest.prefix(split(rest.count))
        session.receive(piece, into: &events)
        rest = rest.dropFirst(piece.count)
    }
    return events
}

func frames(_ events: [PeerEvent]) -> [PeerEvent] {
    events.filter { if case .frame = $0 { true } else { false } }
}

extension PeerEvent {
    static func frame(_ sealed: SealedPayload) -> PeerEvent {
        .frame(kind: sealed.kind, payload: sealed.payload[...])
    }
}
