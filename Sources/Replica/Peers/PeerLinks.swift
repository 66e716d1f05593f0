import Basics
import Consensus
import Journal

/// What happened on the links, for the node.
enum PeerLinkEvent {
    /// The link on which this node speaks to the peer stands.
    case opened(NodeID)
    /// The peer said something.
    case frame(PeerFrame, from: NodeID)
    /// A member says that this node is none any more.
    case dismissed
}

/// The connections to and from the other members: one that this node dialed to speak to each, and
/// one that each dialed to speak to this node.
///
/// Laws:
/// - A frame is given to the node only from a session that proved the secret, under the id that it
///   proved. A member's incarnation must be the configuration's or, before that names it, the one
///   first seen under the id, which is durable.
/// - A few nodes that are no members here, but hold the secret, are heard and answered: a log that
///   lags behind doesn't know its leader. Who was a member isn't, and is told so.
/// - What is sent to a peer without an open link is dropped; everything above tolerates loss.
/// - At most one link for each direction of each pair: a newer one replaces the older.
struct PeerLinks: Sendable {
    /// The link on which this node speaks to one peer.
    enum Outgoing: Sendable {
        case resting(until: Instant)
        case dialing
        case handshake(LinkID, until: Instant)
        /// Proven, and the peer's incarnation is on its way to disk.
        case proven(LinkID)
        case open(LinkID)
    }

    struct Peer: Sendable {
        var id: NodeID
        /// Where it is dialed; empty while a guest hasn't said.
        var address: String
        /// Whether it is no member as far as is known here. It stays as long as its own link.
        var isGuest: Bool
        /// The incarnation that the configuration names.
        var named: UInt64?
        /// The incarnation first seen under this id. Another one has lost the memory of its votes.
        var incarnation: UInt64?
        /// Whether this node's disk holds the incarnation.
        var isRemembered = false
        var outgoing = Outgoing.resting(until: .zero)
        /// That of the link which `outgoing` names; what it holds otherwise is of no use. Beside
        /// the enum, not in it, so that it is changed where it lies: every look at the cases used
        /// to copy it, 3 % of a simulated run.
        var session: PeerSession?
        var pause: Duration
        /// The cluster secrets that it said it accepts, on its present link; empty if it said none.
        var secrets: [SecretFingerprint] = []
        /// When the link stood; nil while none does.
        var openedAt: Instant?
        /// Handshake bytes and sealed frames of this step.
        var outbox: [UInt8] = []

        mutating func seal(_ payload: SealedPayload) { session?.seal(payload, into: &outbox) }
    }

    struct Accepted: Sendable {
        var link: LinkID
        var session: PeerSession
        /// The handshake must be complete by then.
        var until: Instant
        var peer: NodeID?
        /// Told that it is no member: nothing is heard from it, and the link ends soon.
        var isDismissed = false
    }

    let local: PeerIdentity
    /// Changed by `adopt`.
    var credentials: PeerCredentials
    private let limits = PeerLinkLimits(maximumPayload: NodeLimits.framePayloadBytes)
    let backoff: (first: Duration, last: Duration)
    let handshakeDeadline: Duration
    /// Where this node is reached.
    private let address: String
    var peers: [Peer] = []
    /// Whether this node isn't a member any more: it has nothing to say to anybody.
    var isRetired = false
    /// Who was a member, as far as is committed here.
    var former: [NodeID] = []
    /// The incarnations that the disk holds.
    var remembered: [PeerIncarnation]
    /// Oldest first; never more than a few.
    var accepted: [Accepted] = []
    private var entropy: EntropyStream
    /// Handshake bytes, closings and failures of this step, in order.
    var effects: [NodeEffect] = []

    init(
        local: PeerIdentity, address: String, members: [LinkedMember] = [],
        known: [PeerIncarnation], credentials: PeerCredentials, settings: NodeSettings,
        entropy: EntropyStream
    ) {
        self.local = local
        self.credentials = credentials
        backoff = settings.dialBackoff
        handshakeDeadline = settings.handshakeDeadline
        self.entropy = entropy
        self.address = address
        remembered = known
        follow(members, former: [], now: .zero)
    }

