import Basics
import Keyring
import Replica

/// Revoked means revoked: from the moment at which a client was told of a change of a key's state,
/// no node's answer contradicts it, in any run.
///
/// Looked at after every event at whichever node it struck, and at the moment at which a change is
/// told at every node whose process lives, one that stands still included: each is judged by its
/// own clocks as if it went on now. Time alone only takes permissions away, so nothing is missed
/// between.
///
/// An answer contradicts if it isn't that of any state from the newest change told until now.
struct Revocations {
    /// What became of a key.
    private struct Turn {
        var index: LogIndex
        var digest: Digest
        var isAccepted: Bool
    }

    /// In log order.
    private var turns: [Turn] = []
    private var accepted: [Digest: Bool] = [:]
    private var lastReplayed = LogIndex.zero
    /// Told, and beyond what any node has shown of the log.
    private var early: [LogIndex] = []
    /// The newest key-state entry that a client was told of.
    private(set) var floor = LogIndex.zero
    /// Rises with the floor.
    private(set) var tellings = 0

    // MARK: What happened

    /// The next entry of the log is known, and which keys are accepted after it.
    mutating func note(_ index: LogIndex, accepting keys: [(digest: Digest, isAccepted: Bool)]) {
        for (digest, isAccepted) in keys where accepted[digest, default: false] != isAccepted {
            accepted[digest] = isAccepted
            turns.append(Turn(index: index, digest: digest, isAccepted: isAccepted))
        }
        note(index)
    }

    /// The next entry of the log is known, and changes no key.
    mutating func note(_ index: LogIndex) {
        lastReplayed = index
        raiseFloor()
    }

    /// A client was told that the change at this index is done.
    mutating func noteTold(_ index: LogIndex) {
        early.append(index)
        raiseFloor()
    }

    private mutating func raiseFloor() {
        for index in early where index <= lastReplayed && index > floor {
            floor = index
            tellings += 1
        }
        early.removeAll { $0 <= lastReplayed }
    }

    // MARK: What may be answered

    /// Whether somebody who asks when the newest change told is that at `floor` may be told this.
    func mayAnswer(isAccepted: Bool, to digest: Digest, since floor: LogIndex) -> Bool {
        var atFloor = false
        for turn in turns where turn.digest == digest {
            if turn.index <= floor {
                atFloor = turn.isAccepted
            } else if turn.isAccepted == isAccepted {
                return true
            }
        }
        return atFloor == isAccepted
    }

    /// Throws if the node would contradict what was told.
    func observe(_ machine: Machine, at now: Instant) throws(Violation) {
        guard let process = machine.process else { return }
        let view = process.inspection
        guard view.appliedIndex < floor, machine.clock.steady(at: now).precedes(view.leaseExpiry)
        else { return }
        for turn in turns.reversed() where turn.index <= floor {
            if turn.index <= view.appliedIndex { break }
            guard let validation = machine.validate(turn.digest, at: now) else { return }
            try judge(validation, of: turn.digest, by: machine.id, since: floor, at: now)
        }
    }

    /// Throws if the answer contradicts what had been told at `floor`.
    func judge(
        _ validation: Validation, of digest: Digest, by id: NodeID, since floor: LogIndex,
        at now: Instant
    ) throws(Violation) {
        let isAccepted: Bool
        switch validation.verdict {
        case .unavailable: return
        case .invalid: isAccepted = false
        case .valid, .wrongAPI, .creditsExhausted: isAccepted = true
        }
        guard !mayAnswer(isAccepted: isAccepted, to: digest, since: floor) else { return }
        throw Violation(
            kind: .safety, law: "no answer contradicts a change that was told",
            detail: "\(id) at \(validation.index) says that key \(digest.brief) is "
                + "\(validation.verdict.code), told was \(floor)",
            time: now)
    }
}
