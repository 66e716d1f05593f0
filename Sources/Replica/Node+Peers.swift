import Basics
import Consensus

extension Node {
    /// Takes what happened on the connections to the peers.
    mutating func takeLinkInput(_ input: NodeInput, effects: inout [NodeEffect]) {
        switch input {
        case .linkDialed(let link, let peer):
            links.dialed(link, to: peer, now: clock.now)
        case .dialFailed(let peer):
            links.dialFailed(to: peer, now: clock.now)
        case .linkAccepted(let link):
            links.accept(link, now: clock.now)
        case .bytesReceived(let link, let bytes):
            let events = links.receive(bytes, on: link, now: clock.now)
            keepIncarnations()
            for event in events {
                switch event {
                case .opened(let peer): reopened(peer)
                case .frame(let frame, let peer): receive(frame, from: peer, effects: &effects)
                case .dismissed: leaveCluster(&effects)
                }
            }
        case .linkClosed(let link):
            links.closed(link, now: clock.now)
        case .timePassed, .diskDone, .diskFailed, .diskRead, .snapshotEncoded, .requests,
            .secretsChanged, .stopRequested:
            preconditionFailure("no link's input")
        }
    }

    /// A peer that proved itself for the first time is heard and spoken to once its incarnation is
    /// durable here: a node that lost its disk can then never pass for it.
    mutating func keepIncarnations() {
        // Asked at every arrival: 1 % of a simulated run was spent on building lists here.
        guard links.knowsOther(than: hardState.peers) else { return }
        let new = links.incarnations.filter { !hardState.peers.contains($0) }
        let kept = hardState.peers.filter { peer in
            !links.former.contains(peer.node) && !new.contains { $0.node == peer.node }
        }
        hardState.peers = (kept + new).sorted { $0.node < $1.node }
        journal.save(hardState)
    }

    /// What was under way on the last link may be lost.
    mutating func reopened(_ peer: NodeID) {
        raft.peerReset(peer)
        if raft.role == .leader { links.send(.settled(held.done), to: peer) }
        guard peer == raft.leader else { return }
        forgetTold()
        pending.handOverAgain(since: .never)
        memberChanges.handOverAgain(since: .never)
    }
}
