import Basics

/// Something that goes wrong, or is set right again. Each can be drawn from a seed, written in a
/// scenario, and switched off by its kind.
public enum Fault: Hashable, Sendable {
    // MARK: The network

    /// What the first sends to the second is held back, and no connection between them can be
    /// made. The other direction goes on.
    case cut(from: NodeID, to: NodeID)
    case mend(from: NodeID, to: NodeID)
    /// Every cut is mended.
    case mendAll
    /// What the first sends to the second crawls: each delivery takes this much longer.
    case clog(from: NodeID, to: NodeID, by: Duration)
    /// What the first sends to the second passes no faster than this.
    case narrow(from: NodeID, to: NodeID, bytesPerSecond: Int)
    case widen(from: NodeID, to: NodeID)
    /// Every connection of the node breaks, with what is under way on it.
    case reset(NodeID)
    /// One bit of the next bytes from the first to the second is turned.
    case corrupt(from: NodeID, to: NodeID)
    /// Bytes that the first sent to the second at some time before arrive once more, in the
    /// middle of whatever the second is reading.
    case replay(from: NodeID, to: NodeID)

    // MARK: The process

    /// The process ends at once, and with it the power if so said: what wasn't synced is then kept
    /// in any part.
    case crash(NodeID, losingPower: Bool)
    /// The process ends in the middle of a step, after this many of its effects were performed.
    case crashAmidEffects(NodeID, after: Int)
    /// The power goes while the disk is at the next write of this kind.
    case crashAmidWrite(NodeID, of: WrittenPart)
    case restart(NodeID)
    /// The process stands still, its clocks don't; what arrives waits in its buffers.
    case pause(NodeID)
    case resume(NodeID)
    /// A graceful stop, as by SIGTERM.
    case stop(NodeID)

    // MARK: The disk

    /// What the disk is asked from now on takes this much longer.
    case slowDisk(NodeID, by: Duration)
    /// What the disk was asked, and is asked from now on, ends only when it is freed.
    case hangDisk(NodeID)
    case freeDisk(NodeID)
    case fillDisk(NodeID)
    case makeRoom(NodeID)
    /// The next write or sync fails with an error.
    case failDisk(NodeID)
    /// One bit of what was synced turns.
    case rot(NodeID)
    /// One bit turns in the last batch of the journal that was synced.
    case rotTail(NodeID)
    /// The disk gives one wrong bit with what it is asked for next.
    case misread(NodeID)
    /// The next write lands at another place of its file.
    case misdirect(NodeID)
    /// The process ends and its directory is gone.
    case wipe(NodeID)
    /// Somebody formats the wiped directory under the node's old id, as nobody should.
    case reformat(NodeID)

    // MARK: The members

    /// A machine that waited to join is started, empty.
    case join(NodeID)
    /// The operator wants the node to become a learner.
    case add(NodeID)
    /// The operator wants the learner to become a voter.
    case promote(NodeID)
    /// The operator wants the member gone.
    case remove(NodeID)

    // MARK: The clocks

    /// The wall clock is off by this much from now on.
    case shiftWallClock(NodeID, by: Duration)
    /// Both clocks run faster by so many parts in a million; slower if negative.
    case driftClock(NodeID, partsPerMillion: Int64)
}

/// What a disk is writing when something strikes.
public enum WrittenPart: String, CaseIterable, Hashable, Sendable {
    case anything = "write"
    /// Term and vote, or the incarnation of a peer.
    case vote
}

/// What kind of trouble a fault is: what a run switches on and off, and what a campaign counts.
public enum FaultKind: String, CaseIterable, Hashable, Sendable {
    case cut
    case oneWayCut = "one-way cut"
    /// Two sides, and a node between them that reaches both.
    case bridge
    /// Each node reaches its neighbours only; of three each sends one way round.
    case ring
    /// A leader learns late, by old answers, that nobody follows it any more.
    case lateAnswers = "late answers"
    case clog
    case narrow = "narrow link"
    case reset
    case corrupt
    case replay
    case crash
    case powerLoss = "power loss"
    case crashAll = "crash of all"
    case crashAmidEffects = "crash amid effects"
    case crashAmidWrite = "power loss amid write"
    case pause
    case stop
    case slowDisk = "slow disk"
    case hungDisk = "hanging disk"
    case fullDisk = "full disk"
    case diskError = "disk error"
    case rot
    /// What a node wrote last and acknowledged rots, while the others that hold it are away.
    case rottenTail = "rotten tail"
    case misread = "read corruption"
    case misdirect = "misdirected write"
    case wipe
    case wallClock = "wall clock"
    case clockOffset = "clock offset"
    case drift
    case join
    case removal

    /// Without these messages are timely, and processes run on as long as they run.
    static let untimely: [FaultKind] = [
        .cut, .oneWayCut, .bridge, .ring, .lateAnswers, .clog, .narrow, .pause, .slowDisk,
        .hungDisk, .fullDisk, .rottenTail,
    ]
}
