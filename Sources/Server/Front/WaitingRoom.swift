import Basics
import Replica
import Synchronization

/// Requests that wait for the node: how many, and their bytes by `ClientRequest.cost`.
struct WaitingLoad: Hashable, Sendable {
    var count = 0
    var bytes = 0

    static func += (sum: inout WaitingLoad, more: WaitingLoad) {
        sum.count += more.count
        sum.bytes += more.bytes
    }

    static func -= (sum: inout WaitingLoad, less: WaitingLoad) {
        sum.count -= less.count
        sum.bytes -= less.bytes
    }
}

/// The requests of all connections that wait for the node, against what it lets wait.
///
/// The node refuses all alike once it is full. That it gets full by a few who send much ahead, and
/// that others then find no room, a rule of switches that share a buffer keeps from happening
/// (Choudhury and Hahne 1998, “Dynamic Queue Length Thresholds”): each connection may have a fixed
/// part of what is *free* now. While less than half is taken, that is no fewer requests than
/// `FrontLimits.exchanges`, which aren't refused but read later. The more is taken, the less each
/// may have, and always some room is left: beside n connections that send all they can, the
/// fraction `parts` / (`parts` + n) of the whole.
///
/// Law: a connection that has nothing waiting may have one request wait, whatever it takes. So who
/// sends one after the other is refused by nobody but the node itself.
final class WaitingRoom: Sendable {
    /// What the node lets wait.
    private let whole: WaitingLoad
    private let count = Atomic(0)
    private let bytes = Atomic(0)

    /// Into so many parts is what is free divided.
    static let parts = WaitingLoad(count: 32, bytes: 4)

    init(whole: WaitingLoad = WaitingLoad(count: Node.waitingLimit, bytes: Node.waitingByteLimit)) {
        self.whole = whole
    }

    /// Lets a request of a connection wait beside those of its that wait; false if they have their
    /// share. Front threads that ask at once may each get what the other does: it is a few too
    /// many.
    func enter(_ load: WaitingLoad, beside own: WaitingLoad) -> Bool {
        if own.count > 0 {
            let free = whole.count - count.load(ordering: .relaxed)
            let freeBytes = whole.bytes - bytes.load(ordering: .relaxed)
            guard own.count + load.count <= free / WaitingRoom.parts.count,
                own.bytes + load.bytes <= freeBytes / WaitingRoom.parts.bytes
            else { return false }
        }
        count.add(load.count, ordering: .relaxed)
        bytes.add(load.bytes, ordering: .relaxed)
        return true
    }

    /// So much waits no longer.
    func leave(_ load: WaitingLoad) {
        count.subtract(load.count, ordering: .relaxed)
        bytes.subtract(load.bytes, ordering: .relaxed)
    }
}