    /// The incarnations of the peers that have proven themselves, in ascending order of their ids.
    var incarnations: [PeerIncarnation] {
        peers.filter { !$0.isGuest }.compactMap { peer in
            peer.incarnation.map { PeerIncarnation(node: peer.id, incarnation: $0) }
        }
    }

    /// Whether a peer has proven itself under an incarnation that isn't among these.
    func knowsOther(than known: [PeerIncarnation]) -> Bool {
        peers.contains { peer in
            guard !peer.isGuest, let incarnation = peer.incarnation else { return false }
            return !known.contains { $0.node == peer.id && $0.incarnation == incarnation }
        }
    }

    /// These incarnations are durable. Returns the peers to whom links stand that waited for it.
    mutating func remember(_ known: [PeerIncarnation]) -> [NodeID] {
        remembered = known
        return known.filter { remember($0) }.map(\.node)
    }

    private mutating func remember(_ known: PeerIncarnation) -> Bool {
        guard let position = position(of: known.node),
            peers[position].incarnation == known.incarnation
        else { return false }
        peers[position].isRemembered = true
        guard case .proven(let link) = peers[position].outgoing else { return false }
        open(position, link)
        return true
    }

    /// From now on what is sent to the peer goes out, behind a word on where it can answer.
    private mutating func open(_ position: Int, _ link: LinkID) {
        peers[position].outgoing = .open(link)
        send(.introduction(address: address), to: peers[position].id)
        if credentials.keys.count > 1 { tellSecrets(to: peers[position].id) }
    }

    func isOpen(to peer: NodeID) -> Bool {
        guard let position = position(of: peer), case .open = peers[position].outgoing else {
            return false
        }
        return true
    }

    /// Puts a frame behind the others for the peer; dropped if no link to it stands.
    mutating func send(_ frame: PeerFrame, to peer: NodeID) {
        guard let position = position(of: peer), case .open = peers[position].outgoing else {
            return
        }
        let sealed = SealedPayload(
            kind: frame.kind.rawValue, payload: frame.encodedPayload(), codes: credentials.codes)
        peers[position].seal(sealed)
    }

    func position(of peer: NodeID) -> Int? { peers.firstIndex { $0.id == peer } }
}

// Connections come and go.
extension PeerLinks {
    mutating func dialed(_ link: LinkID, to peer: NodeID, now: Instant) {
        guard let position = position(of: peer), case .dialing = peers[position].outgoing else {
            return effects.append(.close(link))
        }
        let (session, hello) = PeerSession.dialer(
            local, to: peer, credentials: credentials, limits: limits, entropy: &entropy)
        peers[position].outgoing = .handshake(link, until: now + handshakeDeadline)
        peers[position].session = session
        peers[position].outbox = hello
    }

    mutating func dialFailed(to peer: NodeID, now: Instant) {
        guard let position = position(of: peer), case .dialing = peers[position].outgoing else {
            return
        }
        rest(position, now: now)
    }

    mutating func accept(_ link: LinkID, now: Instant) {
        // The oldest goes: silent strangers must not keep a member out.
        let strangers = accepted.filter { $0.peer == nil }
        if strangers.count >= NodeLimits.unauthenticatedLinks, let oldest = strangers.first {
            close(oldest.link, .tooManyStrangers)
        }
        let session = PeerSession.acceptor(
            local, credentials: credentials, limits: limits, entropy: &entropy)
        accepted.append(Accepted(link: link, session: session, until: now + handshakeDeadline))
    }

    /// The other side, or the performer, ended the connection.
    mutating func closed(_ link: LinkID, now: Instant) {
        forget(link)
        for position in peers.indices where outgoingLink(position) == link {
            rest(position, now: now)
        }
    }

    func outgoingLink(_ position: Int) -> LinkID? {
        switch peers[position].outgoing {
        case .resting, .dialing: nil
        case .handshake(let link, _), .proven(let link), .open(let link): link
        }
    }

