import Basics
import Consensus

// The cluster secret is changed while the node runs.
extension PeerLinks {
    /// Takes other secrets into use.
    ///
    /// - A link under a secret that isn't among them any more ends now, whoever dialed it.
    /// - What this node has dialed under another than the first is dialed anew, at once: a peer
    ///   that misses a word meanwhile is told it again by whatever is above.
    /// - A handshake that is under way was begun with the old ones and doesn't count.
    mutating func adopt(_ secrets: [[UInt8]], now: Instant) {
        var adopted = PeerCredentials(cluster: credentials.cluster, secrets: secrets)
        adopted.codes = credentials.codes
        let known = adopted.fingerprints
        guard known != credentials.fingerprints else { return }
        credentials = adopted
        for entry in accepted where !(entry.session.secret.map(known.contains) ?? false) {
            effects.append(.close(entry.link))
            forget(entry.link)
        }
        for position in peers.indices {
            guard let link = outgoingLink(position), peers[position].session?.secret != known[0]
            else { continue }
            effects.append(.close(link))
            redial(position)
        }
        // Whoever is dialed anew is told then.
        for peer in peers { tellSecrets(to: peer.id) }
        effects.append(.report(.secretsChanged(known)))
    }

    /// Tells the peer which secrets it may use towards this node.
    mutating func tellSecrets(to peer: NodeID) {
        send(.secrets(credentials.fingerprints), to: peer)
    }

    mutating func note(_ secrets: [SecretFingerprint], of peer: NodeID) {
        guard let position = position(of: peer) else { return }
        peers[position].secrets = secrets
    }

    /// Lets the peer be dialed in this very step.
    private mutating func redial(_ position: Int) {
        peers[position].openedAt = nil
        peers[position].outgoing = .resting(until: .zero)
        peers[position].session = nil
        peers[position].pause = backoff.first
        peers[position].outbox.removeAll(keepingCapacity: true)
    }

    /// What is known of a peer's secrets: what it accepts, and under which ones the links stand,
    /// this node's own and the peer's.
    func secrets(of peer: NodeID) -> ClusterStatus.MemberSecrets {
        let position = position(of: peer)
        return ClusterStatus.MemberSecrets(
            accepted: position.map { peers[$0].secrets } ?? [],
            to: position.flatMap { peers[$0].session?.secret },
            from: accepted.first { $0.peer == peer }?.session.secret)
    }
}
