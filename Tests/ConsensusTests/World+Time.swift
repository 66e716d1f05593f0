import Basics

@testable import Consensus

// The passing of time: the next thing that is due happens next.
extension World {
    func isReachable(_ sender: NodeID, _ recipient: NodeID) -> Bool {
        !nodes[position(sender)].isCut && !nodes[position(recipient)].isCut
            && !cuts.contains { $0 == sender && $1 == recipient }
    }

    /// Lets everything happen that is due within `duration`.
    func run(_ duration: Duration) { run(until: now + duration) }

    func run(until end: Instant) {
        while let next = nextDue, next.at <= end {
            now = max(now, next.at)
            happen(next)
        }
        now = end
    }

    enum Due {
        case message(Int)
        case disk(NodeID)
        case timer(NodeID)
    }

    private var nextDue: (at: Instant, what: Due)? {
        var best: (at: Instant, number: Int, what: Due)?
        func offer(_ at: Instant, _ number: Int, _ what: Due) {
            if let present = best, (present.at, present.number) <= (at, number) { return }
            best = (at, number, what)
        }
        if !isManual {
            for (place, item) in flying.enumerated() {
                offer(item.due, item.number, .message(place))
            }
        }
        for node in nodes {
            guard let raft = node.raft else { continue }
            if !isManual, !node.disk.isStalled, let batch = node.batch {
                offer(batch.due, -1, .disk(node.id))
            }
            offer(raft.nextDeadline, .max, .timer(node.id))
        }
        return best.map { ($0.at, $0.what) }
    }

    private func happen(_ next: (at: Instant, what: Due)) {
        switch next.what {
        case .message(let place): deliver(place)
        case .disk(let id): completeBatch(id)
        case .timer(let id): tick(id)
        }
    }

    func tick(_ id: NodeID) {
        step(id) { raft, clock, effects in raft.advance(to: clock, effects: &effects) }
    }

    /// Delivers the message at this place of the queue.
    func deliver(_ place: Int) {
        let item = flying.remove(at: place)
        guard isReachable(item.sender, item.recipient) else { return }
        guard !isTurnedAway(item.sender, by: item.recipient) else { return }
        step(item.recipient) { raft, clock, effects in
            raft.receive(item.message, from: item.sender, clock: clock, effects: &effects)
        }
    }

    /// Who was a member gets no link any more, but the word that it isn't one.
    private func isTurnedAway(_ sender: NodeID, by recipient: NodeID) -> Bool {
        guard let raft = nodes[position(recipient)].raft,
            raft.committedConfiguration.isFormer(sender)
        else { return false }
        if nodes[position(sender)].raft?.isRetired == false {
            step(sender) { raft, clock, effects in raft.retire(clock: clock, effects: &effects) }
        }
        return true
    }

    /// The running leader of the highest term.
    var leader: NodeID? {
        nodes.compactMap(\.raft).filter(\.isLeader).max { $0.term < $1.term }?.id
    }
}