    /// Waits before the next attempt to connect, each time longer until one succeeds.
    private mutating func rest(_ position: Int, now: Instant) {
        // A link that is ended as soon as it stands, by a peer that refuses this node, is no
        // success.
        if let openedAt = peers[position].openedAt, now - openedAt > backoff.last {
            peers[position].pause = backoff.first
        }
        peers[position].openedAt = nil
        let pause = peers[position].pause
        // Drawn, so that two nodes that lost each other don't meet in step for ever.
        let drawn = entropy.between(pause, pause + pause)
        peers[position].outgoing = .resting(until: now + drawn)
        peers[position].session = nil
        peers[position].pause = min(pause + pause, backoff.last)
        peers[position].outbox.removeAll(keepingCapacity: true)
    }

    mutating func forget(_ link: LinkID) {
        accepted.removeAll { $0.link == link }
        dropGuests()
    }

    mutating func close(_ link: LinkID, _ failure: PeerLinkFailure) {
        forget(link)
        effects.append(.close(link))
        effects.append(.report(.peerLinkFailed(failure)))
    }

    mutating func closeOutgoing(
        _ position: Int, _ failure: PeerLinkFailure, now: Instant
    ) {
        guard let link = outgoingLink(position) else { return }
        effects.append(.close(link))
        effects.append(.report(.peerLinkFailed(failure)))
        rest(position, now: now)
    }
}

// Bytes arrive.
extension PeerLinks {
    mutating func receive(_ bytes: [UInt8], on link: LinkID, now: Instant) -> [PeerLinkEvent] {
        var events: [PeerEvent] = []
        if let position = accepted.firstIndex(where: { $0.link == link }) {
            accepted[position].session.receive(bytes, into: &events)
            return events.compactMap { takeAccepted($0, on: link, now: now) }
        }
        for position in peers.indices where outgoingLink(position) == link {
            return receiveOutgoing(bytes, position, link, now: now)
        }
        return []
    }

    private mutating func takeAccepted(
        _ event: PeerEvent, on link: LinkID, now: Instant
    ) -> PeerLinkEvent? {
        // Whatever follows in the batch that ended the link is dropped.
        guard let position = accepted.firstIndex(where: { $0.link == link }) else { return nil }
        switch event {
        case .send(let bytes):
            effects.append(.send(link, bytes))
        case .established(let identity):
            if former.contains(identity.node) {
                dismiss(link, now: now)
            } else if let failure = refusal(of: identity) {
                close(link, failure)
            } else {
                admit(identity, on: link)
            }
        case .frame(let kind, let payload):
            guard let peer = accepted[position].peer, isHeard(peer) else { return nil }
            do throws(MalformedBytes) {
                let frame = try PeerFrame(kind: kind, payload: payload)
                if case .introduction(let address) = frame {
                    introduce(peer, at: address)
                    return nil
                }
                if case .secrets(let secrets) = frame {
                    note(secrets, of: peer)
                    return nil
                }
                return .frame(frame, from: peer)
            } catch {
                close(link, .malformedPayload)
            }
        case .failed(let failure):
            close(link, failure)
        }
        return nil
    }

    private mutating func receiveOutgoing(
        _ bytes: [UInt8], _ position: Int, _ link: LinkID, now: Instant
    ) -> [PeerLinkEvent] {
        var events: [PeerEvent] = []
        peers[position].session?.receive(bytes, into: &events)
        return events.compactMap { takeOutgoing($0, position, link, now: now) }
    }

