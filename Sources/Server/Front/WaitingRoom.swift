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

/// The requests of all connections that wait for the node, against what may wait.
///
/// The node refuses all alike once it is full. That it gets full by a few who send much ahead, and
/// that others then find no room, a rule of switches that share a buffer keeps from happening
/// (Choudhury and Hahne 1998, “Dynamic Queue Length Thresholds”): each connection may have a fixed
/// part of what is *free* now. While less than half is taken, that is no fewer requests than
/// `FrontLimits.exchanges`, which aren't refused but read later. The more is taken, the less each
/// may have, and always some room is left: beside n connections that send all they can, the
/// fraction `parts` / (`parts` + n) of the whole.
///
/// How many are worth waiting for is a matter of time: where charges are answered later than after
/// `lateness`, fewer may wait, until they are not.
///
/// Laws: a connection that has nothing waiting may have one request wait, whatever it takes. So who
/// sends one after the other is refused by nobody but the node itself. What a request takes is
/// given back when the node answers it, and not when its client goes: else one that comes and goes
/// could fill the node unseen.
final class WaitingRoom: Sendable {
    /// What the node lets wait.
    private let whole: WaitingLoad
    /// How many may wait now.
    private let limit: Atomic<Int>
    private let count = Atomic(0)
    private let bytes = Atomic(0)
    /// When the limit may be changed next.
    private let nextChange = Atomic<Int64>(0)

    /// Into so many parts is what is free divided.
    static let parts = WaitingLoad(count: 32, bytes: 4)
    /// An answer that took longer came too late.
    static let lateness = Duration.milliseconds(250)
    /// The limit changes no faster than this: down by a quarter at a time, because those that come
    /// meanwhile are late as well, and up by an eighth.
    static let changeInterval = Duration.milliseconds(20)
    /// However late answers are: a disk can be slow without anybody asking for too much.
    static let leastCount = 2_048

    init(whole: WaitingLoad = WaitingLoad(count: Node.waitingLimit, bytes: Node.waitingByteLimit)) {
        self.whole = whole
        limit = Atomic(whole.count)
    }

    /// What waits now.
    var waiting: WaitingLoad {
        WaitingLoad(count: count.load(ordering: .relaxed), bytes: bytes.load(ordering: .relaxed))
    }

    /// How many may wait now.
    var countLimit: Int { limit.load(ordering: .relaxed) }

    /// Lets a request of a connection wait beside those of its that wait; false if they have their
    /// share. Front threads that ask at once may each get what the other does: it is a few too
    /// many.
    func enter(_ load: WaitingLoad, beside own: WaitingLoad) -> Bool {
        if own.count > 0 {
            let free = countLimit - count.load(ordering: .relaxed)
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

    /// A charge was answered after so long.
    func note(_ wait: Duration, at now: Instant) {
        let due = nextChange.load(ordering: .relaxed)
        guard now.nanoseconds >= due else { return }
        let next = (now + WaitingRoom.changeInterval).nanoseconds
        // One thread changes it, whoever sees first that it is time.
        guard nextChange.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged
        else { return }
        let before = countLimit
        if wait > WaitingRoom.lateness {
            let least = min(WaitingRoom.leastCount, whole.count)
            limit.store(max(least, before - before / 4), ordering: .relaxed)
        } else if wait + wait < WaitingRoom.lateness {
            limit.store(min(whole.count, before + before / 8), ordering: .relaxed)
        }
    }
}
