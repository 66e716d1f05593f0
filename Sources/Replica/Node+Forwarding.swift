import Basics
import Consensus
import Keyring

extension Node {
    /// Hands everything in the outbox to the leader, this node or another, and asks it to confirm
    /// the reads that wait. Without a leader all of it stays.
    mutating func handOver(_ effects: inout [NodeEffect]) {
        submitGathered()
        guard let leader = raft.leader else { return }
        if pending.oldestHandOver + settings.resendInterval <= clock.now {
            pending.handOverAgain(since: clock.now + (.zero - settings.resendInterval))
        }
        handOverMemberChanges(to: leader)
        if reads.nextRound <= clock.now {
            raft.requestRead(reads.beginRound(), clock: clock, effects: &raftEffects)
        }
        guard pending.hasOutbox, leader == id || links.isOpen(to: leader) else { return }
        let envelopes = pending.drainOutbox(now: clock.now)
        for group in Self.frames(of: envelopes) {
            if leader != id {
                links.send(.propose(group), to: leader)
            } else if let reason = append(group) {
                takeBack(Self.requestIDs(of: group), reason, effects: &effects)
            }
            #if MUTANTS
            if PlantedBug.isOn(.successAtAppend), leader == id { answerAtAppend(&effects) }
            #endif
        }
    }

    /// Appends what another node's clients asked for, or says that it wasn't done.
    mutating func appendForwarded(_ envelopes: [[UInt8]], from peer: NodeID) {
        // Nothing of a member that asks for what can't be; its clients' deadlines tell them.
        guard envelopes.allSatisfy({ $0.count <= settings.raft.maxEntryBytes }) else { return }
        guard let reason = append(envelopes) else { return }
        links.send(.declined(Self.requestIDs(of: envelopes), reason), to: peer)
    }

    /// Appends all or nothing; says why nothing.
    mutating func append(_ envelopes: [[UInt8]]) -> PeerFrame.Reason? {
        guard !isDiskFull else { return .diskFull }
        switch raft.propose(envelopes, kind: .command, clock: clock, effects: &raftEffects) {
        case .accepted: return nil
        case .notLeader: return .notLeader
        case .overloaded: return .overloaded
        }
    }

    /// A leader didn't append these. Those that were never in any log may be refused; the others
    /// are tried again in a while, or with the next leader, until their deadline.
    mutating func takeBack(
        _ requests: [RequestID], _ reason: PeerFrame.Reason, effects: inout [NodeEffect]
    ) {
        for requestID in requests {
            switch reason {
            case .notLeader:
                break
            case .overloaded, .diskFull, .changeUnderWay:
                let declined =
                    pending.takeDeclined(requestID) ?? memberChanges.takeDeclined(requestID)
                guard let mutation = declined else { continue }
                let failure: ClientFailure =
                    switch reason {
                    case .diskFull: .diskFull
                    case .changeUnderWay: .changeUnderWay
                    case .notLeader, .overloaded: .overloaded
                    }
                answer(mutation.waiters, .failed(failure), effects: &effects)
            }
        }
    }

    /// Cuts a list of envelopes into frames of bounded size, in order.
    private static func frames(of envelopes: [[UInt8]]) -> [[[UInt8]]] {
        var frames: [[[UInt8]]] = []
        var bytes = 0
        for envelope in envelopes {
            bytes += envelope.count
            if frames.isEmpty || bytes > NodeLimits.forwardedBytes {
                frames.append([])
                bytes = envelope.count
            }
            frames[frames.count - 1].append(envelope)
        }
        return frames
    }

    private static func requestIDs(of envelopes: [[UInt8]]) -> [RequestID] {
        envelopes.compactMap { try? Envelope(decoding: $0).requestID }
    }
}