    private mutating func takeOutgoing(
        _ event: PeerEvent, _ position: Int, _ link: LinkID, now: Instant
    ) -> PeerLinkEvent? {
        guard outgoingLink(position) == link else { return nil }
        switch event {
        case .send(let bytes):
            peers[position].outbox.append(contentsOf: bytes)
        case .established(let identity):
            if let failure = refusal(of: identity) {
                closeOutgoing(position, failure, now: now)
            } else if case .handshake = peers[position].outgoing {
                peers[position].incarnation = identity.incarnation
                peers[position].openedAt = now
                guard isHeard(identity.node) else {
                    peers[position].outgoing = .proven(link)
                    return nil
                }
                open(position, link)
                return .opened(identity.node)
            }
        case .frame(PeerFrame.Kind.dismissal.rawValue, _):
            closeOutgoing(position, .formerMember, now: now)
            return .dismissed
        case .frame:
            // The other side has nothing else to say here after the handshake.
            closeOutgoing(position, .malformedPayload, now: now)
        case .failed(let failure):
            closeOutgoing(position, failure, now: now)
        }
        return nil
    }

    /// Why a peer that proved the secret may not speak under its id.
    private func refusal(of identity: PeerIdentity) -> PeerLinkFailure? {
        guard let position = position(of: identity.node) else {
            return peers.count(where: \.isGuest) < NodeLimits.guests ? nil : .unknownNode
        }
        #if MUTANTS
        if PlantedBug.isOn(.incarnationUnchecked) { return nil }
        #endif
        let known =
            peers[position].named ?? peers[position].incarnation ?? identity.incarnation
        return known == identity.incarnation ? nil : .foreignIncarnation
    }

    /// A guest's votes count for nothing, so nothing of it need be durable.
    private func isHeard(_ peer: NodeID) -> Bool {
        position(of: peer).map { peers[$0].isRemembered || peers[$0].isGuest } ?? false
    }

    private mutating func admit(_ identity: PeerIdentity, on link: LinkID) {
        let position = position(of: identity.node) ?? addGuest(identity.node)
        peers[position].incarnation = identity.incarnation
        peers[position].secrets = []
        if let older = accepted.firstIndex(where: { $0.peer == identity.node }) {
            effects.append(.close(accepted[older].link))
            accepted.remove(at: older)
        }
        guard let entry = accepted.firstIndex(where: { $0.link == link }) else { return }
        accepted[entry].peer = identity.node
        // Who dials us can be dialed: no need to wait out a long pause.
        peers[position].pause = backoff.first
        if case .resting = peers[position].outgoing {
            peers[position].outgoing = .resting(until: .zero)
        }
    }
}

// The end of a step.
extension PeerLinks {
    /// Dials who is due, ends handshakes that take too long, and gives out all that was sent.
    mutating func flush(
        now: Instant, isDialing: Bool, effects output: inout [NodeEffect]
    ) {
        for entry in accepted where entry.peer == nil && entry.until <= now {
            close(entry.link, entry.isDismissed ? .formerMember : .handshakeExpired)
        }
        for position in peers.indices {
            switch peers[position].outgoing {
            case .resting(let until) where until <= now && isDialing && isDialed(position):
                peers[position].outgoing = .dialing
                effects.append(.dial(peers[position].id, at: peers[position].address))
            case .handshake(_, let until) where until <= now:
                closeOutgoing(position, .handshakeExpired, now: now)
            case .resting, .dialing, .handshake, .proven, .open:
                break
            }
            guard let link = outgoingLink(position), !peers[position].outbox.isEmpty else {
                continue
            }
            effects.append(.send(link, peers[position].outbox))
            // Its storage has gone with the effect.
            peers[position].outbox = []
        }
        output.append(contentsOf: effects)
        effects.removeAll(keepingCapacity: true)
    }

    private func isDialed(_ position: Int) -> Bool {
        !isRetired && !peers[position].address.isEmpty
    }

    /// When `flush` has something to do by the clock alone.
    var nextDeadline: Instant {
        var deadline = Instant.never
        for entry in accepted where entry.peer == nil { deadline = min(deadline, entry.until) }
        for peer in peers {
            switch peer.outgoing {
            case .resting where isRetired || peer.address.isEmpty: break
            case .resting(let until), .handshake(_, let until):
                deadline = min(deadline, until)
            case .dialing, .proven, .open:
                break
            }
        }
        return deadline
    }
}
