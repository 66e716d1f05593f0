import Basics

extension Fault {
    /// Whom it strikes; of a link both ends, the sender first.
    var nodes: [NodeID] {
        switch self {
        case .cut(let from, let to), .mend(let from, let to), .clog(let from, let to, _),
            .narrow(let from, let to, _), .widen(let from, let to),
            .corrupt(let from, let to), .replay(let from, let to):
            [from, to]
        case .mendAll: []
        case .reset(let node), .crash(let node, _), .crashAmidEffects(let node, _),
            .crashAmidWrite(let node, _),
            .restart(let node), .pause(let node), .resume(let node), .stop(let node),
            .slowDisk(let node, _), .hangDisk(let node), .freeDisk(let node), .fillDisk(let node),
            .makeRoom(let node),
            .failDisk(let node), .rot(let node), .rotTail(let node), .misread(let node),
            .misdirect(let node), .wipe(let node), .reformat(let node), .join(let node),
            .add(let node), .promote(let node), .remove(let node),
            .shiftWallClock(let node, _), .driftClock(let node, _):
            [node]
        }
    }
}
