import Basics
import Consensus
import Journal

/// A member, as far as links go.
struct LinkedMember: Hashable, Sendable {
    var id: NodeID
    /// Where it is dialed.
    var address: String
    /// The incarnation that the configuration names, if it does.
    var incarnation: UInt64?
}

// Members come and go.
extension PeerLinks {
    /// From now on these are the other members, and these, for good, were members.
    mutating func follow(_ members: [LinkedMember], former: [NodeID], now: Instant) {
        self.former = former
        for member in members where member.id != local.node { follow(member) }
        for peer in peers where !peer.isGuest && !members.contains(where: { $0.id == peer.id }) {
            leave(peer.id)
        }
        for entry in accepted {
            guard let peer = entry.peer, former.contains(peer) else { continue }
            dismiss(entry.link, now: now)
        }
        dropGuests()
        // Whoever is linked under another incarnation than is now named is cut off.
        for member in members { cutOffForeign(member, now: now) }
    }

    private mutating func cutOffForeign(_ member: LinkedMember, now: Instant) {
        guard let named = member.incarnation, let position = position(of: member.id),
            let linked = peers[position].incarnation, named != linked
        else { return }
        peers[position].incarnation = named
        peers[position].isRemembered = isOnDisk(member.id, named)
        closeOutgoing(position, .foreignIncarnation, now: now)
        for entry in accepted where entry.peer == member.id {
            close(entry.link, .foreignIncarnation)
        }
    }

    private mutating func follow(_ member: LinkedMember) {
        let position = position(of: member.id) ?? add(member.id, isGuest: false)
        peers[position].address = member.address
        peers[position].isGuest = false
        peers[position].named = member.incarnation
        if peers[position].incarnation == nil {
            peers[position].incarnation = remembered.first { $0.node == member.id }?.incarnation
        }
        if let incarnation = peers[position].incarnation {
            peers[position].isRemembered = isOnDisk(member.id, incarnation)
        }
    }

    private func isOnDisk(_ peer: NodeID, _ incarnation: UInt64) -> Bool {
        remembered.contains(PeerIncarnation(node: peer, incarnation: incarnation))
    }

    /// No member any more: it may have been one for a moment only, in a log that was taken back,
    /// and is a guest then as long as it is linked.
    private mutating func leave(_ peer: NodeID) {
        guard let position = position(of: peer) else { return }
        peers[position].isGuest = true
        peers[position].isRemembered = false
        peers[position].named = nil
    }

    private mutating func add(_ peer: NodeID, isGuest: Bool) -> Int {
        peers.append(
            Peer(id: peer, address: "", isGuest: isGuest, pause: backoff.first))
        peers.sort { $0.id < $1.id }
        guard let position = position(of: peer) else { preconditionFailure("just added") }
        return position
    }

    // MARK: Guests

    /// A node that holds the secret and isn't known here.
    mutating func addGuest(_ peer: NodeID) -> Int { add(peer, isGuest: true) }

    /// Where a guest says that it can be answered. Members are where the configuration says.
    mutating func introduce(_ peer: NodeID, at address: String) {
        guard let position = position(of: peer), peers[position].isGuest else { return }
        peers[position].address = address
    }

    /// Guests stay as long as their own links, those who were members no longer.
    mutating func dropGuests() {
        let gone = peers.filter { peer in
            peer.isGuest
                && (former.contains(peer.id) || !accepted.contains { $0.peer == peer.id })
        }
        for peer in gone {
            guard let position = position(of: peer.id) else { continue }
            if let link = outgoingLink(position) { effects.append(.close(link)) }
            peers.remove(at: position)
        }
    }

    // MARK: Farewell

    /// Tells who is at the other end that it isn't a member any more, hears no more from it, and
    /// lets the link end by itself: what is sent on one that is closed at once may be lost.
    mutating func dismiss(_ link: LinkID, now: Instant) {
        guard let position = accepted.firstIndex(where: { $0.link == link }),
            !accepted[position].isDismissed
        else { return }
        var bytes: [UInt8] = []
        let notice = SealedPayload(kind: PeerFrame.Kind.dismissal.rawValue, payload: [])
        accepted[position].session.seal(notice, into: &bytes)
        accepted[position].isDismissed = true
        accepted[position].peer = nil
        accepted[position].until = now + handshakeDeadline
        effects.append(.send(link, bytes))
    }
}
