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
            for event in links.receive(bytes, on: link, now: clock.now) {
                switch event {
                case .opened(let peer): reopened(peer)
                case .frame(let frame, let peer): receive(frame, from: peer, effects: &effects)
                }
            }
        case .linkClosed(let link):
            links.closed(link, now: clock.now)
        case .timePassed, .diskDone, .diskFailed, .diskRead, .snapshotEncoded, .requests,
            .stopRequested:
            preconditionFailure("no link's input")
        }
    }

    /// What was under way on the last link may be lost.
    private mutating func reopened(_ peer: NodeID) {
        raft.peerReset(peer)
        if raft.role == .leader { links.send(.settled(settling.settled), to: peer) }
        guard peer == raft.leader else { return }
        reportedApplied = .zero
        pending.handOverAgain(since: .never)
    }
}
